"""The ground that a badge or banner stands on: completed where the stroke network saw only part of it."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.finding import Box, Mask
from packshot.morphology import grown
from packshot.photo import Pixels

_PLATE_COVERAGE = (
    0.75  # of its lines' boxes that a patch covers when there is a plate; letters cover 15 to 50 %
)
_TOLERANCE = 14  # grey levels per channel between neighbours of one plate: gradients go on, edges stop
_SOLID = 0.72  # share of its bounding box that a plate fills; an ellipse fills 0.79, a star somewhat less
_OUTLINE, _OUTLINE_MOST = 0.1, 8  # an outline's width: share of the plate's shorter side, and pixels at most
_RING = 6  # px of surroundings that a ground's colour is held against
_LARGEST = 5.0  # times the patch's bounding box; what runs on is the scene
_PLATE_SHARE = 0.35  # of the photo: a larger plate is the backdrop
_GROUND_LARGEST = 9.0  # the same for a ground that is looked for around its letters
_LEAST_PAPER, _UNIFORM = 0.1, 0.5  # share of a line's box without strokes; of that, of one colour: letters
# that the network missed are of another
_HOLDS = 0.9  # share of the lines' boxes that their ground holds


def is_plate(pixels: Pixels, mask: Mask, line: Mask) -> bool:
    """Whether a patch (H, W) is the ground its lines stand on, rather than their letters.

    It covers the lines' boxes (H, W) nearly whole, and its commonest colour is not that of its surroundings.
    """
    if float((mask & line).sum()) < _PLATE_COVERAGE * float(line.sum()):
        return False
    bounds = Box.of_mask(mask).grown(_RING, mask.shape)
    crop, seed = pixels[bounds.slices], mask[bounds.slices]
    if seed.all():
        return True
    around = np.median(crop[~seed], axis=0)
    return bool(np.abs(_ground_colour(crop, seed) - around).max() > 2 * _TOLERANCE)


def complete(pixels: Pixels, mask: Mask) -> Mask | None:
    """The whole plate that a patch (H, W) is part of; None when no solid shape comes out.

    The patch is continued over neighbours of like colour, what it encloses (letters) is filled, and room is
    left for an outline. Where that runs on into the scene, as under a graded or see-through plate, the patch
    itself is the plate if it is solid.
    """
    box = Box.of_mask(mask)
    bounds = box.grown(max(box.width, box.height), mask.shape)
    crop, seed = np.ascontiguousarray(pixels[bounds.slices]), mask[bounds.slices]
    ground = _ground_colour(crop, seed)
    like = (np.abs(crop.astype(np.int16) - ground).max(2) <= 2 * _TOLERANCE) | seed
    _, labels = cv2.connectedComponents(like.view(np.uint8))
    touched = np.setdiff1d(np.unique(labels[seed]), [0])
    solid = _filled(np.isin(labels, touched))
    extent = Box.of_mask(solid)
    if (
        extent.area <= min(_LARGEST * box.area, _PLATE_SHARE * mask.size)
        and solid.sum() >= _SOLID * extent.area
    ):
        return _outlined(solid, bounds, mask.shape)
    seen = _filled(mask)
    return seen if seen.sum() >= _SOLID * box.area else None


def ground(pixels: Pixels, letters: Mask, line: Mask) -> Mask | None:
    """The plate that letters stand on although only the letters were seen; None when they stand on the scene.

    Drawn grounds are of one colour, solid, and not much larger than what is written on them. A plain backdrop
    or a product's own flat side runs on.

    Args:
        pixels: the photo, (H, W, 3).
        letters: the strokes, (H, W).
        line: the boxes of the lines they belong to, (H, W).
    """
    box, photo = Box.of_mask(line), Box(0, 0, line.shape[1], line.shape[0])
    strokes = grown(letters, 2) & line
    paper = line & ~strokes
    if paper.sum() < _LEAST_PAPER * line.sum():
        return None
    like = np.abs(pixels.astype(np.int16) - _ground_colour(pixels, paper)).max(2) <= _TOLERANCE
    if like[paper].mean() < _UNIFORM:
        return None
    _, labels = cv2.connectedComponents((like | strokes).view(np.uint8))
    shape = _filled(labels == np.bincount(labels[paper & like]).argmax())
    extent = Box.of_mask(shape)
    if shape.sum() < _SOLID * extent.area or (shape & line).sum() < _HOLDS * line.sum():
        return None
    if extent.area > min(_GROUND_LARGEST * box.area, _PLATE_SHARE * photo.area):
        return None
    return _outlined(shape, photo, line.shape)


def _filled(shape: Mask) -> Mask:
    """``shape`` with what it encloses."""
    contours, _ = cv2.findContours(shape.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    canvas = np.zeros(shape.shape, np.uint8)
    return np.asarray(cv2.drawContours(canvas, contours, -1, 1, cv2.FILLED)).view(np.bool_)


def _outlined(shape: Mask, bounds: Box, size: tuple[int, ...]) -> Mask:
    """A shape inside ``bounds`` as a mask of the whole photo, with room for an outline."""
    extent = Box.of_mask(shape)
    whole = np.zeros(size[:2], bool)
    whole[bounds.slices] = shape
    return grown(whole, min(_OUTLINE_MOST, round(_OUTLINE * min(extent.width, extent.height))))


def _ground_colour(crop: Pixels, seed: Mask) -> np.ndarray:
    """The commonest colour of a patch, int16 (3,): its ground, for letters cover less."""
    values = crop[seed]
    coarse = (values // 16).astype(np.int32) @ np.array([256, 16, 1])
    common = np.bincount(coarse).argmax()
    ground: np.ndarray = np.median(values[coarse == common], axis=0).astype(np.int16)
    return ground
