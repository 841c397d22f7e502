"""JUnit XML, which every CI system shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from packshot.edges.report.wording import sentence
from packshot.executors.validate import Checked
from packshot.finding import Severity

# XML 1.0, production 2: everything else is no character and would make the document unreadable.
_NO_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(photos: Sequence[Checked]) -> str:
    """One test case a photo; what keeps it from passing is its failure, the rest is its output."""
    failed = sum(not photo.passed for photo in photos)
    counts = {"tests": str(len(photos)), "failures": str(failed), "errors": "0"}
    root = ET.Element("testsuites", {"name": "packshot", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "packshot validate", **counts})
    for photo in photos:
        case = ET.SubElement(suite, "testcase", {"classname": "packshot", "name": _clean(photo.path)})
        said = [(f, sentence(f.as_dict())) for f in photo.findings]
        lines = [f"{f.severity.value} {f.code}: {text}" for f, text in said]
        if not photo.passed:
            errors = [text for f, text in said if f.severity is Severity.ERROR]
            message = " ".join(errors) or f"The score is {photo.score:.2f}."
            failure = ET.SubElement(case, "failure", {"message": _clean(message)})
            failure.text = _clean("\n".join(lines))
        elif lines:
            ET.SubElement(case, "system-out").text = _clean("\n".join(lines))
    ET.indent(root)
    return ET.tostring(root, "unicode", xml_declaration=False)


def _clean(text: str) -> str:
    return _NO_CHARACTER.sub("\ufffd", text)
