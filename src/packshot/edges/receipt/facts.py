"""Decoding for receipts: the pipeline's own, without its limit of bytes, which outputs may pass."""

from __future__ import annotations

import PIL
from PIL import features

from packshot.edges.decode import Limits, open_photo
from packshot.edges.provenance import stated_provenance
from packshot.edges.receipt.statement import OutputFacts
from packshot.photo import Photo

_LIMITS = Limits(file_bytes=2**30)  # a PNG of 80 megapixels of noise has 240 MB; pixels stay limited


def decode(data: bytes, name: str) -> Photo:
    """The photo in a file.

    Raises:
        PackshotError: it is no readable picture, or larger than packshot reads or makes.
    """
    return open_photo(data, name=name, limits=_LIMITS)


def output_facts(photo: Photo) -> OutputFacts:
    """What a receipt says of an output file that was decoded to ``photo``."""
    return OutputFacts(
        sha256=photo.origin.digest,
        format=photo.origin.format,
        width=photo.width,
        height=photo.height,
        lossless=photo.origin.lossless,
        digital_source_type=stated_source_type(photo),
    )


def stated_source_type(photo: Photo) -> str | None:
    """The digital source type that a file states, see :mod:`packshot.edges.provenance`."""
    return stated_provenance(photo.metadata).digital_source_type


def decoders() -> dict[str, str]:
    """Versions of what turns bytes into pixels: lossy formats may round differently in others."""
    found = {"pillow": PIL.__version__}
    libraries = {"libjpeg": "jpg", "libwebp": "webp", "libavif": "avif", "libtiff": "libtiff"}
    for library, feature in libraries.items():
        if (version := features.version(feature)) is not None:
            found[library] = version
    if (turbo := features.version_feature("libjpeg_turbo")) is not None:
        found["libjpeg"] = f"turbo {turbo}"
    return found
