"""Taking photos from watched folders and storage prefixes: each file once, and again when it changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import structlog
from sqlalchemy import select

from packshot.edges.sources.bucket import Bucket
from packshot.edges.sources.folder import WatchedFolder
from packshot.edges.sources.offer import Offer
from packshot.ledger.errors import QueueFullError
from packshot.ledger.tables import Batch, Item
from packshot.service.background import Background
from packshot.service.context import Context
from packshot.service.options import Offered
from packshot.service.settings import listed
from packshot.service.submit import Submission, submit

_AT_ONCE = 500
"""Photos of one batch at most; never more than a quarter of the queue, which else would have to run dry."""

_log = structlog.get_logger(__name__)


class Watcher(Background):
    """Looks at every watched place in turn."""

    name = "watcher"
    event = "watch.failed"
    rest_seconds = 0.0
    retry_seconds = 5.0

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._places: dict[str, WatchedFolder | Bucket] = {
            place: Bucket(place) if place.startswith("s3://") else WatchedFolder(place)
            for place in listed(context.settings.watch)
        }
        self._waiting: dict[str, dict[str, Offer]] = {place: {} for place in self._places}
        self._refused: dict[str, tuple[str, ...]] = {}
        self._at_once = max(1, min(_AT_ONCE, context.settings.queue_limit // 4))

    def start(self) -> None:
        """Begin, if there is anything to watch."""
        if self._places:
            super().start()

    def turn(self) -> float:
        """One look at each place."""
        for place in self._places:
            try:
                self.look(place)
            except QueueFullError as error:
                _log.info("watch.waits", place=place, reason=str(error))
            except Exception:  # one place that cannot be read must not stop the others
                _log.exception("watch.failed", place=place)
        return self._context.settings.watch_seconds

    def look(self, place: str) -> int:
        """Submit what is new in ``place``; how many photos. What the queue has no room for waits.

        Raises:
            QueueFullError: there is no room.
            PackshotError: the place cannot be read.
        """
        waiting = self._waiting[place]
        # By location: what changes while it waits is taken in once, as it is then.
        waiting.update({offer.location: offer for offer in self._places[place].poll()})
        self._tell_refused(place)
        taken = 0
        while waiting:
            chunk = list(islice(waiting.values(), self._at_once))
            new = self._unknown(place, chunk)
            if new:
                submit(self._context, self._submission(place, new))
            taken += len(new)
            for offer in chunk:
                del waiting[offer.location]
        return taken

    def _tell_refused(self, place: str) -> None:
        """Log what the look left out, once."""
        refused = self._places[place].refused
        for sentence in refused:
            if sentence not in self._refused.get(place, ()):
                _log.warning("watch.refused", place=place, reason=sentence)
        self._refused[place] = refused

    def _unknown(self, place: str, offers: Sequence[Offer]) -> list[Offer]:
        """Those that this ledger has not taken in before, in the state in which they are now."""
        found = select(Item.location, Item.version).join(Batch).where(
            Batch.source == place, Item.location.in_([offer.location for offer in offers])
        )  # fmt: skip
        with self._context.ledger.reading() as session:
            known = {(location, version) for location, version in session.execute(found)}
        return [offer for offer in offers if (offer.location, offer.version) not in known]

    def _submission(self, place: str, offers: Sequence[Offer]) -> Submission:
        photos = [Offered.of(offer) for offer in offers]
        attested_by = self._context.settings.watch_attested_by
        return Submission("watcher", place, photos, attested_by=attested_by)
