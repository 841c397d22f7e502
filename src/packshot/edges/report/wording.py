"""Findings in words for a person, out of a line of ``trail.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST_QUOTE = 40
"""Characters of overlaid text that an inspection quotes at most; a quote of that length was cut."""


def sentence(finding: Mapping[str, Any]) -> str:
    """The message of a finding; an ellipsis shows where the text that it quotes was cut."""
    text, message = finding["evidence"].get("text", ""), finding["message"]
    return str(message).replace(f"'{text}'", f"'{shortened(text)}'")


def reasons(line: Mapping[str, Any]) -> list[str]:
    """The reasons of a line's verdict, worded like its findings."""
    told = {finding["message"]: sentence(finding) for finding in line["findings_after"]}
    return [told.get(reason, reason) for reason in line["reasons"]]


def shortened(text: str) -> str:
    """``text`` as an inspection quotes it, with an ellipsis where it was cut."""
    whole = len(text) < LONGEST_QUOTE or text.endswith("…")
    return text if whole else text.rstrip() + "…"
