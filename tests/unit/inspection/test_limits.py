import pytest

from packshot.inspection.limits import Limits


@pytest.mark.parametrize(
    ("value", "severity", "score"),
    [(0.9, None, 0.0), (1.0, "warning", 0.0), (2.0, "error", 0.5), (9.0, "error", 1.0)],
)
def test_more_is_worse(value, severity, score):
    limits = Limits(warning=1.0, error=2.0, worst=3.0)
    assert limits.severity(value) == severity
    assert limits.score(value) == score


@pytest.mark.parametrize(
    ("value", "severity", "score"),
    [(51, None, 0.0), (50, "warning", 0.0), (30, "error", 0.5), (0, "error", 1.0)],
)
def test_less_is_worse(value, severity, score):
    limits = Limits(warning=50.0, error=30.0, worst=10.0)
    assert limits.severity(value) == severity
    assert limits.score(value) == score


def test_without_an_error_limit_it_stays_a_warning():
    assert Limits(warning=1.0, worst=2.0).severity(100.0) == "warning"
