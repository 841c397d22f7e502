"""What is taken from others is what we say it is, with its licence, and shipped with the package."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

VENDOR = Path(str(files("packshot.web") / "static" / "vendor"))


def test_every_vendored_file_is_listed_with_its_digest() -> None:
    listed = dict(
        re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", (VENDOR / "VENDORED.md").read_text(), re.MULTILINE)
    )
    there = [path for path in VENDOR.rglob("*") if path.suffix in (".js", ".css")]
    assert listed == {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in there
    }


def test_every_vendored_package_has_its_licence() -> None:
    packages = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert len(packages) == 3
    assert all((package / "LICENSE").read_text().strip() for package in packages)
