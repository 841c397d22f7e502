"""A small ledger by hand, with figures that can be worked out on paper."""

import math
from itertools import count

import numpy as np
import pytest
from homes import home, send

from packshot.ledger.database import Ledger
from packshot.ledger.tables import Batch, Flaw, Item, Publication, Review, State, TrailRow
from packshot.service import fidelity
from packshot.service.measures import Measures, expose, flaws, measure, series

_START = 1_000_000.0
_numbers = count()


def _photo(
    session,
    state: State = State.DONE,
    *,
    at: float = 0.0,
    merchant: str | None = "acme",
    errors: tuple[str, ...] = (),
    edges: float | None = None,
    artefact: bool | None = None,
    residue: bool | None = None,
    seconds: float = 1.0,
    published: tuple[float, ...] = (),
    reviews: tuple[str, ...] = (),
    undone: bool = False,
    again: bool = False,
) -> None:
    """A photo that was first treated ``at`` seconds after the start, and created ten seconds before."""
    name = f"{next(_numbers):03}"
    common = {"body": {}, "files": [], "recipe_digest": "", "cpu_seconds": seconds / 2, "seconds": seconds}
    session.add(
        Item(
            id=f"job_{name}",
            batch_id="bat",
            position=int(name),
            name=name,
            options={},
            state=state,
            merchant=merchant,
            created_at=_START + at - 10,
            updated_at=0.0,
        )
    )
    session.flush()
    session.add(
        TrailRow(
            id=f"trl_{name}",
            item_id=f"job_{name}",
            first=True,
            failed_checks=bool(errors),
            edge_fidelity=edges,
            artefact=artefact,
            residue=residue,
            created_at=_START + at,
            **common,
        )
    )
    if again:
        session.add(
            TrailRow(
                id=f"trl_{name}b",
                item_id=f"job_{name}",
                first=False,
                failed_checks=True,
                edge_fidelity=0.0,
                artefact=True,
                residue=True,
                created_at=_START + at,
                **common,
            )
        )
    session.flush()
    session.add_all(Flaw(trail_id=f"trl_{name}", code=code) for code in errors)
    for number, action in enumerate(reviews):
        session.add(
            Review(
                id=f"rev_{name}_{number}",
                item_id=f"job_{name}",
                actor="anna",
                action=action,
                before={},
                created_at=0.0,
                undone_at=1.0 if undone else None,
            )
        )
    for number, after in enumerate(published):
        session.add(
            Publication(
                id=f"pub_{name}_{number}",
                item_id=f"job_{name}",
                batch_id="bat",
                product="P",
                slot=name,
                entry={},
                published_at=_START + at - 10 + after,
            )
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request, tmp_path):
    if request.param == "sqlite":
        opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
        yield opened
        opened.close()
        return
    with request.getfixturevalue("postgresql").database() as url:
        opened = Ledger(url)
        yield opened
        opened.close()


@pytest.fixture
def filled(ledger):
    with ledger.transaction() as session:
        session.add(Batch(id="bat", actor="a", source="api", options={}, created_at=0.0))
        session.flush()
        _photo(session, edges=0.9, published=(10,))
        _photo(session, at=1, errors=("dark",), artefact=False, published=(30,), reviews=("approve",))
        _photo(session, at=2, edges=0.7, artefact=True, residue=True, published=(20, 500), seconds=3.0)
        _photo(session, State.NEEDS_REVIEW, at=3, errors=("dark", "blurry"), artefact=False, residue=False)
        _photo(session, State.FAILED, at=4, errors=("dark",), merchant="other")
        _photo(session, at=5, published=(100,), reviews=("erase", "redo", "approve"), again=True, seconds=9.0)
        _photo(session, State.SKIPPED, at=6)
        _photo(session, at=-1, errors=("noisy",), edges=0.1, published=(1,))  # before the time
        _photo(session, at=10, errors=("noisy",), edges=0.1, published=(1,))  # after it
    return ledger


def test_the_figures_are_those_of_paper(filled):
    with filled.reading() as session:
        found = measure(session, _START, _START + 10)
    assert found == Measures(
        photos=7,
        failed_checks=pytest.approx(3 / 7),
        automation=pytest.approx(3 / 6),  # of six decided, one was approved, one edited and one still waits
        edits_per_1000=pytest.approx(1000 / 7),
        seconds_to_publish=pytest.approx(25.0),  # the median of 10, 20, 30 and 100
        edge_fidelity=pytest.approx(0.8),
        artefact_rate=pytest.approx(1 / 3),
        residue_rate=pytest.approx(1 / 2),
        cpu_seconds=pytest.approx(17 / 2 / 7),
        seconds=pytest.approx(17 / 7),
    )


def test_errors_are_counted_by_photo_the_most_frequent_first(filled):
    with filled.reading() as session:
        assert flaws(session, _START, _START + 10) == [("dark", 3), ("blurry", 1)]
        assert flaws(session, _START, _START + 10, merchant="other") == [("dark", 1)]


def test_one_merchant_has_figures_of_its_own(filled):
    with filled.reading() as session:
        found = measure(session, _START, _START + 10, merchant="other")
        assert (found.photos, found.failed_checks, found.automation) == (1, 1.0, 1.0)
        assert found.seconds_to_publish is None
        assert measure(session, _START, _START + 10, merchant="nobody").photos == 0


def test_a_series_is_made_of_its_parts(filled):
    with filled.reading() as session:
        found = series(session, _START - 2, _START + 12, 2)
    assert [start for start, _ in found] == [_START - 2, _START + 5]
    assert [figures.photos for _, figures in found] == [6, 3]


def test_an_edit_that_was_taken_back_is_none(ledger):
    with ledger.transaction() as session:
        session.add(Batch(id="bat", actor="a", source="api", options={}, created_at=0.0))
        session.flush()
        _photo(session, reviews=("erase",), undone=True)
    with ledger.reading() as session:
        found = measure(session, _START, _START + 1)
    assert (found.edits_per_1000, found.automation) == (0.0, 0.0)  # but somebody had to look


def test_nothing_is_told_from_nothing(ledger):
    with ledger.reading() as session:
        assert measure(session, 0, 1) == Measures(0, *[None] * 9)
        assert flaws(session, 0, 1) == []


def test_the_gauges_say_nan_for_what_is_unknown(tmp_path):
    with home(tmp_path) as service:
        send(service, {"a.png": b"x", "b.png": b"y"})
        expose(service)
        metrics = service.metrics
        value = {name: getattr(metrics, name).collect()[0].samples[0].value for name in (
            "queue_depth", "queue_age", "auto_publish_ratio", "edge_fidelity"
        )}  # fmt: skip
    assert value["queue_depth"] == 2
    assert value["queue_age"] >= 0
    assert math.isnan(value["auto_publish_ratio"])
    assert math.isnan(value["edge_fidelity"])


def _edged(side: int = 64) -> np.ndarray:
    pixels = np.full((side, side, 3), 255, np.uint8)
    pixels[side // 4 : side // 2, side // 4 : side // 2] = 40
    return pixels


def test_edges_that_are_as_they_were_have_fidelity_one():
    assert fidelity.edge_fidelity(_edged(), _edged(), None) == pytest.approx(1.0)
    assert fidelity.edge_fidelity(
        _edged(), np.repeat(np.repeat(_edged(), 2, 0), 2, 1), None
    ) == pytest.approx(1.0)


def test_edges_that_moved_lose_it_unless_they_were_edited():
    moved = np.roll(_edged(), 5, 1)
    found = fidelity.edge_fidelity(_edged(), moved, None)
    assert found < 0.7
    mask = np.zeros(moved.shape[:2], bool)
    mask[:, 10:45] = True
    moved[50:55, 50:55] = 0
    there = _edged()
    there[50:55, 50:55] = 0
    assert fidelity.edge_fidelity(there, moved, mask) == pytest.approx(1.0)


def test_fidelity_is_unknown_for_another_frame_and_without_edges():
    assert fidelity.edge_fidelity(_edged(), _edged()[:, :50], None) is None
    assert (
        fidelity.edge_fidelity(np.full((9, 9, 3), 7, np.uint8), np.full((9, 9, 3), 7, np.uint8), None) is None
    )
