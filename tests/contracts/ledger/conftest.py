"""Both databases: every test of the contract runs on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import NoServerError, PostgreSQL, running

from packshot.ledger.database import Ledger


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests."""
    try:
        with running() as server:
            yield server
    except NoServerError as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """A ledger on an empty database."""
    opened = Ledger(url)
    yield opened
    opened.close()
