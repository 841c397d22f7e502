"""Photos that show next to nothing, and photos without colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import cv2

from packshot.finding import Finding, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.limits import Limits
from packshot.inspection.view import View

# The lowest of 395 shop photos is 17.
_CONTRAST = Limits(warning=8.0, error=4.0, worst=0.0)
_NEUTRAL = 2


class Content:
    """Whether there is anything to see, and in colour.

    Contrast is the standard deviation of all channels of the photo reduced to 256 px, where grain is averaged
    away. A photo is grey when its channels are equal everywhere, as a conversion leaves them; a grey product
    under real light has a cast of several levels. It is only noted: black and grey products on white,
    retouched to neutral, are legitimate.
    """

    name: ClassVar[str] = "content"
    codes: ClassVar[frozenset[str]] = frozenset({"low_information", "grayscale"})
    roles: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, setup: Setup) -> None:
        del setup

    def inspect(self, view: View) -> Sequence[Finding]:
        """At most one finding: an empty photo's colour does not matter."""
        contrast = float(cv2.meanStdDev(view.thumbnail)[1].max())
        severity = _CONTRAST.severity(contrast)
        if severity is not None:
            message = (
                f"The photo shows next to nothing: its tones differ by {contrast:.1f} levels (15 is low)."
            )
            evidence = {"contrast": round(contrast, 2)}
            return [
                Finding("low_information", severity, _CONTRAST.score(contrast), message, evidence=evidence)
            ]
        red, green, blue = cv2.split(view.thumbnail)
        cast = int(max(cv2.absdiff(red, green).max(), cv2.absdiff(green, blue).max()))
        if cast > _NEUTRAL:
            return ()
        message = (
            "The photo has no colour: all its pixels are grey. Send the colour original if there is one."
        )
        score = 1.0 - cast / (_NEUTRAL + 1)
        return [Finding("grayscale", Severity.INFO, score, message, evidence={"cast": cast})]
