"""Errors of the pages."""

from __future__ import annotations

from packshot.errors import PackshotError


class SessionKeyError(PackshotError):
    """The key that signs sessions, {path}, cannot be used: {detail}."""

    code = "session_key"


class StalePageError(PackshotError):
    """This page is out of date, or was not made by this service. Load it again, and repeat what you did."""

    code = "forbidden"


class UnknownKeyError(PackshotError):
    """That is no valid key. `packshot keys list` shows which there are."""

    code = "unauthorized"
