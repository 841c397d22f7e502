from pathlib import Path

import numpy as np
import pytest

from packshot.simulate import fonts
from packshot.simulate.lettering import Lettering
from packshot.simulate.words import FOREIGN


def test_the_built_in_face_is_always_there() -> None:
    built_in = [face for face in fonts.faces() if face.path is None]
    assert len(built_in) == 1
    assert Lettering("Sale 50%", built_in[0], 24).coverage().max() == 1


def test_faces_are_sorted_and_each_design_once() -> None:
    found = fonts.faces()
    assert list(found) == sorted(found)
    looks = [Lettering("AaGgRr079&%@$", face, 24).coverage() for face in found]
    assert len({(look.shape, look.tobytes()) for look in looks}) == len(found)


def test_files_that_are_no_fonts_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    monkeypatch.setattr(fonts, "SYSTEM_FOLDERS", (str(tmp_path),))
    assert all(face.file != "broken.ttf" for face in fonts._installed.__wrapped__())


def test_a_face_counts_only_for_scripts_that_it_draws() -> None:
    built_in = next(face for face in fonts.faces() if face.path is None)
    assert fonts.Script.LATIN in built_in.scripts
    assert fonts.Script.HAN not in built_in.scripts


@pytest.mark.parametrize(("script", "phrases"), FOREIGN)
def test_a_face_has_every_letter_of_its_scripts_phrases(
    script: fonts.Script, phrases: tuple[str, ...]
) -> None:
    letters = sorted({letter for letter in "".join(phrases) if not letter.isspace()})
    for face in fonts.faces(script):
        font = face.at(24)
        missing = bytes(font.getmask("\uffff"))
        lacking = [letter for letter in letters if bytes(font.getmask(letter)) == missing]
        assert not lacking, f"{face.file} has no {''.join(lacking)}"


def test_text_is_shrunk_to_fit() -> None:
    face = fonts.faces()[0]
    wide = Lettering("a rather long line of text", face, 60)
    fitted = wide.fitted(200)
    assert fitted.size < 60
    assert fitted.extent()[0] <= 215
    assert wide.fitted(10_000) == wide


def test_turning_keeps_the_ink() -> None:
    straight = Lettering("turned", fonts.faces()[0], 40)
    turned = Lettering("turned", fonts.faces()[0], 40, degrees=30)
    np.testing.assert_allclose(turned.coverage().sum(), straight.coverage().sum(), rtol=0.05)
