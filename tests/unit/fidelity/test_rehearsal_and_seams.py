"""Filling tried where the truth is known, and outlines that show."""

from __future__ import annotations

import numpy as np

from packshot.backend import Filler, require
from packshot.fidelity.rehearsal import hiding_places, rehearse, texture_energy
from packshot.fidelity.seams import seam, seam_step
from packshot.photo import Photo


def flat(value=200):
    return np.full((120, 160, 3), value, np.uint8)


def hole():
    mask = np.zeros((120, 160), bool)
    mask[55:61, 50:110] = True
    return mask


def test_a_hiding_place_is_the_holes_own_shape_on_known_pixels():
    places = hiding_places(flat(), hole())
    assert places
    for place in places:
        assert place.sum() == hole().sum()
        assert not (place & hole()).any()


def test_there_is_no_hiding_place_where_everything_is_hole():
    assert hiding_places(flat(), np.ones((120, 160), bool)) == []


def test_a_method_is_exact_on_flat_and_wrong_on_noise():
    fill = require("navier-stokes", Filler).fill
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3)).astype(np.uint8)
    on_flat = rehearse(flat(), hole(), hiding_places(flat(), hole()), fill)
    on_noise = rehearse(noise, hole(), hiding_places(noise, hole()), fill)
    assert on_flat.error == 0
    assert on_noise.error > 1000
    assert on_noise.texture < 0.5


def test_texture_energy_grows_with_contrast():
    board = np.indices((40, 40)).sum(0) % 2 * 20
    weak, strong = (np.repeat((100 + k * board).astype(np.uint8)[..., None], 3, 2) for k in (1, 3))
    everywhere = np.ones((40, 40), bool)
    assert texture_energy(strong, everywhere) > 8 * texture_energy(weak, everywhere) > 0


def test_a_patch_of_another_shade_shows_and_one_of_the_same_does_not():
    before = Photo.from_array(flat())
    painted = flat()
    painted[hole()] = 170
    finding = seam(before, Photo.from_array(painted), hole())
    assert finding is not None
    assert finding.code == "seam"
    assert seam(before, before, hole()) is None
    assert seam_step(painted, hole()) > 20
