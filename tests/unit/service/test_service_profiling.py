"""Looking back into a ledger that was written by hand."""

from io import BytesIO
from itertools import count
from typing import Any

import numpy as np
import pytest
from homes import picture, send, work
from PIL import Image
from sqlalchemy.orm import Session

from packshot.finding import Finding, Severity
from packshot.ledger.database import Ledger
from packshot.ledger.rollout_tables import Comparing, Comparison, RecipeRow, Rollout, Runs
from packshot.ledger.tables import Artefact, Batch, Item, Photo, State, TrailRow
from packshot.service import profiling
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import Decision, Verdict

START = 1_000_000.0
LIVE, CANDIDATE = "a" * 64, "b" * 64
_numbers = count()


class Heard:
    def __init__(self) -> None:
        self.total = self.seen = 0

    def begin(self, what: str, total: int) -> None:
        del what
        self.total = total

    def done(self, path: str, outcome: str) -> None:
        del path, outcome
        self.seen += 1


def body(verdict: Verdict, *codes: str) -> dict[str, Any]:
    after = tuple(Finding(code, Severity.ERROR, 0.5, code) for code in codes)
    steps = (Step("inspect", Outcome.UNCHANGED, 0.2, 0.1), Step("crop", Outcome.APPLIED, 0.2, 0.1))
    return Trail("a", "d", LIVE, Decision(verdict), after, after, steps=steps, category="knit").as_dict()


def add_item(session: Session, state: State = State.DONE, *, at: float = 1.0, merchant: str = "acme") -> Item:
    number = next(_numbers)
    item = Item(
        id=f"job_{number:04}",
        batch_id="bat",
        position=number,
        name=f"{number:04}.jpg",
        options={},
        state=state,
        merchant=merchant,
        category="knit",
        created_at=START,
        updated_at=START + at,
    )
    session.add(item)
    session.flush()
    return item


def add_trail(session: Session, item: Item, told: dict[str, Any], *, at: float = 1.0, **other: Any) -> None:
    own = {"first": True, "recipe_digest": LIVE, **other}
    session.add(
        TrailRow(
            id=f"trl_{next(_numbers):04}",
            item_id=item.id,
            body=told,
            files=[],
            failed_checks=False,
            seconds=1.0,
            cpu_seconds=0.5,
            created_at=START + at,
            **own,
        )
    )
    session.flush()


def add_batch(session: Session) -> None:
    session.add(Batch(id="bat", actor="t", source="api", options={}, created_at=START))
    session.flush()


def add_rollout(session: Session, name: str, at: float = 0.0) -> None:
    for digest in (LIVE, CANDIDATE):
        if session.get(RecipeRow, digest) is None:
            session.add(RecipeRow(digest=digest, content={}, created_at=START))
    session.flush()
    session.add(
        Rollout(
            id=f"rol_{name}",
            name=name,
            plan={},
            salt="s",
            baseline=LIVE,
            candidate=CANDIDATE,
            status="running",
            phase=0,
            phase_at=START,
            actor="t",
            created_at=START + at,
        )
    )
    session.flush()


def add_comparison(session: Session, item: Item, rollout: str, **other: Any) -> None:
    own = {
        "state": Comparing.DONE,
        "done_at": START + 1,
        "baseline": {"pass_rate": 1.0, "cpu": 1.0, "memory": None},
        "candidate": {"pass_rate": 0.0, "cpu": 2.0, "edge_fidelity": 0.5},
        "difference": 0.0,
        **other,
    }
    session.add(
        Comparison(
            id=f"cmp_{next(_numbers):04}",
            rollout_id=f"rol_{rollout}",
            phase=0,
            item_id=item.id,
            runs=Runs.CANDIDATE,
            created_at=START,
            **own,
        )
    )
    session.flush()


def test_first_trails_of_the_window_count_and_no_others(service) -> None:
    with service.ledger.transaction() as session:
        add_batch(session)
        for at in (-0.1, 0.0, 9.9, 10.0):
            add_trail(session, add_item(session), body(Verdict.PUBLISH), at=at)
        twice = add_item(session, merchant="other")
        add_trail(session, twice, body(Verdict.REVIEW, "blurry"), at=5)
        add_trail(session, twice, body(Verdict.PUBLISH), at=6, first=False)
    heard = Heard()
    with service.ledger.reading() as session:
        profile = profiling.profile(session, START, START + 10, heard)
    assert profile.whole.photos == heard.total == heard.seen == 3
    assert profile.whole.review == 1
    assert {name: group.photos for name, group in profile.merchants.items()} == {"acme": 2, "other": 1}
    assert profile.stages["crop"].applied == 3


def test_more_photos_than_are_read_at_a_time(service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "_PAGE", 7)
    with service.ledger.transaction() as session:
        add_batch(session)
        for _ in range(30):
            add_trail(session, add_item(session), body(Verdict.PUBLISH))
    with service.ledger.reading() as session:
        assert profiling.profile(session, START, START + 10, Heard()).whole.photos == 30


def test_photos_that_ended_without_a_trail_are_told_of(service) -> None:
    with service.ledger.transaction() as session:
        add_batch(session)
        for state in (State.FAILED, State.FAILED, State.SKIPPED, State.ACCEPTED):
            add_item(session, state)
        add_item(session, State.FAILED, at=99)
    with service.ledger.reading() as session:
        assert profiling.untreated(session, START, START + 10) == {"failed": 2, "skipped": 1}


def test_the_newest_rollout_of_the_window_is_compared(service) -> None:
    with service.ledger.transaction() as session:
        add_batch(session)
        add_rollout(session, "old", at=-9)
        add_rollout(session, "new")
        add_rollout(session, "quiet", at=5)
        item = add_item(session)
        add_comparison(session, item, "old")
        for done in ({}, {"difference": 0.2}, {"done_at": START + 99}, {"state": Comparing.DROPPED}):
            add_comparison(session, add_item(session), "new", **done)
        add_comparison(session, item, "quiet", state=Comparing.PENDING, done_at=None)
    with service.ledger.reading() as session:
        found = profiling.compared(session, START, START + 10)
        assert profiling.compared(session, START + 200, START + 300) is None
    assert found is not None
    assert (found.rollout, found.live, found.candidate) == ("new", LIVE, CANDIDATE)
    assert (found.beside.photos, found.beside.differing) == (2, 1)
    assert found.beside.as_dict()["metrics"] == [
        {"metric": "pass_rate", "live": 1.0, "candidate": 0.0, "pairs": 2},
        {"metric": "cpu", "live": 1.0, "candidate": 2.0, "pairs": 2},
    ]


def test_what_is_known_of_each_side_is_told_and_no_more(service) -> None:
    with service.ledger.transaction() as session:
        add_batch(session)
        add_rollout(session, "r")
        shadowed, failed, unknown = (add_item(session) for _ in range(3))
        decisions = {
            "baseline": {"verdict": "review", "codes": ["blurry"]},
            "candidate": {"verdict": "publish", "codes": []},
        }
        add_comparison(session, shadowed, "r", difference=0.9, decisions=decisions)
        one = {"baseline": decisions["baseline"]}
        candidate = {"failure_rate": 1.0}
        add_comparison(session, failed, "r", difference=0.8, candidate=candidate, decisions=one)
        add_comparison(session, unknown, "r", difference=0.7, candidate={}, decisions=one)
    with service.ledger.reading() as session:
        found = profiling.compared(session, START, START + 10)
    assert found is not None
    blurry = frozenset({"blurry"})
    sides = [
        (one.live.verdict, one.live.findings, one.candidate.verdict, one.candidate.findings)
        for one in found.beside.worst
    ]
    assert sides == [
        ("review", blurry, "publish", frozenset()),
        ("review", blurry, "failed", None),
        ("review", blurry, "failed", None),
    ]
    assert found.beside.worst[0].moved == {"pass_rate": (1.0, 0.0)}
    assert found.beside.worst[0].as_dict()["only_live"] == ["blurry"]
    assert found.beside.worst[1].as_dict()["only_live"] is None


def _jpeg(level: int) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.full((60, 80, 3), level, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_pictures_come_from_what_was_kept_and_missing_ones_are_left_out(service) -> None:
    photo, live, gone = (service.artefacts.put(_jpeg(level)) for level in (10, 90, 200))
    broken = service.artefacts.put(b"no photo")
    with service.ledger.transaction() as session:
        add_batch(session)
        add_rollout(session, "r")
        session.add(Artefact(digest=photo, size=1, media_type="image/png", created_at=START))
        session.flush()
        session.add(Photo(digest=photo, created_at=START))
        session.flush()
        for size, candidate in ((0.9, live), (0.5, gone), (0.4, broken)):
            item = add_item(session)
            item.photo = photo
            kept = {"baseline": photo, "candidate": candidate}
            add_comparison(session, item, "r", difference=size, pictures=kept)
        add_comparison(session, add_item(session), "r", difference=0.3)
    service.artefacts.delete(gone)
    with service.ledger.reading() as session:
        found = profiling.compared(session, START, START + 10, service.artefacts)
    assert found is not None
    exhibits = [one.exhibit for one in found.beside.worst]
    seen = [(bool(e.before), bool(e.live), bool(e.candidate), bool(e.part)) for e in exhibits if e]
    assert seen == [
        (True, True, True, True),
        (True, True, False, False),
        (True, True, False, False),
        (False, False, False, False),
    ]


def test_only_the_worst_are_kept(service) -> None:
    with service.ledger.transaction() as session:
        add_batch(session)
        add_rollout(session, "r")
        for number in range(25):
            add_comparison(session, add_item(session), "r", difference=number / 100)
    with service.ledger.reading() as session:
        found = profiling.compared(session, START, START + 10)
    assert found is not None
    assert [round(100 * one.size) for one in found.beside.worst] == list(range(24, 4, -1))
    assert (found.beside.photos, found.beside.differing) == (25, 24)


def test_what_a_service_really_writes_can_be_read(service) -> None:
    send(service, {"good.png": picture(1), "poor.png": picture(2, 60), "broken.png": b"no photo"})
    work(service)
    with service.ledger.reading() as session:
        profile = profiling.profile(session, 0, 1e12, Heard())
    assert profile.whole.photos == 3
    assert profile.as_dict()["verdicts"] == {"publish": 1, "review": 1, "reject": 1}
    assert set(profile.held_back) == {"low_resolution", "unsupported_format"}


def test_it_reads_a_page_at_a_time_from_postgresql_too(postgresql, monkeypatch) -> None:
    monkeypatch.setattr(profiling, "_PAGE", 3)
    with postgresql.database() as url:
        ledger = Ledger(url)
        with ledger.transaction() as session:
            add_batch(session)
            add_rollout(session, "r")
            for number in range(10):
                item = add_item(session)
                add_trail(session, item, body(Verdict.PUBLISH))
                add_comparison(session, item, "r", difference=number / 10)
        with ledger.reading() as session:
            profile = profiling.profile(session, START, START + 10, Heard())
            found = profiling.compared(session, START, START + 10)
        ledger.close()
    assert profile.whole.photos == 10
    assert found is not None
    assert (found.beside.photos, len(found.beside.worst)) == (10, 9)
