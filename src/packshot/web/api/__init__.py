"""The HTTP API. Each module is a router."""
