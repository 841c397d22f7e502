"""Both judges of overlays, on the same places."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from packshot.backend import Line, OverlayJudge, Places, TextBox, require
from packshot.inspection.overlay.judge import measured, shown
from packshot.inspection.overlay.places import Place
from packshot.inspection.overlay.sight import Sight
from packshot.inspection.view import View
from packshot.photo import Photo

JUDGES = ("overlay-judge-net", "overlay-judge-logistic")


def some(count: int) -> Places:
    """Places on a photo with a few words beside a product."""
    pixels = np.full((400, 400, 3), 250, np.uint8)
    cv2.rectangle(pixels, (120, 100), (300, 360), (90, 60, 40), -1)
    strokes = np.zeros((400, 400), np.float32)
    found = []
    for index in range(count):
        y = 30 + 20 * index
        cv2.putText(pixels, "SALE 20%", (10, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (10, 10, 10), 1)
        corners = np.array([[8, y - 14], [100, y - 14], [100, y + 4], [8, y + 4]], np.float32)
        found.append(Place(TextBox(corners, 0.9), Line("SALE 20%", 0.95), "SALE 20%"))
        strokes[y - 12 : y, 10:90] = 0.8
    view, sight = View(Photo.from_array(pixels)), Sight(strokes, strokes)
    return shown(view, sight, found, measured(view, sight, found))


@pytest.mark.parametrize("name", JUDGES)
def test_each_place_is_judged_by_itself(name: str) -> None:
    judge = require(name, OverlayJudge)  # type: ignore[type-abstract]
    places = some(17)  # more than the network takes at once
    odds = judge.log_odds(places)
    assert odds.shape == (17,)
    assert odds.dtype == np.float32
    last = Places(
        places.letters[-1:],
        places.around[-1:],
        places.photo[-1:],
        {key: values[-1:] for key, values in places.traits.items()},
    )
    assert judge.log_odds(last)[0] == pytest.approx(odds[-1], abs=0.1)


@pytest.mark.parametrize("name", JUDGES)
def test_strokes_speak_for_an_overlay(name: str) -> None:
    judge = require(name, OverlayJudge)  # type: ignore[type-abstract]
    seen = some(1)
    blind = {key: 0 * v if key.startswith(("certainty", "coverage")) else v for key, v in seen.traits.items()}
    crops = {key: getattr(seen, key).copy() for key in ("letters", "around", "photo")}
    for crop in crops.values():
        crop[..., 3] = 0
    unseen = replace(seen, traits=blind, **crops)
    assert judge.log_odds(seen)[0] > judge.log_odds(unseen)[0]
