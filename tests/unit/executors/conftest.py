"""A folder that nobody may look into."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from batches import photo

NOBODY = 65_534


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """``in/locked`` beside ``in/a.png``, as a relative path; the test is not run with root's rights."""
    if os.name == "nt":
        pytest.skip("Windows has other rights")
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "locked" / "b.png", 1)
    (tmp_path / "in" / "locked").chmod(0)
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)  # so that the folders above, which only their owner may enter, do not matter
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    yield Path("in/locked")
    os.seteuid(user)
    (tmp_path / "in" / "locked").chmod(0o755)
