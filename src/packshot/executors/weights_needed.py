"""Which weights a set of backends still lacks on this machine."""

from __future__ import annotations

from collections.abc import Iterable

from packshot import weights
from packshot.backend import load_backend


def missing_weights(backends: Iterable[str]) -> list[str]:
    """Names of the weights that ``backends``, given by name, need and that are not here, or damaged.

    Raises:
        UnknownNameError: there is no such backend.
    """
    wanted = {digest for name in backends for _, digest in load_backend(name).card.weights}
    return [
        weight.name
        for weight, status in weights.verify()
        if status is not weights.Status.PRESENT and any(file.sha256 in wanted for file in weight.files)
    ]
