"""What was worked out before, by all that it was worked out from: equal steps of two recipes run once.

An address is a digest of everything that a result depends on, as Nix names a build by its inputs (Dolstra,
The Purely Functional Software Deployment Model, 2006). 'Same input, same recipe, same machine, same bytes'
makes a result that stands under an address as good as a new one.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from threading import Lock
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

_ENTRY_BYTES = 8192
"""What an entry takes beside its arrays: findings, with their messages and evidence, and the book-keeping."""


class Kept(Protocol):
    """A result that can be kept. Frozen: whoever recalls it gets the very same object."""

    def holds(self) -> Iterable[NDArray[Any] | bytes]:
        """The arrays and files that stay in memory with it."""
        ...


Result = TypeVar("Result", bound=Kept)


class Memo:
    """Results by address, the least recently used forgotten first. Thread-safe.

    Two threads that want one address at once both work it out; the results are equal.

    Args:
        most_bytes: memory for the arrays, files and findings of all results together. What several results
            share counts once; a result that is larger by itself is not kept.

    Attributes:
        hits, misses: how often a result was asked for and known, or not.
        held_bytes: what is held now, 0 to ``most_bytes``.
    """

    def __init__(self, most_bytes: int) -> None:
        self.hits = 0
        self.misses = 0
        self.held_bytes = 0
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._results: OrderedDict[str, Kept] = OrderedDict()
        self._holders: dict[int, int] = {}
        """How many results hold an array or file, by its id; a held one is alive, so its id is its own."""

    def __len__(self) -> int:
        """How many results are kept."""
        with self._lock:
            return len(self._results)

    def recall(self, where: str, kind: type[Result]) -> Result | None:
        """The result that stands under an address; None when it is not known, or no longer."""
        with self._lock:
            found = self._results.get(where)
            if not isinstance(found, kind):
                self.misses += 1
                return None
            self.hits += 1
            self._results.move_to_end(where)
            return found

    def keep(self, where: str, result: Kept) -> None:
        """Keep a result; its arrays become read-only, since others will be given them."""
        for part in result.holds():
            if isinstance(part, np.ndarray):
                part.flags.writeable = False
        if _ENTRY_BYTES + sum(_held(result).values()) > self._most_bytes:
            return
        with self._lock:
            if (earlier := self._results.pop(where, None)) is not None:
                self._release(earlier)
            self._results[where] = result
            self.held_bytes += _ENTRY_BYTES
            for held, size in _held(result).items():
                self._holders[held] = self._holders.get(held, 0) + 1
                self.held_bytes += size if self._holders[held] == 1 else 0
            while self.held_bytes > self._most_bytes:
                self._release(self._results.popitem(last=False)[1])

    def _release(self, result: Kept) -> None:
        self.held_bytes -= _ENTRY_BYTES
        for held, size in _held(result).items():
            self._holders[held] -= 1
            if not self._holders[held]:
                del self._holders[held]
                self.held_bytes -= size


def address(*parts: object) -> str:
    """A digest of ``parts``, hexadecimal: equal for equal parts, different for different ones.

    Args:
        parts: scalars, strings, bytes, arrays, models, dataclasses, and collections of these.

    Raises:
        TypeError: a part is of another kind, whose content cannot be told.
    """
    digest = hashlib.sha256()
    _feed(digest, parts)
    return digest.hexdigest()


def _feed(digest: Any, value: object) -> None:  # noqa: ANN401 - hashlib's digests have no public type
    """Add a value to a digest: its kind, its length, then itself, so that no two values read alike."""
    if isinstance(value, np.ndarray):
        plain = np.packbits(value) if value.dtype == np.bool_ else np.ascontiguousarray(value)
        digest.update(f"array:{value.dtype}{value.shape}:".encode())
        digest.update(plain.data)
    elif isinstance(value, bytes):
        digest.update(b"bytes:%d:" % len(value))
        digest.update(value)
    elif isinstance(value, str | int | float | date | Enum | np.generic | None):
        text = repr(value).encode()
        digest.update(f"{type(value).__qualname__}:{len(text)}:".encode())
        digest.update(text)
    elif isinstance(value, Mapping):
        _feed_all(digest, "mapping", sorted(value.items()))
    elif isinstance(value, AbstractSet):
        _feed_all(digest, "set", sorted(value))
    elif isinstance(value, list | tuple):
        _feed_all(digest, "sequence", value)
    elif isinstance(value, BaseModel):
        _feed_all(digest, kind_of(type(value)), sorted(value.model_dump(mode="json").items()))
    elif is_dataclass(value) and not isinstance(value, type):
        content = [(field.name, getattr(value, field.name)) for field in fields(value)]
        _feed_all(digest, kind_of(type(value)), content)
    else:
        raise TypeError(f"no address for a {kind_of(type(value))}")


def _feed_all(digest: Any, kind: str, values: Iterable[object]) -> None:  # noqa: ANN401 - see _feed
    listed = list(values)
    digest.update(f"{kind}:{len(listed)}:".encode())
    for value in listed:
        _feed(digest, value)


def kind_of(kind: type) -> str:
    """Full name of a class."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _held(result: Kept) -> dict[int, int]:
    """Bytes of what a result keeps in memory, by id. A view keeps alive all of the array that it shows."""
    held: dict[int, int] = {}
    for part in result.holds():
        if isinstance(part, bytes):
            held[id(part)] = len(part)
            continue
        owner = part
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        held[id(owner)] = owner.nbytes
    return held
