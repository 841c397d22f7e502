from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from packshot.quality.exhibits import FIRST, WORST, Exhibit, Selection, window


def exhibit(number: int, rank: float) -> Exhibit:
    return Exhibit("set", number, rank, "", ())


@given(st.data())
def test_a_selection_holds_the_first_and_the_worst_of_the_others_in_whatever_order_they_come(
    data: st.DataObject,
) -> None:
    ranks = data.draw(st.lists(st.integers(-5, 5), max_size=20))
    every = [exhibit(number, rank) for number, rank in enumerate(ranks)]
    selection = Selection()
    for one in data.draw(st.permutations(every)):
        selection.add(one)
    assert selection.seen == len(every)
    if len(every) <= FIRST + WORST:
        assert list(selection.first) == every
        assert not selection.worst
        return
    assert list(selection.first) == every[:FIRST]
    others = every[FIRST:]
    assert len(selection.worst) == WORST
    assert all(a.rank <= b.rank for a, b in pairwise(selection.worst))
    left_out = [one for one in others if one not in selection.worst]
    assert all(one.rank >= shown.rank for one in left_out for shown in selection.worst)


@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    side=st.integers(16, 120),
    place=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
)
def test_the_window_is_inside_the_photo_and_holds_the_place_with_the_error(
    height: int, width: int, side: int, place: tuple[float, float]
) -> None:
    error = np.zeros((height, width), np.float32)
    row, column = int(place[0] * height), int(place[1] * width)
    error[row, column] = 1000
    box = window(error, side)
    assert (box.width, box.height) == (min(side, width), min(side, height))
    assert 0 <= box.x0 <= column < box.x1 <= width
    assert 0 <= box.y0 <= row < box.y1 <= height


def test_a_window_without_any_error_is_still_one() -> None:
    assert window(np.zeros((50, 50), np.float32), 40).area == 1600
