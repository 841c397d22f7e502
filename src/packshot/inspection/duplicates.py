"""The same photo twice in a batch: to the pixel, or scaled, coded and trimmed anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from packshot.finding import Box, Finding, Severity
from packshot.inspection.view import View
from packshot.photo import Pixels

_SIDE = 48  # px of the thumbnail that hash and comparison are made on
_BITS = 64
_BANDS = 4  # words of 16 bits; probing each with up to two bits flipped finds all pairs up to _NEAR bits
_NEAR = 11  # bits of 64
_FLIPS = tuple(
    sorted({1 << one | 1 << other for one in range(_BITS // _BANDS) for other in range(_BITS // _BANDS)})
)
_SHAPE = 0.12  # by which the proportions of two copies' products may differ
_RIM = 4  # px of the thumbnail's edge that a trimmed copy may lack
_MEAN = 6.0  # levels of difference between thumbnails, over all of it
_SPOT = 28.0  # levels in the worst 3 x 3 px of the thumbnail: another print on the same shirt


@dataclass(frozen=True, slots=True)
class Part:
    """The whole photo, or the product before its plain backdrop.

    Attributes:
        phash: 64-bit DCT hash (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
            2010).
        thumbnail: RGB uint8 (48, 48, 3).
        slenderness: width over height.
    """

    phash: int
    thumbnail: Pixels = field(repr=False, compare=False)
    slenderness: float


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What duplicates are recognised by.

    Attributes:
        digest: of the pixels; equal for exact duplicates.
        parts: the whole photo, which survives scaling and coding anew, and where the backdrop is plain the
            product, which survives another frame as well.
    """

    digest: str
    parts: tuple[Part, ...]


def fingerprint(view: View) -> Fingerprint:
    """What makes the photo recognisable; a few milliseconds a megapixel."""
    parts = [_part(view.pixels)]
    if view.silhouette is not None and view.silhouette.product.any():
        parts.append(_part(view.pixels[Box.of_mask(view.silhouette.product).slices]))
    return Fingerprint(view.photo.pixel_digest(), tuple(parts))


def _part(pixels: Pixels) -> Part:
    thumbnail: Pixels = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(thumbnail, cv2.COLOR_RGB2GRAY).astype(np.float32)
    waves = cv2.dct(grey)[:8, :8].ravel()
    bits = waves > np.median(waves[1:])
    phash = int.from_bytes(np.packbits(bits).tobytes(), "big")
    return Part(phash, thumbnail, pixels.shape[1] / pixels.shape[0])


def find_duplicates(fingerprints: Mapping[str, Fingerprint]) -> dict[str, Finding]:
    """The photos that repeat an earlier one.

    The first of each group in the mapping's order is the original and is not flagged. Time grows with the
    number of photos and of look-alikes, not with its square.

    Args:
        fingerprints: photo name to fingerprint.

    Returns:
        An error ``exact_duplicate`` or a warning ``near_duplicate`` for each repetition, by name.
    """
    found: dict[str, Finding] = {}
    seen: dict[str, str] = {}
    buckets: dict[tuple[int, int, int], list[str]] = defaultdict(list)
    for name, print_ in fingerprints.items():
        if print_.digest in seen:
            found[name] = _exact(seen[print_.digest])
            continue
        seen[print_.digest] = name
        words = [(place, _words(part.phash)) for place, part in enumerate(print_.parts)]
        matches = []
        for place, four in words:
            keys = ((place, *probe) for probe in _probes(four))
            for earlier in {earlier for key in keys for earlier in buckets.get(key, ())}:
                distance = _difference(print_.parts[place], fingerprints[earlier].parts[place])
                if distance is not None:
                    matches.append((distance, earlier))
        if matches:
            found[name] = _near(*min(matches))
            continue
        for place, four in words:
            for band, word in enumerate(four):
                buckets[place, band, word].append(name)
    return found


def _words(phash: int) -> list[int]:
    width = _BITS // _BANDS
    return [(phash >> (band * width)) & ((1 << width) - 1) for band in range(_BANDS)]


def _probes(words: list[int]) -> Iterator[tuple[int, int]]:
    for band, word in enumerate(words):
        yield band, word
        yield from ((band, word ^ flip) for flip in _FLIPS)


def _difference(one: Part, other: Part) -> float | None:
    """Mean difference of the thumbnails in levels; None when the two are not the same picture."""
    if (one.phash ^ other.phash).bit_count() > _NEAR:
        return None
    if abs(one.slenderness / other.slenderness - 1) > _SHAPE:
        return None
    for laid in (other.thumbnail, _registered(other.thumbnail, one.thumbnail)):
        inner = slice(_RIM, -_RIM)
        apart = cv2.absdiff(one.thumbnail, laid).max(2).astype(np.float32)[inner, inner]
        spot, mean = float(cv2.blur(apart, (3, 3)).max()), float(apart.mean())
        if mean <= _MEAN and spot <= _SPOT:
            return mean
    return None


def _registered(moving: Pixels, fixed: Pixels) -> Pixels:
    """``moving`` laid over ``fixed``: a trimmed copy is shifted and stretched by a pixel or two.

    Enhanced correlation coefficient (Evangelidis and Psarakis, PAMI 2008), affine;
    ``moving`` itself where that does not converge.
    """
    still = np.eye(2, 3, dtype=np.float32)
    greys = [cv2.cvtColor(thumbnail, cv2.COLOR_RGB2GRAY) for thumbnail in (fixed, moving)]
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-4)
    try:
        _, warp = cv2.findTransformECC(greys[0], greys[1], still, cv2.MOTION_AFFINE, stop, None, 3)
    except cv2.error:
        return moving
    if np.abs(warp - np.eye(2, 3)).max(0)[:2].max() > _SHAPE or np.abs(warp[:, 2]).max() > _SHAPE * _SIDE:
        return moving
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid: Pixels = cv2.warpAffine(moving, warp, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return laid


def _exact(original: str) -> Finding:
    return Finding(
        code="exact_duplicate",
        severity=Severity.ERROR,
        score=1.0,
        message=f"The same photo as {original}, to the pixel.",
        evidence={"original": original},
    )


def _near(difference: float, original: str) -> Finding:
    return Finding(
        code="near_duplicate",
        severity=Severity.WARNING,
        score=1.0 - difference / _MEAN,
        message=f"Nearly the same photo as {original}: scaled, coded or trimmed anew.",
        evidence={"original": original, "difference": round(difference, 2)},
    )
