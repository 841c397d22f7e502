from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.backend import Upscaler, require

NEEDS = {
    "span-x2": ("span-x2",),
    "span-x4": ("span-x4",),
    "waifu2x-x2": ("waifu2x-photo-noise1",),
    "waifu2x-span-x4": ("waifu2x-photo-noise2", "span-x4"),
    "upscale-net-x2": (),
    "upscale-net-x2-degraded": (),
    "upscale-net-x4": (),
    "upscale-net-x4-degraded": (),
    "lanczos-x2": (),
    "lanczos-x4": (),
}


@pytest.fixture(params=NEEDS)
def upscaler(request, weights):
    weights(*NEEDS[request.param])
    return require(request.param, Upscaler)


@pytest.fixture(scope="module")
def truth():
    """A drawn label: letters, a ring and thin lines, 160 x 240."""
    large = np.full((640, 960, 3), (240, 235, 225), np.uint8)
    cv2.putText(large, "No 5", (60, 330), cv2.FONT_HERSHEY_TRIPLEX, 8, (40, 30, 90), 22, cv2.LINE_AA)
    cv2.circle(large, (800, 480), 110, (20, 120, 60), 18, cv2.LINE_AA)
    for x in range(40, 900, 60):
        cv2.line(large, (x, 600), (x + 60, 400), (190, 60, 30), 6, cv2.LINE_AA)
    return cv2.resize(large, (240, 160), interpolation=cv2.INTER_AREA)


def _reduced(pixels, scale):
    size = (pixels.shape[1] // scale, pixels.shape[0] // scale)
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def _jpeg(pixels, quality):
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (20, 33)])
def test_the_output_is_larger_by_the_cards_scale(upscaler, shape):
    pixels = np.full((*shape, 3), (200, 100, 50), np.uint8)
    result = upscaler.upscale(pixels)
    assert result.shape == (shape[0] * upscaler.card.scale, shape[1] * upscaler.card.scale, 3)
    assert result.dtype == np.uint8


def test_colours_keep_their_channel(upscaler):
    pixels = np.full((24, 24, 3), (200, 100, 50), np.uint8)
    middle = (
        upscaler.upscale(pixels)[30:-30, 30:-30]
        if upscaler.card.scale == 4
        else upscaler.upscale(pixels)[12:-12, 12:-12]
    )
    np.testing.assert_allclose(middle.mean((0, 1)), (200, 100, 50), atol=4)


@pytest.mark.parametrize("name", ["span-x2", "span-x4"])
def test_span_rebuilds_more_of_a_clean_photo_than_lanczos(name, truth, weights):
    weights(name)
    scale = require(name, Upscaler).card.scale
    small = _reduced(truth, scale)
    ours, lanczos = (require(n, Upscaler).upscale(small) for n in (name, f"lanczos-x{scale}"))
    assert cv2.PSNR(truth, ours) > cv2.PSNR(truth, lanczos) + 2


@pytest.mark.parametrize(
    ("chain", "plain"),
    [
        ("waifu2x-x2", "span-x2"),
        ("waifu2x-span-x4", "span-x4"),
        ("upscale-net-x2-degraded", "span-x2"),
        ("upscale-net-x4-degraded", "span-x4"),
    ],
)
def test_the_chain_rebuilds_more_of_a_jpeg_than_span(chain, plain, truth, weights):
    weights(*NEEDS[chain], *NEEDS[plain])
    small = _jpeg(_reduced(truth, require(plain, Upscaler).card.scale), 50)
    results = [cv2.PSNR(truth, require(name, Upscaler).upscale(small)) for name in (chain, plain)]
    assert results[0] > results[1] + 0.5


def test_threads_agree(truth, weights):
    weights("span-x2")
    upscaler = require("span-x2", Upscaler)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(upscaler.upscale, [truth[:32, :32]] * 2)
    np.testing.assert_array_equal(first, second)


def test_a_card_names_its_weights():
    assert len(require("waifu2x-span-x4", Upscaler).card.weights) == 4
    assert require("lanczos-x2", Upscaler).card.weights == ()
