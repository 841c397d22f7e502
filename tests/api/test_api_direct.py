"""Direct calls, as clients write them."""

import base64
import io
import shutil
import subprocess

import numpy as np
import pytest
from api_pictures import SIZE, decoded, encoded, mask, product, stamped
from api_service import is_problem
from PIL import Image

SMALL = (64, 48)


def send(service, path, photo, name="photo.png", **rest):
    answer = service.http.post(path, files={"file": (name, photo)}, **rest)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")
def test_curl_as_the_readme_writes_it(service, tmp_path):
    picture, box = stamped()
    picture.save(tmp_path / "product.jpg", quality=95)
    command = 'curl -sf -X POST "$URL/remove-text" -F file=@product.jpg -F hint=remove-date-stamp > clean.jpg'
    subprocess.run(
        command, shell=True, check=True, cwd=tmp_path, env={"URL": service.url, "PATH": "/usr/bin:/bin"}
    )
    left, top, right, bottom = (round(edge) for edge in box)
    before = np.asarray(picture)[top:bottom, left:right].std()
    with Image.open(tmp_path / "clean.jpg") as clean:
        assert clean.format == "JPEG"
        assert np.asarray(clean)[top:bottom, left:right].std() < before / 5


def test_a_client_that_drops_json_beside_files_still_gets_four_times_the_size(service):
    img = io.BytesIO(encoded(product(SMALL)))
    answer = service.http.post("/upscale", files={"file": img}, json={"scale": 4})
    assert answer.status_code == 200
    assert decoded(answer.content).shape == (4 * SMALL[1], 4 * SMALL[0], 3)


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("way", ["form", "query", "json"])
def test_scale_comes_as_form_query_or_json(service, prefix, way):
    data, path = encoded(product(SMALL)), f"{prefix}/upscale"
    if way == "form":
        answer = send(service, path, data, data={"scale": "2"})
    elif way == "query":
        answer = send(service, f"{path}?scale=2", data)
    else:
        answer = service.http.post(path, json={"scale": 2, "file": base64.encodebytes(data).decode()})
    assert decoded(answer.content).shape == (2 * SMALL[1], 2 * SMALL[0], 3)


def test_what_a_form_says_wins_over_the_query(service):
    answer = send(service, "/upscale?scale=4", encoded(product(SMALL)), data={"scale": "2"})
    assert decoded(answer.content).shape[0] == 2 * SMALL[1]


@pytest.mark.parametrize("scale", ["3", "4.0", "", "-4", "four", "9" * 30])
def test_other_scales_are_refused(service, scale):
    answer = service.http.post("/upscale", files={"file": encoded(product(SMALL))}, data={"scale": scale})
    body = is_problem(answer, 422, "invalid_request")
    assert body["errors"][0]["field"] == "scale"


def test_a_hint_narrows_what_is_removed(service):
    data = encoded(stamped()[0])
    answer = send(service, "/remove-text", data, data={"hint": "remove-caption"})
    assert answer.content == data
    assert answer.headers["packshot-skipped"] == "outside_hint"
    assert answer.headers["packshot-verdict"] == "review"


def test_an_unknown_hint_is_told_the_choices(service):
    answer = service.http.post(
        "/remove-text", files={"file": encoded(product(SMALL))}, data={"hint": "remove-everything"}
    )
    assert "remove-date-stamp" in is_problem(answer, 422)["detail"]


def test_a_photo_without_text_comes_back_byte_for_byte(service):
    data = encoded(product(), "JPEG", quality=80)
    answer = send(service, "/remove-text", data, "photo.jpg")
    assert answer.content == data
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["packshot-skipped"] == "nothing_to_do"
    assert answer.headers["packshot-verdict"] == "publish"
    assert len(answer.headers["packshot-recipe"]) == 64
    assert "@" in answer.headers["packshot-models"]


def test_json_tells_everything(service):
    data = encoded(stamped()[0])
    told = send(service, "/v1/remove-text?return=json", data).json()
    assert (told["verdict"], told["skipped"], told["skip_reason"]) == ("publish", False, None)
    (found,) = [finding for finding in told["findings_before"] if finding["code"] == "overlay_text"]
    assert found["evidence"]["kind"] == "date_stamp"
    assert 0 < found["score"] <= 1
    assert all(step["seconds"] >= 0 for step in told["steps"])
    edited = decoded(base64.b64decode(told["mask"])).astype(bool)
    assert edited.shape == SIZE[::-1]
    left, top, right, bottom = found["box"]
    assert edited[top:bottom, left:right].any()
    after = decoded(base64.b64decode(told["image"]["data"]))
    assert np.array_equal(after[~edited], decoded(data)[~edited])
    assert not np.array_equal(after[edited], decoded(data)[edited])


def test_inpaint_changes_what_is_white_in_the_mask_and_nothing_else(service):
    data, white = encoded(stamped()[0]), mask()
    answer = service.http.post("/inpaint", files={"file": data, "mask": white})
    assert answer.status_code == 200, answer.text
    hole = decoded(white) > 127
    before, after = decoded(data), decoded(answer.content)
    assert np.array_equal(before[~hole], after[~hole])
    assert not np.array_equal(before[hole], after[hole])
    assert "packshot-skipped" not in answer.headers


def test_inpaint_with_a_black_mask_changes_nothing(service):
    data = encoded(product())
    answer = service.http.post("/inpaint", files={"file": data, "mask": encoded(Image.new("L", SIZE))})
    assert answer.content == data
    assert "packshot-skipped" in answer.headers


def test_inpaint_wants_a_mask_of_the_photos_size(service):
    data = encoded(product())
    answer = service.http.post("/inpaint", files={"file": data, "mask": mask((10, 10))})
    assert "10 x 10" in is_problem(answer, 422)["detail"]
    is_problem(service.http.post("/inpaint", files={"file": data}), 422)
    is_problem(service.http.post("/inpaint", files={"file": data, "mask": b"no picture"}), 415)


def test_crop_gives_the_shape_that_is_asked_for(service):
    made = decoded(send(service, "/crop", encoded(product()), data={"ratio": "1:1"}).content)
    assert made.shape[0] == made.shape[1]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ratio": "0:1"},
        {"ratio": "wide"},
        {"fill": "nan"},
        {"fill": "2"},
        {"channel": "../../etc/passwd"},
    ],
)
def test_crop_refuses_frames_that_cannot_be(service, fields):
    is_problem(service.http.post("/crop", files={"file": encoded(product(SMALL))}, data=fields), 422)


def test_validate_finds_flaws_and_changes_nothing(service):
    told = send(service, "/validate", encoded(product(SMALL)), data={"channel": "google"}).json()
    assert {finding["code"] for finding in told["findings"]} == {"low_resolution"}
    assert told["passed"] is False
    assert told["score"] < told["threshold"]
    assert (told["width"], told["height"], told["format"]) == (*SMALL, "png")
    easy = send(service, "/validate", encoded(product(SMALL)), data={"threshold": "0"}).json()
    assert easy["threshold"] == 0


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_every_format_goes_in(service, fmt):
    answer = send(service, "/upscale?scale=2", encoded(product(SMALL), fmt), f"photo.{fmt.lower()}")
    own = fmt if fmt in ("JPEG", "PNG", "WEBP", "AVIF") else "PNG"
    assert answer.headers["content-type"] == f"image/{own.lower()}"
    made = Image.open(io.BytesIO(answer.content))
    assert (made.format, made.size) == (own, (128, 96))


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_every_format_comes_out(service, fmt):
    answer = send(service, "/remove-text", encoded(product(SMALL)), data={"format": fmt})
    assert answer.headers["content-type"] == f"image/{fmt}"
    assert Image.open(io.BytesIO(answer.content)).format == fmt.upper()


def test_transparency_stays(service):
    picture = product(SMALL).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(SMALL))
    made = decoded(send(service, "/upscale?scale=2", encoded(picture)).content)
    assert made.shape == (96, 128, 4)
    assert made[0, :, 3].mean() < 20
    assert made[-1, :, 3].mean() > 200


@pytest.mark.parametrize(
    "data",
    [
        encoded(product(SMALL).convert("CMYK"), "JPEG"),
        encoded(Image.fromarray(np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 16)),
        encoded(product(SMALL), "GIF", save_all=True, append_images=[product(SMALL).rotate(180)]),
    ],
    ids=["CMYK", "16 bits", "animated"],
)
def test_unusual_pictures_are_read(service, data):
    assert decoded(send(service, "/upscale?scale=2", data).content).shape[:2] == (96, 128)


def test_a_turned_photo_comes_out_upright(service):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees
    data = encoded(product(SMALL), "JPEG", exif=exif)
    made = Image.open(io.BytesIO(send(service, "/upscale?scale=2", data).content))
    assert made.size == (96, 128)
    assert made.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("name", ["../../../../etc/passwd", "C:\\windows\\a.png", "ö ✓.png", " ", "a" * 3000])
def test_a_files_name_is_only_a_name(service, name):
    told = send(service, "/validate", encoded(product(SMALL)), name)
    assert told.json()["format"] == "png"
