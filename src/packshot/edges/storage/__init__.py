"""Objects under keys: in a folder, or in a bucket that speaks S3.

Two conditional writes carry everything else: create if absent, and swap if unchanged. With them many workers
share a storage without losing each other's work, and a call that is made again after a crash does no harm.
"""

from packshot.edges.storage.base import Storage
from packshot.edges.storage.errors import (
    InvalidKeyError,
    MissingObjectError,
    StorageError,
    StorageRefusedError,
    UnconditionalStorageError,
)
from packshot.edges.storage.keys import check_key
from packshot.edges.storage.opening import open_storage

__all__ = [
    "InvalidKeyError",
    "MissingObjectError",
    "Storage",
    "StorageError",
    "StorageRefusedError",
    "UnconditionalStorageError",
    "check_key",
    "open_storage",
]
