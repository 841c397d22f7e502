from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from packshot.finding import Severity
from packshot.inspection.aspect import OddAspectRatio
from packshot.inspection.background import Border, NotWhiteBackground
from packshot.inspection.file import DamagedMetadata, FileSize, Format
from packshot.inspection.framing import FrameFill
from packshot.inspection.inspector import Setup
from packshot.inspection.rules import load_rules
from packshot.inspection.size import LowResolution, OddSize, odd_sizes
from packshot.inspection.view import View
from packshot.photo import Metadata, Photo


def on_backdrop(width=600, height=600, box=(200, 200, 400, 400), backdrop=255):
    pixels = np.full((height, width, 3), backdrop, np.uint8)
    x0, y0, x1, y1 = box
    pixels[y0:y1, x0:x1] = (180, 30, 60)
    return pixels


def look(inspector, pixels, *channels, day=date(2026, 11, 24)):
    photo = pixels if isinstance(pixels, Photo) else Photo.from_array(pixels)
    return list(inspector(Setup(load_rules(channels, day), {"segmenter": "u2netp"})).inspect(View(photo)))


def test_low_resolution_says_how_much_is_missing():
    (finding,) = look(LowResolution, on_backdrop(400, 300), "web")
    assert finding.severity is Severity.ERROR
    assert finding.evidence["needed_scale"] == 1.25
    assert finding.evidence["recommended_scale"] == 2.5
    assert finding.evidence["required"] == 500
    assert finding.evidence["axis"] == "long side"


def test_advice_alone_asks_for_no_enlargement():
    (finding,) = look(LowResolution, on_backdrop(1200, 1200), "amazon-main")
    assert finding.severity is Severity.INFO
    assert finding.evidence["needed_scale"] == 1.0
    assert finding.evidence["recommended_scale"] == pytest.approx(1600 / 1200, abs=1e-4)


def test_width_and_height_are_demanded_apart():
    (finding,) = look(LowResolution, on_backdrop(1000, 1100), "otto", "zalando", "web") or [None]
    assert finding is None or finding.severity is Severity.INFO
    (tall,) = look(LowResolution, on_backdrop(800, 700), "otto")
    assert tall.evidence["axis"] == "height"
    assert tall.evidence["needed_scale"] == pytest.approx(960 / 700, abs=1e-4)


@pytest.mark.parametrize(
    ("day", "severity"), [(date(2027, 1, 30), Severity.WARNING), (date(2027, 1, 31), Severity.ERROR)]
)
def test_as_of_decides_what_fails(day, severity):
    (finding,) = look(LowResolution, on_backdrop(400, 400), "google", day=day)
    assert finding.severity is severity


def test_each_channel_has_its_own_finding():
    found = look(LowResolution, on_backdrop(400, 400), "web", "ebay")
    assert [finding.evidence["channel"] for finding in found] == ["web", "ebay"]


def test_an_icon_is_no_photo():
    assert [finding.code for finding in look(OddSize, on_backdrop(600, 49))] == ["odd_size"]
    assert look(OddSize, on_backdrop(600, 50)) == []


def test_a_size_far_from_the_batch_is_odd():
    sizes = {f"{n}": (800 + n, 800) for n in range(9)} | {"tiny": (79, 79), "huge": (8100, 8100)}
    assert sorted(odd_sizes(sizes)) == ["huge", "tiny"]
    assert odd_sizes({}) == {}


def test_aspect_ratio_of_the_channel_else_a_usual_one():
    (finding,) = look(OddAspectRatio, on_backdrop(800, 600), "walmart")
    assert finding.evidence["ratio"] == [1.0, 1.0]
    assert look(OddAspectRatio, on_backdrop(604, 600), "walmart") == []
    assert look(OddAspectRatio, on_backdrop(211, 600), "web") == []
    (strip,) = look(OddAspectRatio, on_backdrop(209, 600), "web")
    assert strip.severity is Severity.WARNING
    assert "ratio" not in strip.evidence


def a_file(**facts):
    photo = Photo.from_array(on_backdrop())
    return replace(photo, origin=replace(photo.origin, **{"data": b"x" * 100, **facts}))


def test_format_judges_container_extension_and_mode():
    assert look(Format, a_file(format="jpeg", extension=".jpeg"), "walmart", "google") == []
    (gif,) = look(Format, a_file(format="gif", extension=".gif"), "walmart")
    assert "jpeg, png, bmp" in gif.message
    (named,) = look(Format, a_file(format="jpeg", extension=".png"), "google")
    assert named.evidence["found"] == ".png"
    (cmyk,) = look(Format, a_file(format="jpeg", mode="CMYK"), "otto")
    assert cmyk.evidence["found"] == "CMYK"


def test_an_array_has_no_file_to_judge():
    assert look(Format, on_backdrop(), "zalando") == []


def test_file_size_judges_bytes_and_sides():
    (heavy,) = look(FileSize, a_file(data=bytes(5_000_001)), "walmart")
    assert heavy.evidence["limit"] == 5_000_000
    (long,) = look(FileSize, np.zeros((60, 4501, 3), np.uint8), "otto")
    assert long.evidence["found"] == 4501
    assert look(FileSize, a_file(), "walmart", "otto", "google") == []


def test_backdrop_must_be_white_only_where_a_channel_says_so():
    cream = on_backdrop(backdrop=247)
    assert look(NotWhiteBackground, cream, "web") == []
    (finding,) = look(NotWhiteBackground, cream, "amazon-main")
    assert finding.evidence["mean_colour"] == [247, 247, 247]
    assert look(NotWhiteBackground, on_backdrop(), "amazon-main") == []
    assert look(NotWhiteBackground, on_backdrop(backdrop=254), "amazon-main") == []


def test_a_scene_is_not_white():
    scene = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    assert look(NotWhiteBackground, scene, "walmart")[0].score > 0.9


def framed(depth, colour, inset=0):
    pixels = on_backdrop()
    ring = np.zeros((600, 600), bool)
    ring[inset : 600 - inset, inset : 600 - inset] = True
    ring[inset + depth : 600 - inset - depth, inset + depth : 600 - inset - depth] = False
    pixels[ring] = colour
    return pixels


@pytest.mark.parametrize(("depth", "inset"), [(3, 0), (20, 0), (2, 12)])
def test_a_drawn_frame_is_found_and_its_inside_given(depth, inset):
    (finding,) = look(Border, framed(depth, (20, 20, 20), inset), "web")
    inside = finding.region.box
    assert depth + inset <= inside.x0 <= depth + inset + 1
    assert (np.array(inside.as_list()) == [inside.x0, inside.x0, 600 - inside.x0, 600 - inside.x0]).all()


def test_letterbox_bars_are_a_frame():
    pixels = np.random.default_rng(0).integers(60, 255, (600, 400, 3), dtype=np.uint8)
    pixels[:40] = pixels[-30:] = 0
    (finding,) = look(Border, pixels, "web")
    assert finding.evidence["depths"] == [0, 41, 0, 31]


@pytest.mark.parametrize(
    "pixels",
    [
        on_backdrop(),
        on_backdrop(box=(10, 10, 590, 590)),
        on_backdrop(backdrop=120),
        on_backdrop(box=(0, 540, 600, 600), backdrop=90),
        np.repeat(np.linspace(60, 200, 600).astype(np.uint8)[:, None, None], 600, 1).repeat(3, 2),
    ],
    ids=["white", "product fills white", "grey", "table edge", "gradient"],
)
def test_a_backdrop_is_no_frame(pixels):
    assert look(Border, pixels, "web") == []


def test_fill_is_the_share_along_the_side_where_the_product_takes_most():
    (finding,) = look(FrameFill, on_backdrop(600, 300, (250, 100, 350, 250)), "amazon-main")
    assert finding.evidence["taken"] == 0.5
    assert finding.region.box.as_list() == [250, 100, 350, 250]
    assert look(FrameFill, on_backdrop(box=(40, 100, 560, 200)), "amazon-main") == []
    assert look(FrameFill, on_backdrop(), "web") == []


def test_a_transparent_photo_is_measured_on_its_alpha():
    alpha = np.zeros((600, 600), np.uint8)
    alpha[200:400, 200:500] = 255
    white = Photo.from_array(np.full((600, 600, 3), 255, np.uint8))
    (finding,) = look(FrameFill, replace(white, alpha=alpha), "amazon-main")
    assert finding.region.box.as_list() == [200, 200, 500, 400]


def test_without_a_product_the_fill_is_unknown():
    (finding,) = look(FrameFill, on_backdrop(box=(0, 0, 0, 0)), "google")
    assert finding.evidence["fill"] is None


def test_damaged_metadata_is_told_one_by_one():
    photo = Photo.from_array(on_backdrop())
    assert look(DamagedMetadata, photo) == []
    damaged = replace(photo, metadata=Metadata(problems=("The EXIF block is damaged.", "The XMP, too.")))
    found = look(DamagedMetadata, damaged)
    assert [(f.code, f.severity, f.message) for f in found] == [
        ("damaged_metadata", Severity.WARNING, "The EXIF block is damaged."),
        ("damaged_metadata", Severity.WARNING, "The XMP, too."),
    ]
