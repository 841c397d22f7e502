"""The application: middleware, errors, routers, and the threads that live as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool

from packshot.service.conductor import Conductor
from packshot.service.context import Context
from packshot.service.options import Options
from packshot.service.shadow import Shadow
from packshot.service.steward import Steward
from packshot.service.watch import Regressions
from packshot.service.watching import Watcher
from packshot.service.webhooks import Messenger
from packshot.service.work import Workers
from packshot.web import openapi, problems
from packshot.web.api import alerts, audit, batches, direct, experiments, guarantee, health, jobs, rollouts
from packshot.web.auth import Doorkeeper
from packshot.web.limits import BodyLimit
from packshot.web.observed import Observed
from packshot.web.review import install as review
from packshot.web.turnstile import Turnstile

_ABOUT = """
Merchant photos in, publishable product photos out, and proof that the product was not touched.

Errors are `application/problem+json`; `code` is stable. Times are seconds since 1970 (UTC). Every answer has
an `x-request-id`.
"""


def create_app(context: Context, *, require_keys: bool, work: bool = True) -> FastAPI:
    """The application.

    Args:
        context: what it works with.
        require_keys: whether callers need a key; only a service on loopback may do without.
        work: whether this process also treats photos, calls back and watches; else another one must.
    """
    kinds = (Workers, Messenger, Watcher, Conductor, Shadow, Regressions, Steward) if work else ()
    threads = [kind(context) for kind in kinds]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.turnstile = Turnstile(context.settings.workers)
        await run_in_threadpool(context.treatments.of, Options())
        for thread in threads:
            thread.start()
        app.state.ready = True
        yield
        app.state.ready = False
        for thread in threads:
            await run_in_threadpool(thread.stop)

    app = FastAPI(
        title="packshot",
        version=version("packshot"),
        description=_ABOUT,
        lifespan=lifespan,
        redirect_slashes=False,  # a redirected upload is sent twice, or lost
        docs_url=None,  # these pages run scripts of another host, on the pages' own origin
        redoc_url=None,
    )
    app.state.context = context
    app.state.doorkeeper = Doorkeeper(context, required=require_keys)
    app.state.ready = app.state.closing = False
    problems.install(app)
    app.add_middleware(BodyLimit, settings=context.settings)
    app.add_middleware(Observed, metrics=context.metrics)
    versioned = APIRouter(prefix="/v1")
    routers = (direct, batches, jobs, rollouts, experiments, alerts, guarantee, audit)
    for router in (module.router for module in routers):
        versioned.include_router(router)
    app.include_router(direct.router)
    app.include_router(versioned)
    app.include_router(health.router)
    review.install(app, context)
    openapi.describe_problems(app)
    return app
