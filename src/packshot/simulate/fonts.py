"""Fonts to stamp with: whatever is installed, filtered to faces that really draw the script asked for.

Pillow carries one scalable face of its own, so that there is always at least one. Others come from installed
Python packages (matplotlib's, and every package that announces ``fonts_ttf`` or ``fonts_otf`` entry
points, as the ``font-*`` packages do) and from the folders of the operating system.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from PIL import ImageFont, features

SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
)
"""Where Linux, macOS and Windows keep fonts."""

SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})

HANDWRITTEN = (
    "amatic", "apple chancery", "bradley", "brush script", "caveat", "chalkboard", "comic", "dancing",
    "ink free", "intuitive", "kalam", "lobster", "noteworthy", "pacifico", "patrick hand", "segoe print",
    "segoe script", "snell", "z003", "zapfino",
)  # fmt: skip
"""Beginnings of the names of handwritten and script families, in lower case."""

PICTORIAL = (
    "cmex", "cmsy", "d050000l", "holomdl2", "marlett", "segoe fluent", "segoe mdl2", "standard symbols",
    "symbol", "webdings", "wingdings", "zapf dingbats",
)  # fmt: skip
"""Beginnings of the names of families that draw pictures or mathematics where letters are asked for."""

_NEVER_A_CHARACTER = "\uffff"


class Script(StrEnum):
    """Writing systems that merchants' stamps use."""

    LATIN = "latin"
    CYRILLIC = "cyrillic"
    GREEK = "greek"
    HAN = "han"
    KANA = "kana"
    HANGUL = "hangul"
    ARABIC = "arabic"
    DEVANAGARI = "devanagari"
    THAI = "thai"
    HEBREW = "hebrew"


SAMPLES = {
    Script.LATIN: "AaGgRr079&%@$",
    Script.CYRILLIC: "ЖжДдЯя",
    Script.GREEK: "ΔδΩωΣάήέϊό",
    Script.HAN: "新品送料邮证时厂销质换",
    Script.KANA: "あアのンー送料無新倍",
    Script.HANGUL: "무료신상",
    Script.ARABIC: "عرضخ",
    Script.DEVANAGARI: "सेलनय",
    Script.THAI: "ลดราค",
    Script.HEBREW: "מבצעח",
}
"""Characters that a face must draw, each differently, to count as supporting a script.

A Korean face has some Chinese characters, and a Japanese one has few of the simplified ones: those of the
phrases of :data:`packshot.simulate.words.FOREIGN` that are not found everywhere are among them.
"""

NEEDS_SHAPING = frozenset({Script.ARABIC, Script.DEVANAGARI, Script.THAI, Script.HEBREW})
"""Scripts whose letters join, stack or run right to left: they need the Raqm layout engine."""


@dataclass(frozen=True, slots=True, order=True)
class Face:
    """One font face.

    Attributes:
        family, style: the names in the font file.
        file: the file's name without its folder; empty for Pillow's built-in face.
        path: where it lies; None for Pillow's built-in face.
        scripts: the writing systems that it draws.
    """

    family: str
    style: str
    file: str
    path: Path | None = field(compare=False)
    scripts: frozenset[Script] = field(compare=False)

    @property
    def handwritten(self) -> bool:
        """Whether the family looks written by hand."""
        return self.family.lower().startswith(HANDWRITTEN)

    @property
    def bold(self) -> bool:
        """Whether the style is bold or heavier."""
        return any(weight in self.style.lower() for weight in ("bold", "black", "heavy"))

    def at(self, size: float) -> ImageFont.FreeTypeFont:
        """The face at ``size`` pixels an em, laid out the same way wherever Pillow's wheels are used."""
        return _open(self.path, size, shaping=bool(self.scripts & NEEDS_SHAPING))


def _open(path: Path | None, size: float, *, shaping: bool) -> ImageFont.FreeTypeFont:
    if path is None:
        built_in = ImageFont.load_default(size)
        assert isinstance(built_in, ImageFont.FreeTypeFont)
        return built_in
    engine = ImageFont.Layout.RAQM if shaping and features.check("raqm") else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, layout_engine=engine)


@cache
def faces(script: Script = Script.LATIN) -> tuple[Face, ...]:
    """Every usable face that draws ``script``, sorted by name; each design once.

    Faces whose letters look exactly like an earlier one's (the Latin letters that Noto repeats in each of its
    families) are left out, so that a fair draw over faces is a fair draw over designs.
    """
    designs: dict[bytes, Face] = {}
    for face in _installed():
        if script in face.scripts:
            designs.setdefault(b"".join(_glyphs(face.at(24), SAMPLES[script])), face)
    return tuple(designs.values())


@cache
def families(script: Script = Script.LATIN) -> tuple[tuple[Face, ...], ...]:
    """The faces that draw ``script``, grouped by family."""
    groups: dict[str, list[Face]] = {}
    for face in faces(script):
        groups.setdefault(face.family, []).append(face)
    return tuple(tuple(group) for group in groups.values())


@cache
def _installed() -> tuple[Face, ...]:
    paths = sorted({path for path in _files() if path.suffix.lower() in SUFFIXES})
    usable = [_read(path) for path in (None, *paths)]
    return tuple(sorted(face for face in usable if face is not None and face.scripts))


def _files() -> Iterator[Path]:
    for folder in SYSTEM_FOLDERS:
        yield from Path(folder).expanduser().rglob("*")
    matplotlib = importlib.util.find_spec("matplotlib")
    if matplotlib is not None and matplotlib.origin is not None:
        yield from (Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf").glob("*")
    for group in ("fonts_ttf", "fonts_otf"):
        for entry in importlib.metadata.entry_points(group=group):
            for file in (entry.dist.files or ()) if entry.dist else ():
                yield Path(str(file.locate()))


def _read(path: Path | None) -> Face | None:
    """The face in a file with the scripts that it draws; None where FreeType reads no letters."""
    try:
        font = _open(path, 24, shaping=False)
    except OSError:
        return None
    family, style = (name or "" for name in font.getname())
    if family.lower().startswith(PICTORIAL):
        return None
    scripts = frozenset(script for script, letters in SAMPLES.items() if _draws(font, script, letters))
    return Face(family, style, path.name if path else "", path, scripts)


def _draws(font: ImageFont.FreeTypeFont, script: Script, letters: str) -> bool:
    if script in NEEDS_SHAPING and not features.check("raqm"):
        return False
    glyphs = _glyphs(font, letters + _NEVER_A_CHARACTER)
    return len(set(glyphs)) == len(glyphs) and b"" not in glyphs[:-1]


def _glyphs(font: ImageFont.FreeTypeFont, letters: str) -> list[bytes]:
    masks = [font.getmask(letter) for letter in letters]
    return [repr(mask.size).encode() + bytes(mask) if any(bytes(mask)) else b"" for mask in masks]
