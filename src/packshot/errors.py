"""Errors that tell the user what to do.

The docstring of each class is its message: a format string filled from the keyword arguments it is raised
with. ``code`` is stable and appears in JSON, trails and logs; ``retryable`` says whether trying the same
thing again can help.
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class PackshotError(Exception):
    """Something went wrong in packshot."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        template = " ".join(inspect.cleandoc(type(self).__doc__ or self.code).split())
        super().__init__(template.format(**facts))


class UndecodableError(PackshotError):
    """{name}: {detail}"""  # noqa: D415 - a template, not a sentence

    code = "undecodable"


class UnsupportedFormatError(PackshotError):
    """{name} is {found}; packshot reads {choices}. Export it as one of those."""

    code = "unsupported_format"


class TooLargeError(PackshotError):
    """{name} has {found} {unit}, more than the limit of {limit}. Scale it down and send it again."""

    code = "too_large"


class UnreadableError(PackshotError):
    """{name} cannot be read: {detail}. Check the path, its permissions and the storage, then try again."""

    code = "unreadable"
    retryable = True


class DamagedMetadataError(PackshotError):
    """The {kind} block is {detail}; it cannot be carried over: {lost}."""

    code = "damaged_metadata"

    _LOST: ClassVar[dict[str, str]] = {
        "EXIF": "a treated photo loses camera, time, author and which way is up",
        "ICC": "the colours may differ from what was meant",
        "XMP": "a treated photo loses what it says about source, creator and rights",
    }

    def __init__(self, *, kind: str, detail: str) -> None:
        super().__init__(kind=kind, detail=detail, lost=self._LOST[kind])


class DoesNotFitError(PackshotError):
    """{name} needs {found} bytes at the lowest quality, {limit} are allowed. Allow a smaller side."""

    code = "does_not_fit"


class FormatLimitError(PackshotError):
    """{name} has {found} pixels a side, {format} holds {limit}. Choose --format png, or a smaller scale."""

    code = "format_limit"


class UnwritableNameError(PackshotError):
    """{path} cannot be written: {detail}. Rename the photo, or what is in the way, then run again."""

    code = "unwritable_name"
    retryable = True


class OutputError(PackshotError):
    """Cannot write {path}: {detail}. Finished photos are kept: make room or change --out, then run again."""

    code = "output"
    retryable = True


class UnknownNameError(PackshotError):
    """Unknown {kind} {name!r}. Choose one of: {choices}."""

    code = "unknown_name"


class RecipeError(PackshotError):
    """{where}: {detail}"""  # noqa: D415 - a template, not a sentence

    code = "bad_recipe"


class StageOrderError(PackshotError):
    """{stage} is listed before {before}, but must come after it: {why}. Move {stage} below {before}."""

    code = "stage_order"


class StageContractError(PackshotError):
    """Stage {stage} broke its contract: {detail}. This is a bug in the stage; the photo is as it was."""

    code = "stage_contract"


class WeightsError(PackshotError):
    """Weights {name}: {detail}"""  # noqa: D415 - a template, not a sentence

    code = "weights"
    retryable = True


class BackendError(PackshotError):
    """Backend {name}: {detail}"""  # noqa: D415 - a template, not a sentence

    code = "backend"


class UsageError(PackshotError):
    """{detail}"""  # noqa: D415 - a template, not a sentence

    code = "usage"
