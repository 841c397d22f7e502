"""What a job tells a person: its pace, its report, and progress on the way."""

from pathlib import Path

import pytest

from packshot.cli import console
from packshot.cli.job import Job, describe, report
from packshot.executors.batch import BatchResult
from packshot.executors.record import Record
from packshot.recipe import Recipe


def result(read: int, unreadable: int = 0, resumed: int = 0) -> BatchResult:
    def record(number: int) -> Record:
        size = (80, 60) if number < read else None
        verdict = "publish" if size else "reject"
        message = f"A caption saying '{'x' * 40}' lies over the photo."
        finding = {"message": message, "code": "overlay_text", "severity": "error", "box": None}
        trail = {
            "verdict": verdict,
            "reasons": [message],
            "steps": [],
            "findings_before": [],
            "findings_after": [{**finding, "evidence": {"text": "x" * 40}}],
            "score_before": 1.0,
            "score_after": 1.0,
            "category": None,
            "recipe_digest": "d" * 64,
        }
        name = f"{number}.jpg"
        done_before = number < resumed
        return Record(name, name, None, [], "k", False, 0.1, 0.1, size, size, {}, trail, resumed=done_before)

    records = tuple(record(number) for number in range(read + unreadable))
    return BatchResult(records, total=len(records), seconds=3.6, cpu_seconds=1.0)


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        (result(5), True),
        (result(4), False),
        (result(4, unreadable=9), False),
        (result(9, resumed=5), False),
    ],
)
def test_the_pace_is_told_only_of_enough_photos(batch: BatchResult, told: bool, tmp_path: Path) -> None:
    job = Job((), tmp_path, Recipe(channels=("zalando",)), attested_by="A. Merchant")
    assert any("photos an hour" in line for line in describe(batch)) == told
    page = report(batch, job).read_text(encoding="utf-8")
    assert ("photos an hour" in page) == told
    assert "zalando" in page
    assert "A. Merchant" in page


def test_a_cut_quote_in_a_reason_ends_in_an_ellipsis() -> None:
    assert any(f"'{'x' * 40}…'" in line for line in describe(result(1)))


def test_progress_lists_no_photo_and_counts_outcomes_only_where_they_are_final(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for outcomes in (False, True):
        with console.Meter(outcomes=outcomes) as meter:
            meter.begin("Processing", 2)
            meter.done("a.jpg", "publish")
            meter.done("b.jpg", "review")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        *("[1/2] Processing", "[2/2] Processing"),
        *("[1/2] 1 publish", "[2/2] 1 publish, 1 review"),
    ]


def test_progress_of_a_large_batch_fits_into_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with console.Meter(outcomes=True) as meter:
        meter.begin("Processing", 1005)
        for number in range(1005):
            meter.done(f"{number}.jpg", "publish")
    lines = capsys.readouterr().err.splitlines()
    assert 50 < len(lines) <= 100
    assert lines[0] == "[  11/1005] 11 publish"
    assert lines[-1] == "[1005/1005] 1005 publish"
