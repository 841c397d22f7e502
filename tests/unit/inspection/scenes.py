"""Small drawn product photos, and ways to spoil them."""

import cv2
import numpy as np

from packshot.inspection.inspector import Setup
from packshot.inspection.view import View
from packshot.photo import Photo

SETUP = Setup(rules=())


def product(side=400, backdrop=250, seed=0):
    """A boldly patterned, fully sharp square with soft shading before a plain backdrop."""
    rng = np.random.default_rng(seed)
    inner = side // 2
    cells = rng.integers(40, 190, (inner // 10 + 1, inner // 10 + 1, 3)).astype(np.uint8)
    pattern = cv2.resize(cells, None, fx=10, fy=10, interpolation=cv2.INTER_NEAREST)[:inner, :inner]
    fine = rng.integers(-25, 26, (inner, inner, 1))
    fine[inner // 2 :] = 0
    large = np.full((side, side, 3), backdrop, np.uint8)
    start = side // 4
    large[start : start + inner, start : start + inner] = np.clip(pattern + fine, 0, 255)
    # The optics of a good camera: an edge is a little wider than a pixel.
    return cv2.GaussianBlur(large, (0, 0), 0.5)


def detailed(side=512):
    """Noise that falls off like a natural image (power 1 / f**2), up to Nyquist."""
    rng = np.random.default_rng(3)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])
    frequency[0, 0] = 1
    plane = np.real(np.fft.ifft2(np.fft.fft2(rng.normal(size=(side, side))) / frequency))
    plane = 128 + 40 * plane / plane.std()
    return np.repeat(np.clip(plane, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def view_of(pixels):
    return View(Photo.from_array(pixels))


def codes(inspector, pixels):
    """Finding code to severity of an inspector class on pixels."""
    return {found.code: found.severity.value for found in inspector(SETUP).inspect(view_of(pixels))}


def finding(inspector, pixels):
    """The one finding of an inspector class on pixels."""
    (found,) = inspector(SETUP).inspect(view_of(pixels))
    return found


def saved(pixels, quality):
    encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])


def enlarged(pixels, factor, interpolation=cv2.INTER_CUBIC):
    height, width = pixels.shape[:2]
    small = cv2.resize(pixels, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=interpolation)


def grainy(pixels, sigma):
    noise = np.random.default_rng(1).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)
