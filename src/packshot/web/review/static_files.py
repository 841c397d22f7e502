"""Our scripts and styles: out of the package, with the pages' headers."""

from __future__ import annotations

from importlib.resources import files
from os import PathLike, stat_result

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from packshot.web.review.headers import HEADERS


class PageFiles(StaticFiles):
    """Files below ``/static``; a browser asks whether they are still the same before it uses them again."""

    def __init__(self) -> None:
        super().__init__(directory=str(files("packshot.web") / "static"))

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, or that it has not changed."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update(HEADERS)
        answer.headers["cache-control"] = "no-cache"
        return answer
