"""Puts the pages into the application."""

from __future__ import annotations

from fastapi import FastAPI

from packshot.service.context import Context
from packshot.web.review import (
    alerts,
    batches,
    dashboard,
    decide,
    experiments,
    guarantee,
    login,
    merchants,
    photo,
    pictures,
    products,
    queue,
    rollout,
    rollouts,
    submit,
)
from packshot.web.review.renditions import Renditions
from packshot.web.review.session import Sessions, load_or_create
from packshot.web.review.static_files import PageFiles


def install(app: FastAPI, context: Context) -> None:
    """Add the pages, their files and their sessions.

    Raises:
        SessionKeyError: the key that signs sessions cannot be used.
    """
    app.state.sessions = Sessions(context, load_or_create(context.settings.home / "keys"))
    app.state.renditions = Renditions(context.artefacts)
    app.mount("/static", PageFiles(), name="static")
    for module in (
        alerts,
        dashboard,
        login,
        submit,
        queue,
        decide,
        pictures,
        photo,
        batches,
        products,
        merchants,
        rollouts,
        rollout,
        experiments,
        guarantee,
    ):
        app.include_router(module.router)
