"""Reading a photo from where a source said that it is."""

from __future__ import annotations

from packshot.edges.sources.bucket import read_object
from packshot.edges.sources.folder import read_file
from packshot.service.context import Context
from packshot.service.settings import listed


def read_location(context: Context, location: str, version: str | None) -> bytes:
    """The bytes at a URL that may be fetched, or in one of the watched places.

    Args:
        context: says what may be fetched, and what is watched.
        location: where.
        version: the state of a watched file that was offered; another one is refused.

    Raises:
        PackshotError: it may not be read, is too large, or cannot be had.
    """
    if location.startswith(("http://", "https://")):
        return context.fetcher.fetch(location)
    limit, watched = context.settings.upload_bytes, listed(context.settings.watch)
    if location.startswith("s3://"):
        return read_object(location, watched, limit, version=version)
    return read_file(location, watched, limit, version=version)
