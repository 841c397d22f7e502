"""Files made on the spot: profiles, pictures."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

D50 = (0.9642, 1.0, 0.8249)
# Colourants adapted to D50, as the published profiles hold them.
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def _fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _profile(model, tags):
    """An ICC version 2 profile (ICC.1:2001-04) with ``tags``: signature to element."""
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for signature, element in tags.items():
        padded = element + bytes(-len(element) % 4)
        table += signature + struct.pack(">II", at, len(element))
        body, at = body + padded, at + len(padded)
    pcs = b"Lab " if b"A2B0" in tags else b"XYZ "
    kind = b"prtr" if b"A2B0" in tags else b"mntr"
    header = struct.pack(">I4s4s4s4s4s", at, bytes(4), b"\2\x10\0\0", kind, model, pcs)
    header += bytes(12) + b"acsp" + bytes(28) + _fixed(*D50)
    return header.ljust(128, b"\0") + table + body


def gamma_curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def srgb_curve():
    """The sRGB curve as a table of 1024 steps, as widespread profiles hold it."""
    x = np.linspace(0, 1, 1024)
    y = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return b"curv" + bytes(4) + struct.pack(">I", 1024) + (y * 65535).round().astype(">u2").tobytes()


def rgb_profile(colourants, curve):
    """A matrix profile with one curve for all channels."""
    tags = {
        name: b"XYZ " + bytes(4) + _fixed(*xyz)
        for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colourants, strict=True)
    }
    tags |= {b"wtpt": b"XYZ " + bytes(4) + _fixed(*D50)}
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def grey_profile(gamma):
    """A grey profile with a gamma."""
    tags = {b"wtpt": b"XYZ " + bytes(4) + _fixed(*D50), b"kTRC": gamma_curve(gamma)}
    return _profile(b"GRAY", tags)


def cmyk_profile():
    """A table profile of 2x2x2x2 nodes: additive mixing of typical inks in CIELAB, black kills all."""
    identity = bytes(range(256))
    nodes = b""
    for cyan, magenta, yellow, black in np.ndindex(2, 2, 2, 2):
        light = 0 if black else 100 - 45 * cyan - 52 * magenta - 11 * yellow
        a = 0 if black else -37 * cyan + 74 * magenta - 5 * yellow
        b = 0 if black else -50 * cyan - 3 * magenta + 93 * yellow
        nodes += bytes((max(0, round(light * 2.55)), a + 128, b + 128))
    matrix = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + 4 * identity + nodes + 3 * identity
    return _profile(b"CMYK", {b"wtpt": b"XYZ " + bytes(4) + _fixed(*D50), b"A2B0": table})


@pytest.fixture(scope="session")
def profiles():
    """ICC profiles by name."""
    return {
        "adobe": rgb_profile(ADOBE_RGB, gamma_curve(2.19921875)),
        "p3": rgb_profile(DISPLAY_P3, gamma_curve(2.2)),
        "other srgb": rgb_profile(SRGB, srgb_curve()),
        "grey": grey_profile(1.8),
        "cmyk": cmyk_profile(),
    }


@pytest.fixture(scope="session")
def picture():
    """RGB (48, 64, 3) with gradients, an edge and colours."""
    y, x = np.mgrid[0:48, 0:64]
    pixels = np.stack([x * 4, y * 5, (x + y) * 2], -1).astype(np.uint8)
    pixels[10:20, 12:40] = (200, 30, 60)
    return pixels


@pytest.fixture(scope="session")
def encoded():
    """A function: array or image to the bytes of a file in a format."""

    def encode(source, fmt, **options):
        image = source if isinstance(source, Image.Image) else Image.fromarray(source)
        written = BytesIO()
        image.save(written, fmt, **options)
        return written.getvalue()

    return encode
