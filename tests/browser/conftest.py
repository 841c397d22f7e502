"""A real service, looked at in a real browser; what goes wrong in it is written down."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright, sync_playwright
from review_service import Seen, Service, serving

from packshot.simulate import OverlayKind, stamp

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


# One a module: while Playwright runs, its loop is this thread's, and other tests could not run their own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser: {CHROMIUM} is not there (Debian's package chromium)")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    yield started
    started.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def seen(browser: Browser, service: Service) -> Iterator[Seen]:
    """A page of the service, on which nothing may go wrong."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    made = Seen(page, service)
    page.on(
        "console", lambda said: made.wrong.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: made.wrong.append(str(error)))
    page.on("requestfailed", lambda request: made.wrong.append(f"{request.url}: {request.failure}"))
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (event) =>"
        " console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"
    )
    yield made
    context.close()
    aborted = [one for one in made.wrong if "ERR_ABORTED" not in one]  # left while pictures were loading
    assert aborted == []


@pytest.fixture(scope="session")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic product on white with a date stamp, 320 px wide."""
    across, down = np.meshgrid(np.linspace(-1, 1, 320), np.linspace(-1, 1, 240))
    inside = (across / 0.55) ** 2 + (down / 0.7) ** 2 < 1
    shade = (150 + 60 * across - 40 * down)[..., None] * np.array([0.9, 0.55, 0.4])
    pixels = np.where(inside[..., None], shade, 250).clip(0, 255).astype(np.uint8)
    path = tmp_path_factory.mktemp("photos") / "stamped.png"
    Image.fromarray(stamp(pixels, OverlayKind.DATE_STAMP, 5).pixels).save(path)
    return path
