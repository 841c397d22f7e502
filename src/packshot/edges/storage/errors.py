"""What can go wrong with a storage, and the translation of what systems and servers say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from packshot.errors import PackshotError, TooLargeError


class StorageError(PackshotError):
    """{where} failed at {key!r}: {detail}. Check that it is there and has room, then try again."""

    code = "storage"
    retryable = True


class StorageRefusedError(PackshotError):
    """{where} refuses {key!r}: {detail}. Check its permissions, and the AWS_* variables for a bucket."""

    code = "storage_refused"


class MissingObjectError(PackshotError):
    """There is no {key!r} in {where}. Check that this is the storage it was written to."""

    code = "missing_object"


class InvalidKeyError(PackshotError):
    """{key!r} cannot be a key: {detail}."""

    code = "invalid_key"


class UnconditionalStorageError(PackshotError):
    """{where} overwrites in spite of If-None-Match or If-Match, so that two workers would lose each other's
    photos. Use a server with conditional writes, or a folder."""  # noqa: D205, D209 - a message

    code = "unconditional_storage"


@contextmanager
def explained(where: str, key: str, absent: type[PackshotError] = StorageError) -> Iterator[None]:
    """Turn what a system or server says into an error that says what to do; ``absent`` for 'not found'."""
    try:
        yield
    except (OSError, BaseError) as error:
        kind: type[PackshotError] = StorageError
        if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            kind = absent
        elif isinstance(error, PermissionError | PermissionDeniedError | UnauthenticatedError):
            kind = StorageRefusedError
        said = error.strerror if isinstance(error, OSError) else None
        raise kind(where=where, key=key, detail=said or str(error).partition("\n")[0]) from error


def check_size(key: str, size: int, limit: int | None) -> None:
    """Raise TooLargeError when an object of ``size`` bytes is above ``limit``."""
    if limit is not None and size > limit:
        raise TooLargeError(name=key, found=size, unit="bytes", limit=limit)
