"""Photos for the API's tests, drawn here."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = (640, 480)


def product(size=SIZE):
    """A thing with a little texture on a light ground."""
    rng = np.random.default_rng(7)
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    ground = 225 + 10 * rows / height + rng.normal(0, 1, (height, width))
    picture = np.repeat(ground[..., None], 3, 2)
    thing = ((columns - width * 0.45) / (width * 0.2)) ** 2 + ((rows - height / 2) / (height * 0.35)) ** 2 < 1
    picture[thing] = np.stack([70 + 0 * columns, 100 + 0.1 * rows, 140 + 0.05 * columns], 2)[thing]
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def stamped():
    """The same with the date that a camera writes, and the box of that."""
    picture = product()
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(26)
    place = (440, 430)
    draw.text(place, "2024 07 15", (255, 130, 20), font)
    return picture, draw.textbbox(place, "2024 07 15", font)


def encoded(picture, fmt="PNG", **options):
    """The bytes of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, fmt, **options)
    return buffer.getvalue()


def decoded(data):
    """The pixels of a file as they are stored."""
    return np.asarray(Image.open(io.BytesIO(data)))


def mask(size=SIZE, box=(440, 425, 600, 465)):
    """A mask that is white in ``box``."""
    picture = Image.new("L", size)
    ImageDraw.Draw(picture).rectangle(box, fill=255)
    return encoded(picture)


def bomb(side=30_000):
    """A small PNG that says it is huge."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(1000)))


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
