"""Recipes are refused at load, with the choices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from packshot.backend import load_backend
from packshot.cli.recipe import filled_in
from packshot.errors import RecipeError, StageOrderError, UnknownNameError
from packshot.recipe import Profile, Recipe


def test_the_built_in_recipe_erases_text_before_it_enlarges() -> None:
    names = [spec.name for spec in Recipe.from_dict({}).stages]
    assert names.index("erase_text") < names.index("upscale")


def test_enlarging_before_text_is_erased_is_refused() -> None:
    with pytest.raises(StageOrderError, match="upscale is listed before erase_text") as refusal:
        Recipe.from_dict({"stages": ["upscale", "erase_text"]})
    assert refusal.value.code == "stage_order"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"stagse": []}, "unknown key 'stagse'.*stages"),
        ({"stages": ["erase_txt"]}, "Unknown stage 'erase_txt'.*erase_text"),
        ({"stages": [{"upscale": {"factor": 2}}]}, "unknown option 'factor'.*scale"),
        ({"stages": [{"upscale": {"scale": 3}}]}, "scale"),
        ({"stages": ["crop", "crop"]}, "listed twice"),
        ({"inspect": ["blury"]}, "Unknown inspector 'blury'"),
        ({"backends": {"upscaler": "span-x4"}}, "Unknown backend role 'upscaler'"),
        ({"backends": {"filler_flat": "photoshop"}}, "Unknown backend 'photoshop'.*navier-stokes"),
        ({"categories": {"knit": {"mode": "gentle"}}}, "conservative"),
        ({"categories": {"knit": {"sharpen": {}}}}, "Unknown stage 'sharpen'"),
        ({"categories": {"knit": {"backends": {"upscaler": "span-x4"}}}}, "Unknown backend role 'upscaler'"),
        ({"categories": {"knit": {"backends": {"filler_flat": "photoshop"}}}}, "Unknown backend 'photoshop'"),
        ({"categories": {"knit": {"backends": "fsr"}}}, "backends"),
        ({"threshold": 2}, "threshold"),
        ({"channels": "google"}, "channels"),
        ({"stages": [{"crop": {}, "upscale": {}}]}, "stages"),
        ({1: 2, "stagse": []}, "unknown key 1"),
        ({"stages": [{"upscale": {1: 2, "factor": 2}}]}, "valid string"),
        ({"stages": [{"upscale": {"min_side": -4}}]}, "min_side"),
        ({"stages": [{"crop": {"ratio": "inf:1"}}]}, "such as 4:5"),
    ],
)
def test_mistakes_are_named(raw: dict[str, object], message: str) -> None:
    with pytest.raises((RecipeError, UnknownNameError), match=message):
        Recipe.from_dict(raw)


@pytest.mark.parametrize("text", ["- a\n- b\n", "stages: [", "\x00", "as_of: 2027-02-30", "[" * 5000])
def test_a_file_that_is_no_recipe_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "packshot.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"packshot\.yaml"):
        Recipe.from_yaml(path)


def test_a_category_is_found_by_its_last_part_and_is_conservative() -> None:
    recipe = Recipe.from_dict({})
    assert recipe.profile_of("Apparel > Women > knit").mode == "conservative"
    assert recipe.profile_of("leather").mode == "conservative"
    assert recipe.profile_of("shoes").mode == "normal"


def test_category_options_go_on_top_of_the_stages_own() -> None:
    raw = {
        "stages": [{"upscale": {"max_scale": 4}}],
        "categories": {"silk": {"mode": "conservative", "upscale": {"max_scale": 2}}},
    }
    recipe = Recipe.from_dict(raw)
    options = recipe.options_of(recipe.stages[0], "silk")
    assert (options.mode, options.model_dump()["max_scale"]) == ("conservative", 2)
    assert recipe.options_of(recipe.stages[0], None).model_dump()["max_scale"] == 4


def test_the_digest_names_the_version() -> None:
    one, same = Recipe.from_dict({}), Recipe.from_dict({})
    other_backend = Recipe.from_dict({"backends": {"filler_flat": "patchmatch"}})
    other_option = Recipe.from_dict({"threshold": 0.7})
    assert one.digest() == same.digest()
    assert len({one.digest(), other_backend.digest(), other_option.digest()}) == 3


def test_a_category_has_backends_of_its_own() -> None:
    raw = {
        "backends": {"filler_flat": "patchmatch", "filler_texture": "navier-stokes"},
        "categories": {
            "lamps": {"backends": {"filler_flat": "fsr", "filler_texture": "auto"}, "upscale": {"scale": 2}}
        },
    }
    recipe = Recipe.from_dict(raw)
    assert recipe.profile_of("home/lamps").stages == {"upscale": {"scale": 2}}
    assert recipe.backend_of("filler_flat", "navier-stokes", "home/lamps") == "fsr"
    assert recipe.backend_of("filler_texture", "patchmatch", "lamps") == "patchmatch"
    assert recipe.backend_of("filler_flat", "navier-stokes", "shoes") == "patchmatch"
    assert recipe.backend_of("filler_flat", "navier-stokes") == "patchmatch"
    assert recipe.roles("lamps") == {
        **recipe.roles(),
        "filler_flat": "fsr",
        "filler_texture": "patchmatch",
    }
    shown = Recipe.from_dict(filled_in(recipe))
    assert shown.categories == recipe.categories
    assert [shown.roles(category) for category in (None, "lamps")] == [recipe.roles(), recipe.roles("lamps")]


def test_all_backends_are_those_of_every_category() -> None:
    plain = Recipe.from_dict({"categories": {"lamps": {}}})
    other = Recipe.from_dict({"categories": {"lamps": {"backends": {"upscaler_x2": "lanczos-x2"}}}})
    more = Recipe.from_dict({"categories": {"lamps": {"backends": {"upscaler_x4": "waifu2x-span-x4"}}}})
    assert plain.all_backends() == set(plain.roles().values()) == other.all_backends()
    assert more.all_backends() - plain.all_backends() == {"waifu2x-span-x4"}


def test_a_categorys_backends_and_their_weights_are_part_of_the_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = {
        "categories": {"lamps": {"backends": {"filler_flat": "fsr"}}},
        "stages": ["inpaint"],
        "inspect": [],
    }
    with_backend, without = Recipe.from_dict(raw), Recipe.from_dict({**raw, "categories": {"lamps": {}}})
    before = with_backend.digest()
    assert before != without.digest()
    raw["backends"] = {"filler_structure": "patchmatch"}  # from here on, fsr is used by lamps alone
    before = Recipe.from_dict(raw).digest()
    fsr = load_backend("fsr")
    monkeypatch.setattr(type(fsr), "card", replace(fsr.card, weights=(("fsr", "0" * 64),)))
    assert Recipe.from_dict(raw).digest() != before


def test_a_profile_without_backends_reads_as_before() -> None:
    """So that the version of a recipe that has none is the one it always had."""
    assert Profile(mode="conservative").model_dump() == {"mode": "conservative", "stages": {}}
