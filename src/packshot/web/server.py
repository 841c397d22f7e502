"""Runs the application until it is told to stop."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from packshot.errors import UsageError
from packshot.service.context import opened
from packshot.service.settings import Settings
from packshot.web.app import create_app
from packshot.web.auth import LOOPBACK

_GRACE_SECONDS = 30


def run(settings: Settings, *, host: str, port: int, require_keys: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; what is in flight is finished.

    Raises:
        UsageError: the address cannot be had, or another process serves this home.
        PackshotError: a part cannot be opened.
    """
    log_as_json()
    settings.home.mkdir(parents=True, exist_ok=True)
    with _only_one(settings), opened(settings) as context, _listening(host, port) as listener:
        keys = require_keys or host not in LOOPBACK
        app = create_app(context, require_keys=keys)
        address = listener.getsockname()
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        sys.stderr.write(f"packshot serves on http://{shown}:{address[1]}\n")
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        _Server(config, app).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Tells the application as soon as it is to stop: streams end then, others are finished."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._served = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._served.state.closing = True
        super().handle_exit(sig, frame)


def log_as_json() -> None:
    """Structured logs on stderr, one JSON object a line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """An embedded ledger has one process that works on it: it takes over what a dead one left."""
    with (settings.home / "serve.lock").open("w") as lock:
        if settings.embedded:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                detail = f"Another packshot serves {settings.home}. Stop it, or give --home another folder."
                raise UsageError(detail=detail) from error
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise UsageError(detail=f"Cannot listen on {host}:{port}: {error.strerror or error}.") from error
    with listener:
        yield listener
