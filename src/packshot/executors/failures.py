"""What an exception says about a photo: one broken photo never ends a batch."""

from __future__ import annotations

import traceback

from packshot.errors import OutputError, PackshotError, WeightsError
from packshot.finding import Finding, Severity

ENDS_THE_BATCH = (OutputError, WeightsError)
"""Errors of the machine, not of a photo: the next photo would fare no better."""


def failure(error: Exception) -> Finding:
    """The finding that stands for ``error`` in a photo's trail.

    A :class:`PackshotError` keeps its code and message. Anything else is a defect of packshot or of a
    library: ``internal_error``, with the traceback as evidence.
    """
    if isinstance(error, PackshotError):
        return Finding(error.code, Severity.ERROR, 1.0, str(error))
    message = f"packshot failed on this photo: {type(error).__name__}: {error}. Please report it."
    trace = "".join(traceback.format_exception(error))
    return Finding("internal_error", Severity.ERROR, 1.0, message, evidence={"traceback": trace})
