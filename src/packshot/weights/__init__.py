"""Weights: a lock file, the puller and cache behind it, and our own networks as ONNX files."""

from packshot.weights.lock import Weight, WeightFile, digests, entries, entry
from packshot.weights.store import Status, cache_folder, path, paths, pull, verify

__all__ = [
    "Status",
    "Weight",
    "WeightFile",
    "cache_folder",
    "digests",
    "entries",
    "entry",
    "path",
    "paths",
    "pull",
    "verify",
]
