"""What every use case works with, opened once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from packshot.edges.artefacts import Artefacts
from packshot.edges.publish import Publisher, Purge
from packshot.edges.receipt.keys import SigningKey, load_or_create
from packshot.edges.sources.fetch import Fetcher
from packshot.edges.storage import open_storage
from packshot.errors import OutputError, UsageError
from packshot.ledger.database import Ledger
from packshot.memo import Memo
from packshot.recipe import Recipe
from packshot.service.bell import Bell
from packshot.service.credentials import certificate_of
from packshot.service.lanes import Lanes
from packshot.service.memory import MemoryGauge
from packshot.service.metrics import Metrics
from packshot.service.settings import Settings, listed
from packshot.service.treatments import Treatments

_FETCH_SECONDS = 30.0
_MEMO_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Context:
    """The service's parts.

    Attributes:
        settings: how it is set up.
        ledger: what it knows.
        artefacts: what it keeps.
        publisher: where it publishes.
        treatments: what it does to photos.
        lanes: which recipe has which photo.
        fetcher: gets what lies elsewhere, where that is allowed.
        signing_key: signs receipts.
        metrics: what it counts.
        bell: rung when there is work.
        memory: watches what is held while photos are treated.
        memo: what lanes have in common, while two of them see the same photo.
    """

    settings: Settings
    ledger: Ledger
    artefacts: Artefacts
    publisher: Publisher
    treatments: Treatments
    lanes: Lanes
    fetcher: Fetcher
    signing_key: SigningKey
    metrics: Metrics = field(default_factory=Metrics)
    bell: Bell = field(default_factory=Bell)
    memory: MemoryGauge = field(default_factory=MemoryGauge)
    memo: Memo = field(default_factory=lambda: Memo(_MEMO_BYTES))


@contextmanager
def opened(settings: Settings) -> Iterator[Context]:
    """Everything opened, and closed at the end.

    Raises:
        PackshotError: a setting, a database or a place cannot be used; says what to do.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(path=settings.home, detail=error.strerror) from error
    if settings.alert_url and not settings.webhook_secret:
        detail = "PACKSHOT_ALERT_URL needs PACKSHOT_WEBHOOK_SECRET, which signs what it is told."
        raise UsageError(detail=detail)
    certificate_of(settings)  # what no photo can be signed with is said now, not of every photo
    configured = Recipe.from_yaml(settings.recipe) if settings.recipe else Recipe.from_dict({})
    treatments = Treatments(configured)
    ledger = Ledger(settings.database_url)
    try:
        purge = Purge(settings.purge_url, settings.purge_secret) if settings.purge_url else None
        storage = open_storage(settings.publish_url)
        yield Context(
            settings=settings,
            ledger=ledger,
            artefacts=Artefacts(open_storage(settings.artefacts_url)),
            publisher=Publisher(storage, settings.public_base_url, purge),
            treatments=treatments,
            lanes=Lanes(ledger, treatments, configured),
            fetcher=Fetcher(
                allow=listed(settings.allowed_hosts),
                limit_bytes=settings.upload_bytes,
                timeout_seconds=_FETCH_SECONDS,
                allow_networks=listed(settings.allowed_networks),
            ),
            signing_key=load_or_create(settings.home / "keys"),
        )
    finally:
        ledger.close()
