"""Every installed backend with a capability, made ready before it is timed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import numpy as np

from packshot.backend import backend_names, load_backend
from packshot.errors import BackendError
from packshot.photo import Pixels

Capability = TypeVar("Capability")


class Installed(Generic[Capability]):
    """The backends of one capability, by name.

    Args:
        capability: what they can do.
        warm: uses a backend once. A network is compiled in each thread at its first use, which must not count
            as the cost of a photo.

    Raises:
        BackendError: a package declares a backend that cannot be loaded.
    """

    def __init__(self, capability: type[Capability], warm: Callable[[Capability], object]) -> None:
        loaded = {name: _loaded(name) for name in backend_names()}
        self.backends: Mapping[str, Capability] = {
            name: backend for name, backend in loaded.items() if isinstance(backend, capability)
        }
        self._warm = warm
        self._thread = threading.local()

    def ready(self) -> Mapping[str, Capability]:
        """All of them, warm in the calling thread."""
        if not hasattr(self._thread, "warm"):
            for backend in self.backends.values():
                self._warm(backend)
            self._thread.warm = True
        return self.backends


def sized(name: str, result: Pixels, shape: tuple[int, ...]) -> Pixels:
    """``result`` of the backend ``name``, checked to have ``shape``.

    Raises:
        BackendError: it has another.
    """
    if result.shape != shape:
        raise BackendError(name=name, detail=f"gave an array of shape {result.shape} instead of {shape}.")
    return result


SMALL: Pixels = np.full((64, 64, 3), 128, np.uint8)
"""A picture to warm up with."""


def _loaded(name: str) -> object:
    try:
        backend: object = load_backend(name)
    except (ImportError, AttributeError) as error:
        detail = f"cannot be loaded ({error}); repair or uninstall the package that declares it."
        raise BackendError(name=name, detail=detail) from error
    return backend
