"""How the service is set up: variables that begin with ``PACKSHOT_``, everything with a default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packshot.errors import UsageError
from packshot.executors.local import cores

_PREFIX = "PACKSHOT_"
_MIB = 2**20


class Settings(BaseModel):
    """The service's settings. The variable of each is ``PACKSHOT_`` and its name in capitals.

    Attributes:
        home: folder for everything that has no other place.
        database_url: the ledger; SQLite in ``home`` by default.
        artefacts_url: where inputs, outputs, masks and receipts are kept: a folder or ``s3://bucket/prefix``.
        publish_url: the shop's storage, likewise.
        public_base_url: what a published key is appended to, to make the address that shoppers load.
        recipe: YAML file of the recipe; the built-in one by default.
        workers: photos treated at once.
        queue_limit: photos that may wait; more are answered 429.
        upload_bytes: largest file.
        request_bytes: largest request, for batches of files.
        lease_seconds: after this long without a sign of life a worker's photos go to another.
        attempts: how often a photo is tried before a person has to look.
        allowed_hosts: hosts to fetch from and to call back, comma-separated; ``*.example.com`` too.
        allowed_networks: private networks that may be fetched from, comma-separated.
        watch: folders and ``s3://`` prefixes to take photos from, comma-separated.
        watch_seconds: between two looks at them.
        watch_attested_by: who states the right to alter photos from watched places.
        purge_url: told the addresses that changed, to empty a CDN's cache.
        purge_secret: signs what the purge hook is told.
        webhook_secret: signs what callbacks are told; without it nothing can be called back.
        alert_url: told when a rollout moves, or a figure gets worse; signed as callbacks are.
        shadow_share: processor time that comparisons may take, as a share of one core; 0 holds them all up.
        at_most_bad: highest share of bad photos that may be published without a person, above 0 and below 1;
            without it the recipe's own verdict decides.
        promise: ``confident``: of the published photos, at most that share is bad, with ``confidence``;
            ``expected``: of all photos, on average.
        confidence: above 0 and below 1.
        settle_hours: after so long, a photo that nobody answered about counts as bad.
        refit_hours: between two choices of the publishing threshold, and between two self-tests.
        c2pa_certificate: PEM file with the chain that signs Content Credentials.
        c2pa_key: PEM file with its private key.
        c2pa_algorithm: what the key signs with: es256, ed25519, ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Path("~/.packshot")
    database_url: str = ""
    artefacts_url: str = ""
    publish_url: str = ""
    public_base_url: str | None = None
    recipe: Path | None = None
    workers: int = Field(default_factory=cores, ge=1, le=256)
    queue_limit: int = Field(default=10_000, ge=1)
    upload_bytes: int = Field(default=64 * _MIB, ge=1)
    request_bytes: int = Field(default=512 * _MIB, ge=1)
    lease_seconds: float = Field(default=60.0, gt=0)
    attempts: int = Field(default=5, ge=1)
    allowed_hosts: str = ""
    allowed_networks: str = ""
    watch: str = ""
    watch_seconds: float = Field(default=5.0, gt=0)
    watch_attested_by: str | None = None
    purge_url: str | None = None
    purge_secret: str = ""
    webhook_secret: str | None = None
    alert_url: str | None = None
    shadow_share: float = Field(default=0.5, ge=0, le=1)
    at_most_bad: float | None = Field(default=None, gt=0, lt=1)
    promise: Literal["expected", "confident"] = "confident"
    confidence: float = Field(default=0.9, gt=0, lt=1)
    settle_hours: float = Field(default=72.0, ge=0)
    refit_hours: float = Field(default=24.0, gt=0)
    c2pa_certificate: Path | None = None
    c2pa_key: Path | None = None
    c2pa_algorithm: str = "es256"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, **said: object) -> Self:
        """The settings that the environment gives, with what is ``said`` (and not None) on top.

        Raises:
            UsageError: a value is of the wrong kind or out of range.
        """
        names = {_PREFIX + name.upper(): name for name in cls.model_fields}
        found = {names[key]: value for key, value in environment.items() if key in names and value.strip()}
        try:
            settings = cls.model_validate(
                found | {key: value for key, value in said.items() if value is not None}
            )
        except ValidationError as error:
            problem = error.errors()[0]
            name = _PREFIX + str(problem["loc"][0]).upper()
            raise UsageError(detail=f"{name}: {problem['msg']}.") from error
        return settings.completed()

    def completed(self) -> Self:
        """With the places that follow from ``home``."""
        home = self.home.expanduser().absolute()
        return self.model_copy(
            update={
                "home": home,
                "database_url": self.database_url or f"sqlite:///{home / 'ledger.db'}",
                "artefacts_url": self.artefacts_url or str(home / "artefacts"),
                "publish_url": self.publish_url or str(home / "published"),
            }
        )

    @property
    def embedded(self) -> bool:
        """Whether this process is the only one that works on its ledger."""
        return self.database_url.startswith("sqlite")


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated setting."""
    return tuple(part for part in (part.strip() for part in text.split(",")) if part)
