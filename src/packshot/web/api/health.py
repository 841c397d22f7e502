"""Whether it lives, whether it is ready, and its figures."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from packshot.service import measures
from packshot.web.api.models import Ready
from packshot.web.auth import MAY_READ, Parts

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """The process answers."""
    return "ok\n"


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "It takes no work yet, or not any more."}},
)
def readyz(request: Request, parts: Parts) -> JSONResponse:
    """It can take work: the ledger answers and the models are there."""
    try:
        with parts.ledger.reading() as session:
            session.execute(text("SELECT 1"))
        ledger = True
    except SQLAlchemyError:
        ledger = False
    checks = {"ledger": ledger, "workers": bool(request.app.state.ready)}
    return JSONResponse({"ready": all(checks.values()), **checks}, 200 if all(checks.values()) else 503)


@router.get("/metrics", response_class=PlainTextResponse, dependencies=[MAY_READ])
def metrics(parts: Parts) -> Response:
    """Everything that is counted, as Prometheus reads it. Names are explained in docs/metrics.md."""
    measures.expose(parts)
    return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)
