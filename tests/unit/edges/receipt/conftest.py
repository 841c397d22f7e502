"""Photos treated by the real pipeline with a small stage, and receipts of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from receipt_cases import Case, small_stages

from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.provenance import provenance_of
from packshot.edges.receipt import SigningKey, build, sign
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.stages.upscale import Upscale


@pytest.fixture(scope="module", autouse=True)
def _stages() -> Iterator[None]:
    with small_stages():
        yield


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate())


@pytest.fixture(scope="session")
def photo_file(encoded: Callable[..., bytes]) -> Callable[..., bytes]:
    """A function: the bytes of a photo of 64 x 48 pixels in a format; seeds differ."""

    def make(fmt: str = "PNG", seed: int = 0, mode: str = "RGB", **options: object) -> bytes:
        coarse = np.random.default_rng(seed).integers(60, 200, (6, 8, 4), np.uint8)
        image = Image.fromarray(coarse).resize((64, 48), Image.Resampling.BICUBIC).convert(mode)
        return encoded(image, fmt, **options)

    return make


@pytest.fixture(scope="session")
def treated(key: SigningKey) -> Callable[..., Case]:
    """A function: a file through the pipeline, written in a format, with a receipt."""

    def make(original: bytes, fmt: str, stages: tuple = ("paint_patch",), **options: object) -> Case:
        with small_stages():
            backends = {role: f"lanczos-x{4 if 'x4' in role else 2}" for role in Upscale.roles}
            recipe = {"inspect": [], "stages": list(stages), "backends": backends}
            photo = open_photo(original, name="in/photo")
            trail = Pipeline(Recipe.from_dict(recipe)).run(photo)
            assert trail.photo is not None
            output = encode(trail.photo, fmt, provenance=provenance_of(trail.steps), **options)  # type: ignore[arg-type]
            receipt = sign(build(trail, photo, [("out/photo", output)]), key)
        return Case(original, trail, output, receipt, key)

    return make


@pytest.fixture(scope="session")
def case(treated: Callable[..., Case], photo_file: Callable[..., bytes]) -> Case:
    """A PNG that stayed one."""
    return treated(photo_file("PNG"), "png")
