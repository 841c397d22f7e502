"""Keys: names that are safe for a file and for an object."""

from __future__ import annotations

import unicodedata

from packshot.edges.storage.errors import InvalidKeyError

OWN = ".packshot"
"""Where a storage keeps locks, unfinished files and its probe: no key begins with a dot."""

_LONGEST_PART, _LONGEST_KEY = 255, 1024  # bytes: of a file's name on Linux, of a key in S3


def check_key(key: str) -> None:
    """Refuse what is no safe name for a file and an object alike.

    Raises:
        InvalidKeyError: it is absolute, too long, or has an empty part, one that begins with a dot, control
            characters, half a surrogate pair or a backslash, which some servers take for a slash.
    """
    detail = ""
    if any(character == "\\" or unicodedata.category(character) in ("Cc", "Cs") for character in key):
        detail = "it has backslashes, control characters or broken ones"
    elif len(key.encode()) > _LONGEST_KEY:
        detail = f"it has more than {_LONGEST_KEY} bytes"
    elif any(not part or part.startswith(".") for part in key.split("/")):
        detail = "a part of it is empty or begins with a dot"
    elif any(len(part.encode()) > _LONGEST_PART for part in key.split("/")):
        detail = f"a part of it has more than {_LONGEST_PART} bytes"
    if detail:
        raise InvalidKeyError(key=key, detail=detail)
