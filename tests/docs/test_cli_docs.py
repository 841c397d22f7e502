"""docs/cli.md holds every command with every option, and nothing that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from packshot.cli import app
from packshot.cli.treat import Hint
from packshot.executors.sources import EXTENSIONS

TEXT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## packshot (\S+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
OPTION = re.compile(r"--[a-z][a-z-]+")


def commands() -> Iterator[tuple[str, str, set[str]]]:
    """Section, command and options of every command."""
    for name, command in get_command(app).commands.items():
        for sub, leaf in getattr(command, "commands", {"": command}).items():
            options = {flag for parameter in leaf.params for flag in parameter.opts if flag.startswith("--")}
            yield name, f"packshot {name} {sub}".strip(), options


@pytest.mark.parametrize(("section", "command", "options"), list(commands()))
def test_every_command_and_option_is_documented(section: str, command: str, options: set[str]) -> None:
    assert command in TEXT
    assert not options - set(OPTION.findall(SECTIONS[section])), command


def test_no_section_names_a_command_or_option_that_is_not_there() -> None:
    known: dict[str, set[str]] = {}
    for section, _, options in commands():
        known.setdefault(section, {"--help", "--out"}).update(options)
    assert set(SECTIONS) == set(known)
    for section, text in SECTIONS.items():
        assert not set(OPTION.findall(text)) - known[section], section


def test_hints_extensions_and_exit_codes_are_named() -> None:
    assert all(f"`{hint.value}`" in TEXT for hint in Hint)
    assert all(extension[1:] in TEXT for extension in EXTENSIONS)
    assert all(f"| {code} |" in TEXT for code in (0, 1, 2, 130))


def test_commands_explain_themselves() -> None:
    for command in typer.main.get_command(app).commands.values():
        assert command.get_short_help_str()
