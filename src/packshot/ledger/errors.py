"""Errors of the ledger."""

from __future__ import annotations

from packshot.errors import PackshotError


class LedgerUrlError(PackshotError):
    """{url!r} is no database that packshot knows. Give sqlite:////absolute/file.db or postgresql://host/name."""

    code = "ledger_url"


class LedgerDriverError(PackshotError):
    """No driver for {url}: {detail}. For PostgreSQL: pip install 'packshot[postgresql]'."""

    code = "ledger_driver"


class LedgerUnreachableError(PackshotError):
    """The database {url} cannot be opened: {detail}. Check that it is there and lets packshot make tables."""

    code = "ledger_unreachable"
    retryable = True


class LedgerNewerError(PackshotError):
    """The database belongs to a newer packshot, whose schema {revision} is unknown here. Upgrade packshot."""

    code = "ledger_newer"


class QueueFullError(PackshotError):
    """The queue holds {waiting} photos, {limit} at most. Send these again in {retry_after} seconds."""

    code = "queue_full"
    retryable = True


class LostLeaseError(PackshotError):
    """Item {item} is no longer held by {owner}: its lease ran out and another worker has it."""

    code = "lost_lease"


class NotFoundError(PackshotError):
    """There is no {kind} {name!r}."""

    code = "not_found"


class KeyNameTakenError(PackshotError):
    """There is a valid key {name!r} already. Rotate it, revoke it, or choose another name."""

    code = "key_name_taken"


class IdempotencyError(PackshotError):
    """Idempotency-Key {key!r} was used for another request before. Choose a new key for this one."""

    code = "idempotency_conflict"


class IdempotencyRaceError(PackshotError):
    """The request with Idempotency-Key {key!r} was answered meanwhile. Send it again to get that answer."""

    code = "idempotency_race"
    retryable = True


class AuditBrokenError(PackshotError):
    """The audit log does not hold together at entry {sequence}: {detail}."""

    code = "audit_broken"
