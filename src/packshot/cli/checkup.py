"""What ``packshot doctor`` looks at, one function each."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import openvino
from PIL import features

from packshot.executors.local import cores
from packshot.simulate.fonts import faces
from packshot.weights import Status, cache_folder, verify

_PACKAGES = (
    "packshot",
    "numpy",
    "opencv-contrib-python-headless",
    "openvino",
    "pillow",
    "pypatchmatch",
    "scikit-image",
)
_LEAST_DISK = 2 * 10**9  # a batch of 1,000 photos with its report, and the weights


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, whether that will do, and else what to do about it."""

    what: str
    found: str
    ok: bool = True
    fix: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return asdict(self)


def examine() -> Iterator[Check]:
    """All checks, one after the other."""
    yield _python()
    yield from _versions()
    yield _processor()
    yield _decoders()
    yield from _weights()
    yield _fonts()
    yield _writable("cache for models", cache_folder())
    yield _writable("current folder", Path.cwd())
    yield _disk(Path.cwd())


def _python() -> Check:
    return Check("Python", f"{platform.python_version()} on {platform.platform()}")


def _versions() -> Iterator[Check]:
    for package in _PACKAGES:
        try:
            yield Check(package, version(package))
        except PackageNotFoundError:
            if package == "scikit-image":
                fix = (
                    "Only `packshot demo` without photos of your own needs it: pip install 'packshot[demo]'."
                )
                yield Check(package, "not installed", fix=fix)
            else:
                yield Check(package, "not installed", ok=False, fix="Install packshot again with pip.")


def _processor() -> Check:
    core = openvino.Core()
    name = core.get_property("CPU", "FULL_DEVICE_NAME")
    precisions = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    found = f"{name}, {cores()} of {os.cpu_count()} cores may be used, {', '.join(sorted(precisions))}"
    return Check("processor", found)


def _decoders() -> Check:
    wanted = {
        "jpg": "JPEG",
        "webp": "WebP",
        "avif": "AVIF",
        "zlib": "PNG",
        "libtiff": "TIFF",
        "littlecms2": "ICC",
    }
    missing = [label for feature, label in wanted.items() if not features.check(feature)]
    if not missing:
        return Check("picture formats", ", ".join(wanted.values()))
    fix = "Install Pillow's own wheel: pip install --force-reinstall --only-binary=:all: pillow."
    return Check("picture formats", f"Pillow lacks {', '.join(missing)}", ok=False, fix=fix)


def _weights() -> Iterator[Check]:
    for weight, status in verify():
        fix = {
            Status.PRESENT: "",
            Status.MISSING: f"It is fetched at first use; now: packshot models pull {weight.name}",
            Status.DAMAGED: f"Empty {cache_folder()}, then: packshot models pull {weight.name}",
        }[status]
        yield Check(f"model {weight.name}", status.value, ok=status is not Status.DAMAGED, fix=fix)


def _fonts() -> Check:
    found = len(faces())
    few = found < 5
    fix = "The demo's stamps vary little; more fonts make it more telling, e.g. the package fonts-noto-core."
    return Check("fonts", f"{found} faces", fix=fix if few else "")


def _writable(what: str, folder: Path) -> Check:
    nearest = next(place for place in (folder, *folder.resolve().parents) if place.exists())
    fine = os.access(nearest, os.W_OK | os.X_OK)
    fix = "" if fine else f"Make {nearest} writable for this user, or choose another folder."
    return Check(what, f"{folder} {'can' if fine else 'cannot'} be written", fine, fix)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    fine = free >= _LEAST_DISK
    fix = "" if fine else f"Make room: a batch of 1,000 photos needs about {_LEAST_DISK / 1e9:g} GB."
    return Check("free disk", f"{free / 1e9:.1f} GB in {folder}", fine, fix)
