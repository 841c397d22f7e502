"""What is written down of an attempt at an item, and the files that it refers to."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from packshot.edges.artefacts import Artefacts
from packshot.edges.decode import open_photo
from packshot.edges.provenance import provenance_of
from packshot.edges.receipt import build, sign
from packshot.finding import Severity
from packshot.ledger.identity import new_id
from packshot.ledger.tables import Item, TrailRow
from packshot.service import fidelity
from packshot.service.context import Context
from packshot.service.lanes import Turn
from packshot.service.masks import mask_png
from packshot.service.treating import Lived
from packshot.trail import Trail


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was made for an item.

    Attributes:
        name: as it would be called in a folder; ``channels/NAME/`` in front of one for a single channel.
        digest: artefact.
        format: jpeg, png, webp, avif, gif, tiff or bmp.
        width, height: in pixels.
        bytes: its size.
        channel: the channel that it is for; None for the main file.
    """

    name: str
    digest: str
    format: str
    width: int
    height: int
    bytes: int
    channel: str | None


def row_of(context: Context, item: Item, lived: Lived, turn: Turn) -> TrailRow:
    """What is written down of an attempt; its files, mask and receipt are kept first."""
    treated, trail = lived.treated, lived.treated.trail
    files = [_kept(context, file.name, file.data) for file in treated.files]
    mask = context.artefacts.put(mask_png(trail.mask)) if trail.mask is not None else None
    receipt = None
    if treated.photo is not None and treated.files:
        outputs = [(file.name, file.data) for file in treated.files]
        receipt = context.artefacts.put(sign(build(trail, treated.photo, outputs), context.signing_key))
    before, after = treated.photo, trail.photo
    body = trail.as_dict() | {
        "changed": trail.changed,
        "size_before": [before.width, before.height] if before else None,
        "size_after": [after.width, after.height] if after else None,
        "digital_source_type": provenance_of(trail.steps).digital_source_type,
    }
    return TrailRow(
        id=new_id("trl"),
        item_id=item.id,
        body=body,
        files=[asdict(file) for file in files],
        mask=mask,
        receipt=receipt,
        recipe_digest=trail.recipe_digest,
        first=item.trail_id is None,
        failed_checks=bool(flaws(trail)),
        edge_fidelity=None if lived.edges is None else round(lived.edges, 5),
        artefact=fidelity.has_artefact(trail),
        residue=fidelity.has_residue(trail),
        seconds=round(lived.seconds, 4),
        cpu_seconds=round(trail.cpu_seconds, 4),
        lane=turn.lane,
        rollout_id=turn.rollout,
        fell_back=lived.fell_back,
        figures=dict(lived.figures),
        created_at=time.time(),
    )


def flaws(trail: Trail) -> frozenset[str]:
    """Codes of the errors that a photo came with."""
    return frozenset(f.code for f in trail.findings_before if f.severity is Severity.ERROR)


def _kept(context: Context, name: str, data: bytes) -> Kept:
    made = open_photo(data, name=name)
    folder, _, rest = name.partition("/")
    channel = rest.partition("/")[0] if folder == "channels" else None
    return Kept(
        name=name,
        digest=context.artefacts.put(data),
        format=made.origin.format,
        width=made.width,
        height=made.height,
        bytes=len(data),
        channel=channel,
    )


def artefacts_of(artefacts: Artefacts, row: TrailRow) -> list[tuple[str, int, str]]:
    """Digest, size and media type of everything that a trail refers to."""
    made = [(file["digest"], file["bytes"], f"image/{file['format']}") for file in row.files]
    if row.mask:
        made.append((row.mask, artefacts.size(row.mask), "image/png"))
    if row.receipt:
        made.append((row.receipt, artefacts.size(row.receipt), "application/json"))
    return made
