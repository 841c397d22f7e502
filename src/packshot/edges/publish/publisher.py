"""Publishing a photo, exactly once however often it is asked for, and taking it back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from packshot.edges.publish.errors import DamagedManifestError, ManifestConflictError
from packshot.edges.publish.manifest import Entry, Manifest
from packshot.edges.publish.names import Product, check_name
from packshot.edges.publish.objects import (
    ToPublish,
    check_objects,
    public_url,
    publish_file,
    publish_receipt,
)
from packshot.edges.publish.purge import Purge
from packshot.edges.storage import Storage
from packshot.edges.xmp import Provenance
from packshot.errors import UsageError

_ATTEMPTS: Final = 40  # each one that fails means that another writer got through
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5
_RANDOM: Final = random.SystemRandom()  # so that processes with one seed do not wait in step


@dataclass(frozen=True, slots=True)
class Publication:
    """What came of publishing.

    Attributes:
        entry: the item's entry.
        previous: what it took the place of, and what to put back when it is unpublished.
        manifest_version: a version of the manifest that tells of it.
        superseded: the item had been published before, and a newer one has its place by now; that one stays.
        purge_error: why the CDN could not be told; None when it was, or need not be.
    """

    entry: Entry
    previous: Entry | None
    manifest_version: int
    superseded: bool = False
    purge_error: str | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """What came of replacing.

    Attributes:
        entry: what is in the slot afterwards: what was asked for, or what was left there because of
            ``only_if_item``; None for nothing.
        purge_error: why the CDN could not be told; None when it was, or need not be.
    """

    entry: Entry | None
    purge_error: str | None = None


class Publisher:
    """Publishes into a storage. Thread-safe; any number may share a storage.

    An item that is published again, after a crash at any point, ends as one entry: its objects are named by
    what is in them, and its entry is swapped in on the condition that nobody else changed the manifest. The
    storage's own errors come through everywhere.

    Raises:
        UsageError: there is a purge hook and no base URL: it is told URLs.
    """

    def __init__(self, storage: Storage, base_url: str | None = None, purge: Purge | None = None) -> None:
        if purge is not None and base_url is None:
            raise UsageError(detail="A purge hook needs the public base URL, for it is told URLs.")
        self._storage, self._base_url, self._purge = storage, base_url, purge

    def publish(
        self,
        product: Product,
        slot: str,
        *,
        item: str,
        batch: str,
        files: Sequence[ToPublish],
        expected: Provenance | None = None,
        receipt: bytes | None = None,
    ) -> Publication:
        """Put ``item`` into the product's ``slot``.

        The files are written and read back before the manifest mentions them. An item that is there already
        stays as it is, and the same publication is returned; so does what took its place, if anything did.

        Args:
            product: whose photo it is.
            slot: the photo's place in the product's gallery.
            item: what is published; items are told apart by this alone.
            batch: the batch that it belongs to.
            files: at least one.
            expected: what every file must state about source, creators, rights and credit, where set.
            receipt: JSON to publish beside the files.

        Raises:
            UsageError: there are no files.
            InvalidNameError: the slot is empty or has broken characters.
            MislabelledError, UnknownNameError: a file is not in the format it is said to be in.
            TamperedObjectError: an object is not what was published under its name.
            UnstatedProvenanceError: an object does not state what is expected.
            DamagedManifestError, ManifestConflictError: the manifest cannot be changed.
        """
        check_name(slot, "slot")
        if not files:
            raise UsageError(detail=f"There is no file to publish for {item}.")
        publication = _publication(self.manifest(product), slot, item)
        if publication is None:
            published = tuple(publish_file(self._storage, file, expected, self._base_url) for file in files)
            key = None if receipt is None else publish_receipt(self._storage, receipt)
            entry = Entry(item, batch, published, key, datetime.now(UTC).isoformat(timespec="seconds"))

            def put(manifest: Manifest) -> Manifest | None:
                if _publication(manifest, slot, item) is not None:
                    return None
                return manifest.changed(slot, entry, manifest.entries.get(slot))

            _, manifest = self._change(product, put)
            publication = _publication(manifest, slot, item)
            assert publication is not None  # `put` put it there, or found it
        if publication.superseded:
            return publication
        # Also when it was there already: the call before may have ended between the two.
        return replace(publication, purge_error=self._tell(product, publication.entry, publication.previous))

    def replace(
        self,
        product: Product,
        slot: str,
        entry: Entry | None,
        *,
        only_if_item: str | None = None,
        only_if_empty: bool = False,
    ) -> Replacement:
        """Put ``entry`` into the slot in place of what is there, or empty it: to unpublish, or to restore.

        Doing it again changes nothing, but tells the CDN again.

        Args:
            product: whose photo it is.
            slot: the photo's place in the product's gallery.
            entry: what shall be there; its files are looked at first. None for nothing.
            only_if_item: act only when this item is there, never on something newer.
            only_if_empty: act only when nothing is there.

        Raises:
            MissingObjectError, TamperedObjectError: a file of ``entry`` is gone or is something else.
            DamagedManifestError, ManifestConflictError: the manifest cannot be changed.
        """
        if entry is not None:
            check_objects(self._storage, entry)

        def put(manifest: Manifest) -> Manifest | None:
            current = manifest.entries.get(slot)
            barred = only_if_item is not None and (current is None or current.item != only_if_item)
            barred |= only_if_empty and current is not None
            return None if barred or current == entry else manifest.changed(slot, entry)

        before, after = self._change(product, put)
        current = after.entries.get(slot)
        if current != entry or not after.version:
            return Replacement(current)
        return Replacement(current, self._tell(product, entry, before.entries.get(slot)))

    def entry(self, product: Product, slot: str) -> Entry | None:
        """What is published in the slot; DamagedManifestError when that cannot be told."""
        return self.manifest(product).entries.get(slot)

    def manifest(self, product: Product) -> Manifest:
        """What is published of the product; version 0 without entries when nothing ever was.

        Raises:
            DamagedManifestError: what is there is no manifest of this product.
        """
        return self._load(product)[0]

    def _change(
        self, product: Product, change: Callable[[Manifest], Manifest | None]
    ) -> tuple[Manifest, Manifest]:
        """The manifest before and after ``change``, which gives the next one or None to leave it."""
        for attempt in range(_ATTEMPTS):
            manifest, tag = self._load(product)
            changed = change(manifest)
            if changed is None:
                return manifest, manifest
            if self._storage.swap(
                product.key,
                changed.to_json(),
                tag,
                content_type="application/json",
                cache_control="no-cache",
            ):
                return manifest, changed
            time.sleep(_RANDOM.uniform(0, min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)))
        raise ManifestConflictError(key=product.key, where=self._storage.where, attempts=_ATTEMPTS)

    def _load(self, product: Product) -> tuple[Manifest, str | None]:
        """The manifest and its tag."""
        found = self._storage.read_tagged(product.key)
        if found is None:
            return Manifest(product.merchant, product.product, 0, {}, {}), None
        where = self._storage.where
        try:
            manifest = Manifest.from_json(found[0])
        except ValueError as error:
            raise DamagedManifestError(key=product.key, where=where, detail=error) from error
        if (manifest.merchant, manifest.product) != (product.merchant, product.product):
            raise DamagedManifestError(key=product.key, where=where, detail="it is another product's")
        return manifest, found[1]

    def _tell(self, product: Product, now: Entry | None, before: Entry | None) -> str | None:
        """Purge the manifest and the files that are no longer in it; what went wrong, or None."""
        if self._purge is None:
            return None
        kept = {file.url for file in now.files} if now else set()
        gone = [file.url for file in before.files if file.url not in kept] if before else []
        urls = [public_url(self._base_url, product.key), *gone]
        return self._purge.send(list(dict.fromkeys(url for url in urls if url)))


def _publication(manifest: Manifest, slot: str, item: str) -> Publication | None:
    """What the manifest tells of an item in a slot; None when it does not know it."""
    entry, before = manifest.entries.get(slot), manifest.replaced.get(slot)
    if entry is not None and entry.item == item:
        return Publication(entry, before, manifest.version)
    if before is not None and before.item == item:
        return Publication(before, None, manifest.version, superseded=True)
    return None
