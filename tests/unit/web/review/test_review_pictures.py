"""Pictures for browsers: what is sent as it is, what is decoded first, and what never is shown."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from review_pages import GOOD, Home, picture

from packshot.service.submit import keep

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def full(home: Home, name: str):
    item = home.items()[name]
    return home.client.get(f"/review/{item.id}/full/{item.photo}.image")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_what_browsers_show_goes_as_it_is(local: Home, kind: str) -> None:
    data = picture(0, kind=kind)
    local.send({"a": data})
    answer = full(local, "a")
    assert (answer.content, answer.headers["content-type"]) == (data, f"image/{kind.lower()}")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private")


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "GIF"])
def test_what_they_do_not_show_is_decoded(local: Home, kind: str) -> None:
    local.send({"a": picture(0, kind=kind)})
    answer = full(local, "a")
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(BytesIO(answer.content)).format == "PNG"


def test_a_turned_photo_is_upright_in_every_browser(local: Home) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((40, 90, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", exif=exif)
    local.send({"a": buffer.getvalue()})
    answer = full(local, "a")
    shown = Image.open(BytesIO(answer.content))
    assert (shown.size, shown.getexif().get(0x0112)) == ((40, 90), None)


@pytest.mark.parametrize("data", [SVG, HTML, b"", b"GIF89a<script>alert(1)</script>"])
def test_what_is_no_raster_picture_is_never_shown(local: Home, data: bytes) -> None:
    local.send({"a": data})
    item = local.items()["a"]
    for kind in ("small", "full", "mark"):
        answer = local.client.get(f"/review/{item.id}/{kind}/{item.photo}.image")
        assert answer.status_code >= 400
        assert "<script>alert" not in answer.text
    saved = local.client.get(f"/review/{item.id}/file/{item.photo}")
    assert saved.content == data
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert local.client.get(f"/review/{item.id}").status_code == 200


def test_a_small_picture_is_small(local: Home) -> None:
    local.send({"a": picture(0, 900)})
    item = local.items()["a"]
    answer = local.client.get(f"/review/{item.id}/small/{item.photo}.image")
    assert max(Image.open(BytesIO(answer.content)).size) == 360
    assert answer.headers["content-type"] == "image/jpeg"


def test_only_a_jobs_own_files_are_to_be_had_through_it(local: Home) -> None:
    local.send({"a": picture(1)})
    item = local.items()["a"]
    other = keep(local.context, picture(2), "image/png")
    for path in (f"full/{other}.image", f"file/{other}", f"file/{'0' * 64}", "file/x"):
        assert local.client.get(f"/review/{item.id}/{path}").status_code == 404


def test_the_receipt_can_be_saved(local: Home) -> None:
    local.send({"a": picture(1, GOOD)})
    page = local.client.get(f"/review/{local.items()['a'].id}").text
    link = page.split('">Signed receipt')[0].rpartition('href="')[2]
    answer = local.client.get(link)
    assert answer.json()["payloadType"]
    assert answer.headers["content-disposition"].endswith(".receipt.json")
