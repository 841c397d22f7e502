"""Pictures and files of a job. They are named by digest, so that a browser may keep them for good."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select

from packshot.ledger import queue
from packshot.ledger.errors import NotFoundError
from packshot.ledger.tables import Item, TrailRow
from packshot.service.context import Context
from packshot.web.auth import Parts
from packshot.web.review.names import Id
from packshot.web.review.pages import PageRoute
from packshot.web.review.renditions import Renditions
from packshot.web.review.visitor import Viewer

router = APIRouter(prefix="/review", route_class=PageRoute, include_in_schema=False)

_KEPT = "private, max-age=31536000, immutable"
Kind = Literal["small", "full", "mark"]


@router.get("/{job}/{kind}/{digest}.image")
def picture(job: Id, kind: Kind, digest: Id, request: Request, parts: Parts, _who: Viewer) -> Response:
    """A photo of a job, small or in full, or the mask of what was edited."""
    _item(parts, job, digest)
    renditions: Renditions = request.app.state.renditions
    made = getattr(renditions, kind)(digest)
    headers = {"cache-control": _KEPT, "etag": f'"{digest}-{kind}"'}
    return Response(made.data, media_type=made.media_type, headers=headers)


@router.get("/{job}/file/{digest}")
def file(job: Id, digest: Id, parts: Parts, _who: Viewer) -> Response:
    """A file of a job, byte for byte, to be saved: a browser never opens it here."""
    item, name = _item(parts, job, digest)
    said = quote(name or item.name, safe="", errors="replace")
    headers = {"cache-control": _KEPT, "content-disposition": f"attachment; filename*=UTF-8''{said}"}
    return Response(parts.artefacts.get(digest), media_type="application/octet-stream", headers=headers)


def _item(context: Context, job: str, digest: str) -> tuple[Item, str | None]:
    """The job that ``digest`` belongs to, and what that file is called; None for the photo as it came.

    Raises:
        NotFoundError: it is of no attempt at this job.
    """
    with context.ledger.reading() as session:
        item = queue.find(session, job)
        made = session.execute(
            select(TrailRow.files, TrailRow.mask, TrailRow.receipt).where(TrailRow.item_id == item.id)
        ).all()
    if digest == item.photo:
        return item, None
    for files, mask, receipt in made:
        names = {file["digest"]: file["name"] for file in files}
        names |= {mask: "mask.png", receipt: f"{item.id}.receipt.json"}
        if digest in names:
            return item, names[digest].rpartition("/")[2]
    raise NotFoundError(kind=f"file of job {job}", name=digest)
