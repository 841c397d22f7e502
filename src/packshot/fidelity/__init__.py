"""Comparing an output with its input: what a treatment may not harm."""
