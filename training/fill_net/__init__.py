"""The filling network: what lies under an overlay."""
