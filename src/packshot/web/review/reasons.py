"""Why a photo is rejected: the merchant gets to read it."""

from __future__ import annotations

from starlette.datastructures import FormData

from packshot.errors import UsageError

REASONS = (
    "Text, a logo or a watermark covers the product. Please send the photo without it.",
    "The photo is too small or too blurred. Please send a larger, sharp one.",
    "The product is cut off or hidden. Please show all of it.",
    "The background is not plain. Please photograph it on a plain one.",
    "The photo does not show this product.",
    "We cannot publish this photo for reasons of rights.",
)
_LONGEST = 500


def reason_of(sent: FormData) -> str:
    """What was chosen, or written instead.

    Raises:
        UsageError: nothing, or too much.
    """
    own, chosen = (str(sent.get(name, "")).strip() for name in ("own", "reason"))
    reason = own or chosen
    if len(reason) > _LONGEST:
        raise UsageError(detail=f"The reason is longer than {_LONGEST} characters. Say it shorter.")
    return reason
