"""One model, one file: each adapts weights or an algorithm to a capability of :mod:`packshot.backend`."""
