import json
from pathlib import Path

import pytest
from batches import full_disk, no_limit

from packshot.errors import OutputError
from packshot.executors.journal import NAME, Journal
from packshot.executors.partial import remove_partial_files
from packshot.executors.record import Record


def record(target: str, key: str = "k") -> Record:
    trail = {"name": target, "verdict": "publish", "reasons": []}
    return Record(
        f"in/{target}.png", target, f"{target}.png", [], key, False, 0.1, 0.1, (3, 2), (3, 2), {}, trail
    )


def test_records_come_back_and_the_last_of_a_target_counts(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(record("a", "old"))
        journal.append(record("b"))
        journal.append(record("a", "new"))
    with Journal(tmp_path) as journal:
        assert journal.find("a") == record("a", "new")
        assert journal.find("b") == record("b")
        assert journal.find("c") is None


def test_a_torn_last_line_is_cut_off_and_the_file_goes_on(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(record("a"))
        journal.append(record("b"))
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-20])
    with Journal(tmp_path) as journal:
        assert journal.find("a") == record("a")
        assert journal.find("b") is None
        journal.append(record("c"))
    with Journal(tmp_path) as journal:
        assert journal.find("c") == record("c")
    assert path.read_bytes().count(b"\n") == 2


def test_a_damaged_line_costs_only_itself(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(record("a"))
    path = tmp_path / NAME
    whole = path.read_bytes()
    wrong_types = json.dumps(json.loads(whole) | {"target": ["a"]}).encode()
    no_verdict = json.dumps(json.loads(whole) | {"target": "b", "verdict": "perhaps"}).encode()
    broken = (b'{"half": ', b"[]", b"[" * 100_000, wrong_types, no_verdict, whole)
    path.write_bytes(b"\n".join(broken))
    with Journal(tmp_path) as journal:
        assert journal.find("a") == record("a")
        assert journal.find("b") is None


@no_limit
def test_a_line_that_does_not_fit_on_the_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(record("a"))
    whole = (tmp_path / NAME).read_bytes()
    told = pytest.raises(OutputError, match=r"trail\.jsonl: File too large.*make room")
    with full_disk(len(whole) + 10), told, Journal(tmp_path) as journal:
        journal.append(record("b"))
    assert (tmp_path / NAME).read_bytes() == whole


def test_partial_files_are_removed_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "publish").mkdir()
    for name in ("publish/.0123456789abcdef.part", "publish/my.part", "publish/.photo.part"):
        (tmp_path / name).write_bytes(b"")
    remove_partial_files(tmp_path)
    assert sorted(path.name for path in (tmp_path / "publish").iterdir()) == [".photo.part", "my.part"]
