"""The enlarging network: one a scale, for clean and for degraded photos."""
