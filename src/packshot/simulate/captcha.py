"""Distorted letters with lines and dots, as a captcha shows them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from packshot.simulate import shapes
from packshot.simulate.canvas import Canvas, Coverage, contrasting, place
from packshot.simulate.lettering import Lettering, a_face, turned
from packshot.simulate.words import pick

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabdefghijkmnpqrt23456789"


def captcha(canvas: Canvas, rng: Generator) -> str:
    """Four to seven letters, each turned and waved, crossed by lines and sprinkled with dots."""
    text = "".join(pick(rng, LETTERS) for _ in range(int(rng.integers(4, 8))))
    size = canvas.side * rng.uniform(0.07, 0.16)
    width, height = size * 0.75 * len(text), size * 1.6
    centre = place(rng, canvas, (width, height), ("mc", "any", "any", "tl", "br"))
    under = canvas.under(centre, (width, height))
    colours = [contrasting(rng, under, 50) for _ in range(1 if rng.random() < 0.5 else 3)]
    opacity = float(rng.uniform(0.8, 1))
    x = centre[0] - width / 2
    for letter in text:
        shape = turned(
            _waved(rng, Lettering(letter, a_face(rng), size).coverage()), float(rng.uniform(-35, 35))
        )
        at = (x + size * 0.37, centre[1] + rng.normal(0, size * 0.1))
        canvas.paint(shape, pick(rng, colours), at, opacity)
        x += size * 0.75
    for _ in range(int(rng.integers(1, 5))):
        heights = np.clip(np.cumsum(rng.normal(0, 0.08, 12)) + rng.uniform(0.2, 0.8), 0, 1)
        path = np.stack([np.linspace(0, 1, 12), heights], 1)
        stroke = shapes.line(width * 1.1, height, path, max(1.0, size * rng.uniform(0.015, 0.05)))
        canvas.paint(stroke, pick(rng, colours), centre, opacity)
    for _ in range(int(rng.integers(5, 40))):
        dot = max(2.0, size * rng.uniform(0.03, 0.08))
        spot = (centre[0] + rng.uniform(-0.5, 0.5) * width, centre[1] + rng.uniform(-0.5, 0.5) * height)
        canvas.paint(shapes.ellipse(dot, dot), pick(rng, colours), spot, opacity)
    return text


def _waved(rng: Generator, letter: Coverage) -> Coverage:
    pad = max(2, letter.shape[0] // 6)
    sheet = np.pad(letter, pad)
    rows, columns = np.indices(sheet.shape, dtype=np.float32)
    period, phase = sheet.shape[0] / rng.uniform(0.6, 1.6), rng.uniform(0, 2 * np.pi)
    swing = np.float32(letter.shape[0] * rng.uniform(0.02, 0.08))
    shifted = columns + swing * np.sin(2 * np.pi * rows / period + phase).astype(np.float32)
    return np.asarray(cv2.remap(sheet, shifted, rows, cv2.INTER_LINEAR), np.float32)
