"""Colour management: any embedded profile in, sRGB out, and a profile that matches the pixels written."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from packshot.errors import DamagedMetadataError

_PROBE_STEP = 15  # 18 levels a channel: white, black and every grey of the cube's diagonal are among them
_SAME = 1  # levels: published sRGB profiles round their curves differently; AdobeRGB is 135 levels away
_COLOUR_MODELS = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}


def _srgb_profile() -> bytes:
    """An sRGB profile with the same bytes each time: fixed date, MD5 set anew (ICC.1:2022, 7.2)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = b"\x07\xe6\0\1\0\1" + bytes(6)  # 2022-01-01, year of that standard
    # The digest is taken with flags, rendering intent and the digest itself zeroed (7.2.18).
    blanked = (
        bytes(profile[:44])
        + bytes(4)
        + profile[48:64]
        + bytes(4)
        + profile[68:84]
        + bytes(16)
        + profile[100:]
    )
    profile[84:100] = hashlib.md5(blanked, usedforsecurity=False).digest()
    return bytes(profile)


SRGB_PROFILE = _srgb_profile()
"""The ICC profile of sRGB (IEC 61966-2-1)."""


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """``image`` (8-bit L, LA, RGB, RGBA or CMYK) in sRGB: mode RGB, or RGBA where it has alpha.

    Colours are mapped relative-colorimetrically with black-point compensation, the default of photo editors.
    Pixels of a profile that is sRGB already are not touched. CMYK without a profile is mapped by the plain
    formula ``(255 - C) * (255 - K) / 255``: nothing in the file says which inks were meant.

    Raises:
        DamagedMetadataError: the profile is broken, or made for another kind of image.
    """
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    target = "RGB" if alpha is None else "RGBA"
    if icc is None:
        return _in_mode(image, target)
    model = _model(icc)
    if (model == "CMYK") is not (image.mode == "CMYK") or (model == "L" and image.mode not in ("L", "LA")):
        detail = f"made for {model}, not for this {image.mode} image; sRGB was assumed"
        raise DamagedMetadataError(kind="ICC", detail=detail)
    transform = _transform(icc)
    if transform is None:
        return _in_mode(image, target)
    converted = transform.apply(_in_mode(image, model))
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def output_profile(icc: bytes | None) -> bytes | None:
    """The profile to embed beside sRGB pixels of a photo whose file had ``icc``.

    None stays None: pixels without a profile mean sRGB everywhere on the web. A profile that is sRGB already
    is kept byte for byte. Any other becomes sRGB, because the pixels were converted on the way in: writing
    the old profile would shift every colour, and marketplaces ask for sRGB.
    """
    if icc is None:
        return None
    is_srgb = _model(icc) == "RGB" and _transform(icc) is None
    return icc if is_srgb else SRGB_PROFILE


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """``image`` in ``mode``; itself where it is already, which Pillow would copy."""
    return image if image.mode == mode else image.convert(mode)


def _model(icc: bytes) -> str:
    """Pillow's mode for the profile's colour space (bytes 16 to 19 of its header)."""
    model = _COLOUR_MODELS.get(icc[16:20])
    if model is None:
        raise DamagedMetadataError(
            kind="ICC", detail="damaged or of an unknown colour space; sRGB was assumed"
        )
    return model


@lru_cache(maxsize=64)  # building takes 3.5 ms; a merchant's photos share a profile. Applying is thread-safe.
def _transform(icc: bytes) -> ImageCms.ImageCmsTransform | None:
    """The transform from ``icc`` to sRGB; None where it would change nothing."""
    model = _model(icc)
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(icc)),
            ImageCms.createProfile("sRGB"),
            model,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (OSError, ImageCms.PyCMSError) as error:
        raise DamagedMetadataError(kind="ICC", detail="damaged; sRGB was assumed") from error
    if model == "CMYK":
        return transform
    levels = np.arange(0, 256, _PROBE_STEP, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, len(levels), 3)
    probe = Image.fromarray(cube).convert(model)
    expected = np.asarray(probe.convert("RGB")).astype(np.int16)
    moved = np.abs(np.asarray(transform.apply(probe)).astype(np.int16) - expected).max()
    return None if moved <= _SAME else transform
