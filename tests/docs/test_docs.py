"""What the documents say is true: their examples run, and they leave nothing out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageDraw

from packshot.inspection import INSPECTORS
from packshot.recipe import Recipe
from packshot.stages import STAGES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_recipe_in_the_documents_is_sound() -> None:
    (example,) = blocks(ROOT / "docs" / "recipes.md", "yaml")
    recipe = Recipe.from_dict(yaml.safe_load(example))
    assert recipe.profile_of("lamps").stages["upscale"] == {"max_scale": 2}


def test_every_recipe_key_and_stage_option_is_documented() -> None:
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    wanted = [*Recipe.model_fields, *STAGES]
    wanted += [option for stage in STAGES.values() for option in stage.Options.model_fields]
    assert [word for word in wanted if f"`{word}`" not in page] == []


def test_every_finding_code_is_documented() -> None:
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    codes = {code for inspector in INSPECTORS.values() for code in inspector.codes}
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


def test_the_readme_program_runs(tmp_path: Path) -> None:
    photo = Image.new("RGB", (640, 640), "white")
    ImageDraw.Draw(photo).ellipse((120, 120, 520, 520), fill=(150, 60, 40))
    photo.save(tmp_path / "jumper.jpg", quality=95)
    (program,) = blocks(ROOT / "README.md", "python")
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    assert (tmp_path / "clean.jpg").read_bytes() == (tmp_path / "jumper.jpg").read_bytes()
