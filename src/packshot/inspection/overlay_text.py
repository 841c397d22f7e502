"""Text laid over a photo: found, told from text printed on the product, named and outlined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from packshot.backend import OverlayJudge, StrokeMasker, TextBox, TextDetector, TextReader, require
from packshot.finding import Box, Finding, Mask, Region, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.overlay import judge
from packshot.inspection.overlay.doubts import NOTED, Strokes, strokes_beside
from packshot.inspection.overlay.kinds import Kind, Mark, contrast, name
from packshot.inspection.overlay.places import Place, find
from packshot.inspection.overlay.plates import complete, ground, is_plate
from packshot.inspection.overlay.regions import Patch, merge, patches
from packshot.inspection.overlay.sight import Sight, look
from packshot.inspection.overlay.traits import bounding_box, line_height, polygon_mask
from packshot.inspection.overlay.words import Purpose, count_different, purpose
from packshot.inspection.view import View
from packshot.morphology import grown

# Share of its lines' boxes that a patch covers when the network saw the strokes; letters cover 15 to 50 %.
_SEEN_COVERAGE = 0.06
_LONGEST_QUOTE = 40
_PLATE_LEVEL = 0.5  # mean stroke probability between letters from which they stand on a plate
_LABEL_LEVEL = 0.3  # the same over a whole ground, below which it is a label unless the backdrop surrounds it
_SURE = 0.99  # probability of a line from which its ground is no label
_AGREED = 0.88  # probability from which the second judge agrees
_MUCH_TEXT = 6  # different texts: more are a cover's or a package's design more often than overlays
_LEAST_PAPER = 0.05  # share of a line's boxes that letters, grown by 2 px, leave free
_MOSTLY = 0.6


class OverlayText:
    """Finds text laid over the photo; what is printed on the product is noted as ``printed_text`` only.

    What it is unsure of is noted and changes no verdict: text that cannot be read (``unread_text``), strokes
    beside all lines (``faint_strokes``), and how likely the likeliest line that was kept is an overlay.
    """

    name: ClassVar[str] = "overlay_text"
    codes: ClassVar[frozenset[str]] = frozenset(
        {"overlay_text", "printed_text", "unread_text", "faint_strokes"}
    )
    roles: ClassVar[Mapping[str, str]] = {
        "text_detector": "ppocr-v6-small",
        "text_reader": "ppocr-v6-small-reader",
        "stroke_masker": "stroke-net",
        "overlay_judge": "overlay-judge-net",
        "overlay_second_judge": "overlay-judge-logistic",
    }

    def __init__(self, setup: Setup) -> None:
        self._detector = require(setup.backends["text_detector"], TextDetector)  # type: ignore[type-abstract]
        self._reader = require(setup.backends["text_reader"], TextReader)  # type: ignore[type-abstract]
        self._masker = require(setup.backends["stroke_masker"], StrokeMasker)  # type: ignore[type-abstract]
        self._judges = [
            require(setup.backends[role], OverlayJudge)  # type: ignore[type-abstract]
            for role in ("overlay_judge", "overlay_second_judge")
        ]
        self._threshold = judge.THRESHOLDS[setup.mode]

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding per overlay, and one each for all printed text, unread text and other strokes."""
        sight = look(self._masker, view.pixels)
        places = find(self._detector, self._reader, view.pixels, sight.afar)
        odds, second = judge.overlay_probabilities(self._judges, view, sight, places)
        boxes = [place.box for place in places]
        overlaid = [index for index, value in enumerate(odds) if value >= self._threshold]
        found = patches(view.pixels, sight, boxes, overlaid)
        whole = [
            _with_ground(view, sight, boxes, patch, sure=max(odds[line] for line in patch.lines) >= _SURE)
            for patch in found
        ]
        seen = _Sighting(places, odds, second, merge([patch for patch in whole if patch is not None]))
        much_text = (
            count_different(seen.texts(line for one in seen.patches for line in one.lines)) > _MUCH_TEXT
        )
        laid_over = {index for patch in seen.patches for index in patch.lines}
        kept = [index for index in range(len(places)) if index not in laid_over]
        text = [place.box for place in places if place.is_text]
        return (
            *(_finding(view, seen, patch, much_text=much_text) for patch in seen.patches),
            *_printed(view, seen, [index for index in kept if places[index].is_text]),
            *_unread(view, seen, [index for index in kept if not places[index].is_text]),
            *_faint(strokes_beside(sight.near, text)),
        )


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What was found on one photo: places, how likely each judge thinks them overlays, and the overlays."""

    places: Sequence[Place]
    odds: Sequence[float]
    second: Sequence[float]
    patches: Sequence[Patch]

    def boxes(self, indices: Iterable[int]) -> list[TextBox]:
        """Where some places are."""
        return [self.places[index].box for index in indices]

    def texts(self, indices: Iterable[int]) -> tuple[str, ...]:
        """What some places say."""
        return tuple(self.places[index].text for index in indices)

    def repeats(self, patch: Patch) -> int:
        """How many overlays say the same as ``patch``; 1 for what cannot be read."""
        words = self.words(patch)
        return sum(self.words(other) == words for other in self.patches) if words else 1

    def words(self, patch: Patch) -> str:
        """What a patch says, without case and spaces."""
        return "".join(self.texts(patch.lines)).lower().replace(" ", "")


def _with_ground(
    view: View, sight: Sight, boxes: Sequence[TextBox], patch: Patch, *, sure: bool
) -> Patch | None:
    """The patch with the plate that its lines stand on; None when that ground is a label on the product.

    A judge that is ``sure`` of the lines is believed.
    """
    lines = _line_area(view, [boxes[index] for index in patch.lines])
    if is_plate(view.pixels, patch.mask, lines):
        whole = complete(view.pixels, patch.mask)
        return replace(patch, whole=False) if whole is None else replace(patch, mask=whole, plate=True)
    drawn = ground(view.pixels, patch.mask, lines)
    if drawn is None:
        # A plate must not be left behind without its letters; and letters never cover all of their line: then
        # the network saw more than them, and what it is cannot be told from its surroundings.
        paper = lines & ~grown(patch.mask, 2)
        letters = paper.sum() >= _LEAST_PAPER * lines.sum()
        return replace(patch, whole=bool(letters and sight.afar[paper].mean() < _PLATE_LEVEL))
    if not sure and sight.afar[drawn].mean() < _LABEL_LEVEL and not _on_backdrop(view, drawn):
        return None
    return replace(patch, mask=patch.mask | drawn, plate=True)


def _on_backdrop(view: View, area: Mask) -> bool:
    """Whether ``area`` (H, W) is mostly surrounded by plain backdrop."""
    ring = grown(area, 12) & ~grown(area, 3)
    return bool(ring.any()) and bool((~view.subject[ring]).mean() >= _MOSTLY)


def _line_area(view: View, boxes: Sequence[TextBox]) -> Mask:
    """The pixels inside ``boxes``, (H, W)."""
    lines = np.zeros(view.pixels.shape[:2], bool)
    for box in boxes:
        area = bounding_box(box).grown(0, lines.shape)
        lines[area.slices] |= polygon_mask(box, area)
    return lines


def _finding(view: View, seen: _Sighting, patch: Patch, *, much_text: bool) -> Finding:
    own = seen.boxes(patch.lines)
    texts = seen.texts(sorted(patch.lines, key=lambda index: bounding_box(seen.places[index].box).y0))
    # Each line by itself, and all together: 'BEST' over 'SELLER' is one phrase.
    purposes = tuple(purpose(text) for text in (*texts, " ".join(texts)))
    lines = _line_area(view, own)
    visible = bool(patch.mask.any())
    mark = Mark(
        mask=patch.mask,
        texts=texts,
        purposes=purposes,
        line_height=max(line_height(box) for box in own),
        repeats=seen.repeats(patch),
    )
    kind = name(mark, view.pixels) if visible else Kind.CAPTION
    # A captcha-like overlay is pixels to erase, never text to return.
    quote = "" if kind is Kind.CAPTCHA else _quote(texts)
    saying = f" saying '{quote}'" if quote else ""
    return Finding(
        code="overlay_text",
        severity=Severity.ERROR,
        score=max(seen.odds[index] for index in patch.lines),
        message=f"A {kind.replace('_', ' ')}{saying} lies over the photo.",
        region=Region.of_mask(patch.mask) if visible else Region(_bounds(own, view.pixels.shape)),
        evidence={
            "kind": kind.value,
            "plate": patch.plate,
            "owner": _owner(purposes),
            "doubt": _doubt(seen, patch, much_text=much_text),
            "erasable": patch.whole and bool(patch.mask.sum() >= _SEEN_COVERAGE * lines.sum()),
            "text": quote,
            "contrast": round(contrast(view.pixels, patch.mask), 1) if visible else None,
        },
    )


def _printed(view: View, seen: _Sighting, indices: Sequence[int]) -> tuple[Finding, ...]:
    if not indices:
        return ()
    message = f"{len(indices)} lines of text belong to the product or the scene and are kept."
    lines = _line_area(view, seen.boxes(indices))
    quote = _quote(seen.texts(indices))
    evidence = {"lines": len(indices), "text": quote, "overlay_odds": _likeliest(seen, indices)}
    return (Finding("printed_text", Severity.INFO, 0.0, message, Region.of_mask(lines), evidence),)


def _unread(view: View, seen: _Sighting, indices: Sequence[int]) -> tuple[Finding, ...]:
    if not indices:
        return ()
    odds = _likeliest(seen, indices)
    message = f"{len(indices)} places look like text or signs that cannot be read, and were kept."
    lines = _line_area(view, seen.boxes(indices))
    evidence = {"lines": len(indices), "overlay_odds": odds}
    return (Finding("unread_text", Severity.INFO, odds, message, Region.of_mask(lines), evidence),)


def _doubt(seen: _Sighting, patch: Patch, *, much_text: bool) -> str | None:
    """Why an overlay may be print after all, which must not be erased; None where nothing says so."""
    if much_text:
        return "much_text"
    agreed = max(seen.second[line] for line in patch.lines) >= _AGREED
    return None if agreed else "judges_disagree"


def _quote(texts: Iterable[str]) -> str:
    """Texts as one, shortened."""
    return " / ".join(text for text in texts if text)[:_LONGEST_QUOTE]


def _likeliest(seen: _Sighting, indices: Sequence[int]) -> float:
    """The highest probability of an overlay among lines, as evidence."""
    return round(max(seen.odds[index] for index in indices), 4)


def _faint(strokes: Strokes) -> tuple[Finding, ...]:
    if strokes.strongest < NOTED:
        return ()
    message = f"Beside all text, {strokes.share:.1%} of the photo looks like strokes of an overlay; kept."
    evidence = {
        "strongest": round(strokes.strongest, 4),
        "beside_edge": round(strokes.beside_edge, 4),
        "share": round(strokes.share, 5),
    }
    score = min(1.0, strokes.strongest)
    return (Finding("faint_strokes", Severity.INFO, score, message, Region(strokes.box), evidence),)


def _owner(purposes: Sequence[Purpose]) -> str | None:
    """Who is named: an ``agency``, a ``credit`` line's author, or nobody that the words give away."""
    if Purpose.AGENCY in purposes:
        return "agency"
    return "credit" if Purpose.COPYRIGHT in purposes else None


def _bounds(boxes: Sequence[TextBox], shape: tuple[int, ...]) -> Box:
    """The smallest rectangle around ``boxes``, clipped to a photo of ``shape``."""
    bounds = bounding_box(boxes[0])
    for box in boxes[1:]:
        bounds = bounds.union(bounding_box(box))
    return bounds.grown(0, shape)
