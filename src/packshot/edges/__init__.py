"""Bytes in, bytes out: where photos come from and where they go."""
