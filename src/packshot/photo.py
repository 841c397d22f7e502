"""A photo: decoded pixels with the identity and the metadata that must survive."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from packshot.errors import UsageError

Pixels = NDArray[np.uint8]
"""The one pixel convention: RGB, uint8, shape (H, W, 3), sRGB."""
Plane = NDArray[np.uint8]
"""One 8-bit channel, shape (H, W)."""

MOST_PIXELS = 80_000_000
"""Width times height of the largest photo that packshot reads or makes."""
LONGEST_SIDE = 65_535
"""Longest side in pixels, likewise."""
LARGEST = f"{MOST_PIXELS / 1e6:g} megapixels and {LONGEST_SIDE:,} px a side"
"""Both, for messages."""


def workable(width: int, height: int) -> bool:
    """Whether a photo of this size is small enough to be read or made."""
    return max(width, height) <= LONGEST_SIDE and width * height <= MOST_PIXELS


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a photo came from and what its file was.

    Attributes:
        name: what to call it in messages: usually the path.
        format: container in lower case: jpeg, png, webp, avif, tiff, gif, bmp.
        data: the file's bytes as they came; empty for a photo made from an array.
        digest: SHA-256 of ``data`` (of the pixels when there is no file), hexadecimal.
        mode: Pillow's mode as stored: RGB, L, P, CMYK, I;16, ...
        bit_depth: bits per channel as stored.
        frames: number of frames or pages; only the first is used.
        lossless: whether the file holds its pixels exactly.
        extension: the name's suffix in lower case with the dot, or empty.
        orientation: EXIF orientation of the file, 1 to 8; the photo's pixels are already upright.
    """

    name: str
    format: str
    data: bytes = field(repr=False)
    digest: str
    mode: str = "RGB"
    bit_depth: int = 8
    frames: int = 1
    lossless: bool = True
    extension: str = ""
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class Metadata:
    """Embedded metadata; None where absent.

    Attributes:
        icc: the file's ICC profile. It describes the file: the photo's pixels are sRGB already.
        exif: EXIF block from its TIFF header on, made to fit upright sRGB pixels (no thumbnail).
        xmp: XMP packet, byte for byte.
        iptc: IPTC-IIM records, byte for byte.
        problems: embedded metadata that was damaged or unsafe and therefore left out, and why.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Photo:
    """Decoded pixels with identity. Frozen; a treatment makes a new one with :meth:`with_pixels`.

    Attributes:
        pixels: RGB uint8 (H, W, 3) in sRGB, oriented upright, read-only.
        alpha: uint8 (H, W), 255 opaque, straight (not premultiplied); None when opaque.
        origin: the file it came from.
        metadata: what must survive encoding.
        product, category, merchant: identity from the feed, manifest, folder or command line.
        attested_by: who stated the right to alter this photo; None when nobody did, never blank.
    """

    pixels: Pixels = field(repr=False)
    alpha: Plane | None = field(repr=False)
    origin: Origin
    metadata: Metadata = Metadata()
    product: str | None = None
    category: str | None = None
    merchant: str | None = None
    attested_by: str | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if self.pixels.ndim != 3 or shape[2] != 3 or dtype != np.uint8 or not self.pixels.size:
            raise ValueError(f"pixels must be uint8 (H, W, 3) and not empty, got {dtype} {shape}")
        if self.alpha is not None and (self.alpha.shape != shape[:2] or self.alpha.dtype != np.uint8):
            raise ValueError(f"alpha must be uint8 {shape[:2]}, got {self.alpha.dtype} {self.alpha.shape}")
        if self.attested_by is not None and not self.attested_by.strip():
            # A blank name, such as an unset variable of a script leaves, must not pass for somebody's word.
            raise UsageError(detail="attested_by is blank: name who states the right, or leave it out.")
        for array in (self.pixels, self.alpha):
            if array is not None:
                array.flags.writeable = False

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    def with_pixels(self, pixels: Pixels, alpha: Plane | None = None) -> Photo:
        """The same photo with other pixels; ``alpha`` None makes it opaque."""
        return replace(self, pixels=np.ascontiguousarray(pixels), alpha=alpha)

    def on_white(self) -> Pixels:
        """What a shop page shows: the pixels laid over white where the photo is transparent."""
        if self.alpha is None:
            return self.pixels
        cover = self.alpha[..., None].astype(np.uint16)
        blended = (self.pixels * cover + 255 * (255 - cover) + 127) // 255
        return blended.astype(np.uint8)

    def pixel_digest(self) -> str:
        """SHA-256 over shape, pixels and alpha, hexadecimal."""
        digest = hashlib.sha256(repr(self.pixels.shape).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        if self.alpha is not None:
            digest.update(np.ascontiguousarray(self.alpha).data)
        return digest.hexdigest()

    @classmethod
    def from_array(cls, pixels: Pixels, name: str = "array", *, category: str | None = None) -> Photo:
        """A photo from RGB uint8 (H, W, 3) sRGB pixels, which are copied.

        Raises:
            ValueError: the array has another shape or dtype, or is empty.
        """
        copied = np.array(pixels, order="C")
        digest = hashlib.sha256(copied.tobytes()).hexdigest()
        return cls(copied, None, Origin(name, "png", b"", digest), category=category)
