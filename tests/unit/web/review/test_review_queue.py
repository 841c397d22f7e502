"""The queue: its order, its parts, and deciding."""

import re

import pytest
from review_pages import GOOD, Home, picture

from packshot.ledger.tables import State

HX = {"hx-request": "true", "hx-target": "queue"}


@pytest.fixture
def queue(local: Home) -> Home:
    """Three photos: in order of what they may cost b, c, a."""
    for number, (name, merchant, category, loss) in enumerate(
        (("a", "acme", "knit", 0.2), ("b", "acme", "shoes", 0.9), ("c", "other", "knit", 0.4))
    ):
        local.send({name: picture(number)}, merchant=merchant, category=category)
        with local.context.ledger.transaction() as session:
            session.merge(local.items()[name]).loss = loss
    return local


def shown(html: str) -> list[str]:
    return re.findall(r'aria-label="Open (\w+)"', html)


def test_what_may_cost_most_comes_first(queue: Home) -> None:
    assert shown(queue.client.get("/review").text) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"merchant": "acme"}, ["b", "a"]),
        ({"category": "knit"}, ["c", "a"]),
        ({"code": "low_resolution"}, ["b", "c", "a"]),
        ({"code": "blurry"}, []),
        ({"merchant": "acme", "category": "knit"}, ["a"]),
        ({"merchant": "-"}, []),
        ({"offset": "1"}, ["c", "a"]),
    ],
)
def test_a_part_of_it(queue: Home, query: dict[str, str], expected: list[str]) -> None:
    assert shown(queue.client.get("/review", params=query).text) == expected


def test_nothing_there_is_said_and_what_to_do(local: Home) -> None:
    assert "Nothing waits for a decision" in local.client.get("/review").text
    assert "fits this choice" in local.client.get("/review?code=blurry").text


def test_several_of_a_merchant_are_approved_at_once_and_taken_back_at_once(queue: Home) -> None:
    items = queue.items()
    names = [items["a"].id, items["b"].id]
    answer = queue.post("/review/decide", HX, action="approve", job=names)
    assert shown(answer.text) == ["c"]
    assert "You approved 2 photos" in answer.text
    queue.work()
    assert {queue.items()[name].state for name in "ab"} == {State.DONE}
    reviews = re.findall(r'name="review" value="(\w+)"', answer.text)
    again = queue.post("/review/undo", HX, review=reviews)
    assert shown(again.text) == ["b", "c", "a"]


def test_photos_of_several_merchants_are_not_decided_at_once(queue: Home) -> None:
    answer = queue.post("/review/decide", HX, action="approve", job=[i.id for i in queue.items().values()])
    assert answer.status_code == 422
    assert "several merchants" in answer.text
    assert answer.headers["hx-retarget"] == "#notice"
    assert {item.state for item in queue.items().values()} == {State.NEEDS_REVIEW}


def test_one_that_is_decided_already_keeps_the_others_from_being(queue: Home) -> None:
    items = queue.items()
    queue.post(f"/review/{items['a'].id}/reject", reason="blurred")
    answer = queue.post("/review/decide", HX, action="approve", job=[items["a"].id, items["b"].id])
    assert "not in review" in answer.text
    assert queue.items()["b"].state == State.NEEDS_REVIEW


def test_nothing_selected_is_nothing_decided(queue: Home) -> None:
    assert "Nothing is selected" in queue.post("/review/decide", HX, action="approve").text


def test_a_rejection_needs_a_reason_and_keeps_it(queue: Home) -> None:
    job = queue.items()["b"].id
    assert queue.post(f"/review/{job}/reject", own="  ").status_code == 422
    assert queue.post(f"/review/{job}/reject", own="x" * 501).status_code == 422
    queue.post(f"/review/{job}/reject", reason="listed", own="in my own words")
    assert queue.items()["b"].reason == "in my own words"


def test_after_a_decision_comes_the_next_photo(queue: Home) -> None:
    items = queue.items()
    after = queue.post(f"/review/{items['b'].id}/approve").headers["location"]
    assert after == f"/review/{items['c'].id}"
    after = queue.post(f"/review/{items['c'].id}/reject", reason="no").headers["location"]
    assert after == f"/review/{items['a'].id}"
    assert queue.post(f"/review/{items['a'].id}/approve").headers["location"] == "/review"


def test_the_next_photo_is_of_the_same_part(queue: Home) -> None:
    items = queue.items()
    answer = queue.post(f"/review/{items['b'].id}/approve", in_merchant="acme")
    assert answer.headers["location"] == f"/review/{items['a'].id}?merchant=acme"


def test_redo_keeps_what_else_was_asked_for(queue: Home) -> None:
    job = queue.items()["a"].id
    with queue.context.ledger.transaction() as session:
        session.merge(queue.items()["a"]).options = {"channels": ["ebay"]}
    answer = queue.post(f"/review/{job}/redo", **{"hint": "all", "backend.filler_texture": "navier-stokes"})
    assert answer.status_code == 303, answer.text
    options = queue.items()["a"].options
    assert (options["channels"], options["backends"]) == (["ebay"], {"filler_texture": "navier-stokes"})


@pytest.mark.parametrize(
    "fields", [{"hint": "all of it"}, {"backend.no": "fsr"}, {"backend.filler_texture": "no"}]
)
def test_what_does_not_exist_is_not_redone(queue: Home, fields: dict[str, str]) -> None:
    assert queue.post(f"/review/{queue.items()['a'].id}/redo", **fields).status_code == 422
    assert queue.items()["a"].state == State.NEEDS_REVIEW


def test_a_photo_in_work_says_so_until_it_is_through(queue: Home) -> None:
    job = queue.items()["a"].id
    queue.post(f"/review/{job}/redo", hint="all")
    page = queue.client.get(f"/review/{job}").text
    assert "It waits for a worker" in page
    assert "It waits" in queue.client.get(f"/review/{job}/progress").text
    queue.work()
    assert queue.client.get(f"/review/{job}/progress").headers["hx-refresh"] == "true"


def test_an_empty_mask_is_refused(queue: Home) -> None:
    job = queue.items()["a"].id
    fields = {"token": queue.token()}
    answer = queue.client.post(f"/review/{job}/erase", data=fields, files={"mask": ("m.png", b"no png")})
    assert answer.status_code in (415, 422)
    assert queue.client.post(f"/review/{job}/erase", data=fields).status_code == 422


def test_a_batch_is_taken_back_and_restored(local: Home) -> None:
    batch = local.send({"a": picture(1, GOOD)}, merchant="acme")
    assert "Unpublish" in local.client.get(f"/batches/{batch}").text
    local.post(f"/batches/{batch}/unpublish")
    page = local.client.get(f"/batches/{batch}").text
    assert "Taken back" in page
    assert "Nothing is published" in local.client.get("/products/acme/a").text
    local.post(f"/batches/{batch}/restore")
    assert "Nothing is published" not in local.client.get("/products/acme/a").text


def test_the_form_submits(local: Home) -> None:
    files = [
        ("files", ("x.png", picture(3, GOOD), "image/png")),
        ("files", ("y.png", picture(4), "image/png")),
    ]
    fields = {"token": local.token(), "merchant": " acme ", "category": "", "attested_by": "Rights desk"}
    answer = local.client.post("/submit", data=fields, files=files)
    assert answer.status_code == 303, answer.text
    local.work()
    found = local.items()
    assert {name: item.state for name, item in found.items()} == {"x.png": "done", "y.png": "needs_review"}
    assert {(item.merchant, item.category) for item in found.values()} == {("acme", None)}
    assert "Rights desk" in local.client.get(answer.headers["location"]).text


def test_a_form_without_photos_says_so(local: Home) -> None:
    assert "holds no photo" in local.post("/submit", merchant="acme").text
