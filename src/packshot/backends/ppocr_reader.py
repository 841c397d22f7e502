"""PP-OCRv6 small text recognition: the characters of one line.

Connectionist temporal classification, decoded greedily (Graves et al., ICML 2006).
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import cv2
import numpy as np
import onnx

from packshot.backend import Card, Line, TextBox
from packshot.backends.openvino_runtime import OpenVinoNetwork
from packshot.photo import Pixels
from packshot.weights import digests, path


class PpOcrReader:
    """Reads text lines, Latin and Chinese among other scripts. A :class:`packshot.backend.TextReader`."""

    HEIGHT: ClassVar[int] = 48  # px of the network's input
    MAX_WIDTH: ClassVar[int] = 960  # px: a longer line is squeezed
    STRIDE: ClassVar[int] = 32

    card = Card(
        name="ppocr-v6-small-reader",
        version="1",
        licence="Apache-2.0",
        weights=digests("ppocr-v6-small-reader"),
        precision="f32",
    )

    def __init__(self) -> None:
        self._network = OpenVinoNetwork(lambda: path("ppocr-v6-small-reader"))

    def read(self, pixels: Pixels, box: TextBox) -> Line:
        """The text inside ``box`` of ``pixels`` (H, W, 3), read along the box's longer side."""
        line = _straighten(pixels, box, self.HEIGHT, self.MAX_WIDTH)
        padded = cv2.copyMakeBorder(line, 0, 0, 0, -line.shape[1] % self.STRIDE, cv2.BORDER_CONSTANT)
        tensor = (padded[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255 - 0.5) / 0.5
        scores = self._network(tensor)[0]
        best, certainty = scores.argmax(1), scores.max(1)
        # CTC: class 0 is the blank; a run of one class is one character.
        starts = np.flatnonzero((best != 0) & (best != np.concatenate([[0], best[:-1]])))
        text = "".join(self._alphabet[best[i] - 1] for i in starts)
        return Line(text, float(certainty[starts].mean()) if len(starts) else 0.0)

    @cached_property
    def _alphabet(self) -> list[str]:
        """The characters of classes 1, 2, ...; the export keeps them in the model's metadata."""
        model = onnx.load(path("ppocr-v6-small-reader"), load_external_data=False)
        characters = next(p.value for p in model.metadata_props if p.key == "character")
        return [*characters.splitlines(), " "]


def _straighten(pixels: Pixels, box: TextBox, height: int, max_width: int) -> Pixels:
    """The box's content as a horizontal strip of ``height`` pixels."""
    corners = box.corners.astype(np.float32)
    across, down = (float(np.hypot(*(corners[end] - corners[0]))) for end in (1, 3))
    if down > 1.5 * across:  # a vertical line: lay it down, as if read from bottom to top
        corners, across, down = np.roll(corners, 1, axis=0), down, across
    width = int(np.clip(round(height * across / max(down, 1.0)), 8, max_width))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    strip: Pixels = cv2.warpPerspective(
        pixels, cv2.getPerspectiveTransform(corners, target), (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return strip
