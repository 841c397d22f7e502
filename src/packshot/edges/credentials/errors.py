"""What can go wrong with Content Credentials."""

from __future__ import annotations

from packshot.errors import PackshotError


class CredentialsError(PackshotError):
    """No Content Credentials: {detail}"""  # noqa: D415 - a template, not a sentence

    code = "credentials"
