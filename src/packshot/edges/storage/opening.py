"""From an address to its storage."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packshot.edges.storage.base import Storage
from packshot.edges.storage.bucket import BucketStorage
from packshot.edges.storage.folder import FolderStorage
from packshot.edges.storage.keys import check_key
from packshot.errors import UsageError

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")


def open_storage(url: str) -> Storage:
    """The storage at a folder's path, ``file:///PATH`` or ``s3://BUCKET/PREFIX``.

    A bucket's credentials, region and endpoint come from the usual environment variables (AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, …; AWS_ALLOW_HTTP=true for one without TLS,
    AWS_TIMEOUT for slow lines). A folder is made when something is written to it.

    Raises:
        UsageError: it is something else.
    """
    # A path is no URL: `urlsplit` would take a '#' or '?' in it for syntax.
    scheme, split, rest = url.partition("://")
    if not split and url and "\0" not in url:
        return FolderStorage(Path(url).absolute())
    parts = urlsplit(url)
    if scheme == "file" and not parts.netloc and rest.startswith("/") and "\0" not in (path := unquote(rest)):
        return FolderStorage(Path(path))
    prefix = parts.path.strip("/")
    if scheme == "s3" and _BUCKET.fullmatch(parts.netloc) and not parts.query and not parts.fragment:
        if prefix:
            check_key(prefix)
        return BucketStorage(parts.netloc, prefix)
    # What is wrong may be a password in the address: it is not repeated.
    raise UsageError(detail="A storage is a folder, file:///PATH or s3://BUCKET/PREFIX, without credentials.")
