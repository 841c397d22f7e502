"""Commands that look into the service's ledger, beside a running service or without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packshot.ledger.database import Ledger
from packshot.service.context import Context, opened
from packshot.service.settings import Settings


@contextmanager
def opened_ledger(home: Path | None) -> Iterator[Ledger]:
    """The ledger alone."""
    settings = Settings.from_environment(home=home)
    settings.home.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(settings.database_url)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def opened_service(home: Path | None) -> Iterator[Context]:
    """All of the service's parts, without its threads."""
    with opened(Settings.from_environment(home=home)) as context:
        yield context
