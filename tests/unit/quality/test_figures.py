import numpy as np
import pytest

from packshot.quality.figures import Column, Measurement, decibels, mean_squared_error, median, rows

COLUMNS = (Column("a", "a", 2), Column("share", "share %", percent=True), Column("m", "m", merge=median))


def test_rows_follow_the_order_of_the_sets_and_the_names_of_the_backends() -> None:
    measured = [
        Measurement(("wide", "all"), "zeta", {"a": 1.0, "share": 1.0, "m": 1.0}),
        Measurement(("thin", "all"), "zeta", {"a": 3.0, "share": 0.0, "m": 9.0}),
        Measurement(("thin", "all"), "alpha", {"a": 5.0, "share": None, "m": 2.0}),
        Measurement(("thin", "all"), "zeta", {"a": 5.0, "share": 0.0, "m": 2.0}),
    ]
    made = rows(measured, COLUMNS, ("thin", "wide", "nothing", "all"))
    assert [(row.set, row.backend, row.photos) for row in made] == [
        ("thin", "alpha", 1),
        ("thin", "zeta", 2),
        ("wide", "zeta", 1),
        ("all", "alpha", 1),
        ("all", "zeta", 3),
    ]
    assert made[-1].values == {"a": 3.0, "share": pytest.approx(1 / 3), "m": 2.0}


def test_what_is_not_defined_is_a_dash_and_null_and_not_counted() -> None:
    values = [{"a": None, "share": None}, {"a": 4.0, "share": None}]
    (row,) = rows([Measurement(("s",), "b", v) for v in values], COLUMNS, ("s",))
    assert [column.cell(row.values[column.key]) for column in COLUMNS] == ["4.00", "-", "-"]
    assert row.as_dict() == {"set": "s", "backend": "b", "photos": 2, "a": 4.0, "share": None, "m": None}


def test_shares_are_printed_in_per_cent() -> None:
    assert COLUMNS[1].cell(0.285) == "28.5"


def test_decibels_of_known_errors() -> None:
    first = np.full((4, 4, 3), 100, np.uint8)
    second = first.copy()
    second[0, 0] = 90
    corner = np.zeros((4, 4), bool)
    corner[0, 0] = True
    assert mean_squared_error(first, second, corner) == 100.0
    assert mean_squared_error(first, second, ~corner) == 0.0
    assert decibels(100.0, 80.0) == pytest.approx(28.13, abs=0.01)
    assert decibels(0.0, 80.0) == decibels(1e-9, 80.0) == 80.0
