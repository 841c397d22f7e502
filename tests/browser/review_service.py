"""A real service on a free port, and what a test does on its pages."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Page

# A photo of less than 500 px goes to review, a larger one is published: no model has a say.
RECIPE = "inspect: [low_resolution]\nstages: [inpaint]\nchannels: [web]\n"
PACKSHOT = (sys.executable, "-m", "packshot")
_START_SECONDS = 90


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        address: where it listens.
        home: its folder.
    """

    address: str
    home: Path


@dataclass
class Seen:
    """A page, and what went wrong on it."""

    page: Page
    service: Service
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.service.address + path)

    def submit(self, photo: Path | list[Path], **fields: str) -> None:
        """Send photos through the form, and wait until they are treated."""
        self.go("/submit")
        self.page.get_by_label("Photos", exact=True).set_input_files(photo)
        for name, value in fields.items():
            self.page.locator(f"input[name={name}]").fill(value)
        self.page.get_by_role("button", name="Submit").click()
        self.page.get_by_text(re.compile("^All .* treated")).wait_for()


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Service]:
    """A service in ``folder``, in a process of its own."""
    (folder / "recipe.yaml").write_text(RECIPE)
    home = folder / "home"
    command = [*PACKSHOT, "serve", "--port", "0", "--home", str(home), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [*command, "--recipe", str(folder / "recipe.yaml")], stderr=log, env=environment
        )
    try:
        yield Service(_address(running, folder / "log"), home)
    finally:
        running.terminate()
        running.wait(60)


def _address(running: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, once it answers."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and running.poll() is None:
        found = re.search(r"packshot serves on (\S+)", log.read_text())
        try:
            if found:
                urlopen(f"{found[1]}/readyz", timeout=5).close()
                return found[1]
        except URLError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])
