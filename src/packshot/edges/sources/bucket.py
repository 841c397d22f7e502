"""A prefix of a bucket that speaks S3, set up by the usual ``AWS_*`` variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import PurePosixPath

import obstore
from obstore.exceptions import BaseError, InvalidPathError, PreconditionError
from obstore.store import S3Store

from packshot.edges.sources.errors import BadKeyError, GoneError, NotWatchedError
from packshot.edges.sources.offer import LONGEST_LABEL, Offer, category_of, is_photo_name, safe_name
from packshot.errors import TooLargeError, UnreadableError, UsageError

_SCHEME = "s3://"
_PAGE = 1000


class Bucket:
    """Offers each photo of a prefix once, and again when its entity tag changes. Not thread-safe.

    An object appears whole or not at all, so none has to wait as in a folder.

    Args:
        store_url: ``s3://bucket`` or ``s3://bucket/prefix``.

    Attributes:
        refused: what the last look left out although it looks like a photo, in sentences for a person.

    Raises:
        UsageError: it is no such address, or the ``AWS_*`` variables make no sense.
    """

    def __init__(self, store_url: str) -> None:
        self._url = store_url.rstrip("/")
        self._store = _open(self._url)
        self._offered: dict[str, str] = {}
        self.refused: tuple[str, ...] = ()

    def poll(self) -> list[Offer]:
        """Photos that are new or changed since the last look, sorted; the first sub-prefix is the category.

        Raises:
            UnreadableError: the bucket cannot be listed now.
            BadKeyError: it holds a key that no path can have, which hinders listing it.
        """
        offers, now, refused = [], {}, []
        for key, tag in sorted(self._list()):
            path = PurePosixPath(key)
            if not is_photo_name(path):
                continue
            if not key.isprintable() or len(category_of(path) or "") > LONGEST_LABEL:
                refused.append(f"{ascii(key)[1:-1]} has a name that cannot be used. Rename it.")
                continue
            now[key] = tag
            if self._offered.get(key) != tag:
                location = f"{self._url}/{key}"
                offers.append(Offer(location, safe_name(key), category=category_of(path), version=tag))
        self._offered, self.refused = now, tuple(refused)
        return offers

    def read(self, offer: Offer, limit: int) -> bytes:
        """The bytes of an offered photo.

        Raises:
            GoneError: it has been removed or replaced since it was offered.
            TooLargeError: it has more than ``limit`` bytes.
            UnreadableError: it cannot be read now.
            NotWatchedError: it is not below this prefix.
        """
        key = _key_below(offer.location, self._url)
        if key is None:
            raise NotWatchedError(location=offer.location, detail="it lies elsewhere", choices=self._url)
        return _get(self._store, key, offer.location, limit, offer.version)

    def _list(self) -> Iterator[tuple[str, str]]:
        """Key below the prefix and entity tag of every object."""
        try:
            with _explained(self._url):
                for page in obstore.list(self._store, chunk_size=_PAGE):
                    # Without a tag, which some servers leave out, the time and size tell versions apart.
                    for found in page:
                        stamp = f"{found['last_modified'].isoformat()}-{found['size']}"
                        yield found["path"], found["e_tag"] or stamp
        except InvalidPathError as error:
            detail = str(error).split("\n", 1)[0]
            raise BadKeyError(place=self._url, detail=detail) from error


def read_object(location: str, prefixes: Sequence[str], limit: int, *, version: str | None = None) -> bytes:
    """The bytes of a photo below one of ``prefixes``.

    Args:
        location: its address, as an offer has it.
        prefixes: watched places; those that are no ``s3://`` address are passed over.
        limit: most bytes.
        version: the offer's; None for the photo as it is now.

    Raises:
        GoneError: it has been removed, or is not in this version any more.
        TooLargeError: it has more than ``limit`` bytes.
        UnreadableError: it cannot be read now.
        NotWatchedError: it is below none of the prefixes.
        UsageError: a prefix is no ``s3://`` address that can be used.
    """
    for prefix in prefixes:
        url = prefix.rstrip("/")
        if prefix.startswith(_SCHEME) and (key := _key_below(location, url)) is not None:
            return _get(_open(url), key, location, limit, version)
    raise NotWatchedError(
        location=location, detail="it lies elsewhere", choices=", ".join(prefixes) or "none"
    )


def _open(url: str) -> S3Store:
    bucket, _, prefix = url.removeprefix(_SCHEME).partition("/")
    if not url.startswith(_SCHEME) or not bucket:
        detail = f"{url} is no bucket. Write s3://bucket/prefix; a folder is watched as a folder."
        raise UsageError(detail=detail)
    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=30)},
        )
    except (BaseError, ValueError) as error:
        raise UsageError(detail=f"{url} cannot be opened: {_first_line(error)}.") from error


def _key_below(location: str, url: str) -> str | None:
    """The key of ``location`` relative to the prefix ``url``; None when it is not below it."""
    key = location.removeprefix(f"{url}/")
    inside = key != location and all(part not in ("", ".", "..") for part in key.split("/"))
    return key if inside else None


def _get(store: S3Store, key: str, location: str, limit: int, version: str | None) -> bytes:
    with _explained(location):
        try:
            found = obstore.get(store, key)
            tag, size = found.meta["e_tag"], found.meta["size"]
            if version is not None and tag is not None and tag != version:
                raise GoneError(location=location)
            if size > limit:
                raise TooLargeError(name=location, found=size, unit="bytes", limit=limit)
            data = bytearray()
            for piece in found.stream():
                data += piece
                if len(data) > limit:
                    raise TooLargeError(name=location, found=len(data), unit="bytes", limit=limit)
        except (FileNotFoundError, PreconditionError) as error:
            raise GoneError(location=location) from error
    return bytes(data)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """What the server or the network says, as an error that says what to do."""
    try:
        yield
    except InvalidPathError:
        raise
    except (BaseError, OSError) as error:
        raise UnreadableError(name=place, detail=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300]
