"""A service on an empty folder, and a PostgreSQL where a test needs one."""

import sys
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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[object]:
    """The server of the ledger's contracts."""
    contracts = str(Path(__file__).parents[2] / "contracts" / "ledger")
    sys.path.append(contracts)
    from postgresql_server import NoServerError, running

    sys.path.remove(contracts)
    try:
        with running() as server:
            yield server
    except NoServerError as reason:
        pytest.skip(str(reason))
