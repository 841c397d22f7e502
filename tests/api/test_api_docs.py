"""docs/api.md is true: it names every call and code, and its examples run."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from api_pictures import product
from api_receiver import verified
from PIL import Image

from packshot.stages.erase_text import KINDS_OF_HINT
from packshot.web.problems import OURS, STATUS

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_call_is_named_and_no_other(service):
    described = {
        f"{method.upper()} {path}"
        for path, operations in service.http.get("/openapi.json").json()["paths"].items()
        for method in operations
    }
    assert set(re.findall(r"`((?:GET|POST) [^`]+)`", PAGE)) == described


def test_every_status_is_named_as_it_is():
    rows = dict(re.findall(r"^\| ([0-9, ]+) \| (.*) \|$", PAGE, re.MULTILINE))
    told = {code: row for row, text in rows.items() for code in re.findall(r"`([a-z_]+)`", text)}
    for code, status in STATUS.items():
        if code in told:
            assert str(int(status)) in told[code], code
    exempt = {*OURS, "output"}
    assert set(STATUS) - exempt <= set(told)


def test_every_hint_is_named():
    assert all(f"`{hint}`" in PAGE for hint in ("all", *KINDS_OF_HINT))


def test_the_example_in_python_runs(service, tmp_path):
    product((64, 48)).save(tmp_path / "product.jpg")
    example = PYTHON[0].replace("http://127.0.0.1:8000", service.url)
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() in ("publish", "review")
    with Image.open(tmp_path / "large.jpg") as large:
        assert large.size == (256, 192)


def test_the_check_of_signatures_is_the_one_that_is_tested():
    assert inspect.getsource(verified).replace(" In docs/api.md, word for word.", "") in PYTHON[1]


@pytest.mark.parametrize(
    "line", re.findall(r"^curl .*/(?:remove-text|upscale|batches) .*$", PAGE, re.MULTILINE)
)
def test_the_examples_with_curl_run(service, tmp_path, line):
    for name in ("product.jpg", "a.jpg", "b.jpg"):
        product((64, 48)).save(tmp_path / name)
    command = line.replace("http://127.0.0.1:8000", service.url).replace(
        "curl ", "curl --fail-with-body -s ", 1
    )
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done
    assert re.search(rb'"id":"bat_', done.stdout) or any(tmp_path.glob("[cl]*.jpg"))
