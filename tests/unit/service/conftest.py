"""A service on an empty folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from homes import home

from packshot.service.context import Context


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Context]:
    """The context of a service without workers: tests do their work."""
    with home(tmp_path) as context:
        yield context
