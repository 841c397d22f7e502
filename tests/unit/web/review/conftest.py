"""Services with pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from review_pages import Home, home


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Home]:
    """A service that asks for no key."""
    with home(tmp_path) as made:
        yield made


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Home]:
    """A service that asks for keys."""
    with home(tmp_path, require_keys=True) as made:
        yield made
