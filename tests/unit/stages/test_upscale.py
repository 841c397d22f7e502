import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from packshot.finding import Finding, Severity
from packshot.photo import Origin, Photo
from packshot.stages.upscale import Upscale, UpscaleOptions

# Every role filled by interpolation: what is tested here is the stage, and weights are not needed.
BACKENDS = {role: f"lanczos-x{4 if 'x4' in role else 2}" for role in Upscale.roles}


def _stage(**options):
    return Upscale(UpscaleOptions(**options), BACKENDS)


def _photo(height=60, width=80, alpha=None):
    scene = np.random.default_rng(0).integers(60, 200, (height, width, 3), np.uint8)
    return Photo.from_array(scene).with_pixels(scene, alpha)


def _small(needed, severity=Severity.ERROR):
    return Finding("low_resolution", severity, 0.5, "too small", evidence={"needed_scale": needed})


def _seen(code, severity=Severity.WARNING):
    return Finding(code, severity, 0.5, code)


@pytest.mark.parametrize(("needed", "size"), [(1.3, (78, 104)), (2.0, (120, 160)), (3.2, (192, 256))])
def test_it_gives_exactly_what_is_needed(needed, size):
    result = _stage().treat(_photo(), (_small(needed), _small(1.1)))
    assert result.photo.pixels.shape[:2] == size
    assert result.findings[0].code == "upscaled"


def test_nothing_found_is_nothing_to_do():
    stage, photo = _stage(), _photo()
    assert not stage.wants(photo, ())
    assert not stage.wants(photo, (_small(1.0), _seen("noisy")))
    assert stage.wants(photo, (_small(1.01),))


def test_a_shorter_side_can_be_asked_for():
    stage, photo = _stage(min_side=100), _photo()
    assert stage.wants(photo, ())
    assert stage.treat(photo, ()).photo.pixels.shape[:2] == (100, 133)
    assert not stage.wants(_photo(120, 100), ())


@pytest.mark.parametrize(
    ("options", "needed"), [({}, 4.5), ({"max_scale": 2}, 2.5), ({"mode": "conservative"}, 2.5)]
)
def test_what_cannot_suffice_is_left_and_said(options, needed):
    photo = _photo()
    result = _stage(**options).treat(photo, (_small(needed),))
    assert result.photo is photo
    assert [finding.code for finding in result.findings] == ["upscale_declined"]


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("mode", ["normal", "conservative"])
def test_the_direct_door_enlarges_every_photo(scale, mode):
    for height, width in ((1, 1), (60, 80)):
        photo = _photo(height, width)
        assert _stage(scale=scale, mode=mode).wants(photo, ())
        result = _stage(scale=scale, mode=mode).treat(photo, (_small(9.0),))
        assert result.photo.pixels.shape == (height * scale, width * scale, 3)


@pytest.mark.parametrize(
    ("seen", "mode", "role"),
    [
        (set(), "normal", "upscaler_x4"),
        ({"blurry"}, "normal", "upscaler_x4"),
        ({"noisy"}, "normal", "upscaler_x4_degraded"),
        ({"jpeg_artifacts", "oversharpened"}, "normal", "upscaler_x4_degraded"),
        ({"oversharpened"}, "normal", "interpolator_x4"),
        ({"jpeg_artifacts"}, "conservative", "upscaler_x4_degraded"),
        ({"noisy"}, "conservative", "upscaler_x4"),
        ({"oversharpened"}, "conservative", "interpolator_x4"),
    ],
)
def test_the_route_follows_what_was_seen(seen, mode, role):
    assert _stage(mode=mode)._role(4.0, 4, seen) == role


def test_a_little_growth_is_interpolated():
    assert _stage()._role(1.19, 2, {"noisy"}) == "interpolator_x2"
    assert _stage()._role(1.2, 2, {"noisy"}) == "upscaler_x2_degraded"


@pytest.mark.parametrize(
    ("quality", "mode", "seen"),
    [(85, "normal", ["jpeg_artifacts"]), (88, "conservative", []), (95, "normal", [])],
)
def test_a_strongly_compressed_file_counts_as_degraded(quality, mode, seen):
    file = io.BytesIO()
    Image.fromarray(_photo().pixels).save(file, "JPEG", quality=quality)
    photo = replace(_photo(), origin=Origin("a.jpg", "jpeg", file.getvalue(), ""))
    assert _stage(scale=2, mode=mode).treat(photo, ()).findings[0].evidence["seen"] == seen


def test_a_note_of_severity_info_does_not_change_the_route():
    noted = _stage(scale=2).treat(_photo(), (_seen("noisy", Severity.INFO), _seen("pixelated"))).findings[0]
    assert noted.evidence["seen"] == ["pixelated"]


def test_what_the_network_harms_is_interpolated_at_the_direct_door(monkeypatch):
    spoilt = []

    def refuses_the_first(_before, after, _mask):
        spoilt.append(after)
        return _seen("halo_overshoot", Severity.ERROR)

    monkeypatch.setattr(Upscale, "checks", (refuses_the_first,))
    asked = []
    stage = _stage(scale=2)
    monkeypatch.setattr(
        Upscale,
        "_enlarged",
        lambda self, *a, original=Upscale._enlarged: asked.append(a[3]) or original(self, *a),
    )
    stage.treat(_photo(), ())
    assert asked == ["upscaler_x2", "interpolator_x2"]
    asked.clear()
    _stage().treat(_photo(), (_small(2.0),))
    assert asked == ["upscaler_x2"]
    assert len(spoilt) == 1


def test_transparency_is_enlarged_too():
    alpha = np.zeros((60, 80), np.uint8)
    alpha[:, 40:] = 255
    result = _stage(scale=2).treat(_photo(alpha=alpha), ()).photo
    assert result.alpha.shape == (120, 160)
    assert (result.alpha[:, :70] == 0).all()
    assert (result.alpha[:, 90:] == 255).all()


def test_the_area_average_of_the_result_is_the_input():
    photo = _photo()
    large = _stage(scale=2, mode="conservative").treat(photo, ()).photo.pixels
    averaged = large.reshape(60, 2, 80, 2, 3).mean((1, 3))
    assert np.abs((averaged - photo.pixels).mean((0, 1))).max() < 0.5


def test_unknown_options_are_refused():
    with pytest.raises(ValidationError):
        UpscaleOptions(scale=3)


@pytest.mark.parametrize("size", [(2000, 5000), (2, 20_000)])
def test_what_would_become_too_large_is_left_and_said(size):
    photo = Photo.from_array(np.zeros((*size, 3), np.uint8))
    result = _stage(scale=4).treat(photo, ())
    assert result.photo is photo
    (finding,) = result.findings
    assert (finding.code, finding.severity) == ("upscale_declined", Severity.WARNING)
    assert f"{4 * size[1]}x{4 * size[0]} px" in finding.message
    assert "80 megapixels" in finding.message


@pytest.mark.parametrize("side", [0, -4])
def test_a_shorter_side_is_positive(side):
    with pytest.raises(ValidationError, match="min_side"):
        UpscaleOptions(min_side=side)
