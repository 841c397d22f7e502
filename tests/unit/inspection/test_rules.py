from datetime import date

import pytest

from packshot.errors import RecipeError, UnknownNameError
from packshot.finding import Severity
from packshot.inspection.rule_kinds import MinSize
from packshot.inspection.rules import channel_names, load_pack, load_rules

DAY = date(2026, 11, 24)


def rules_of(channel, day=DAY):
    return load_rules([channel], day)[0]


@pytest.mark.parametrize(
    ("day", "severities"),
    [
        (date(2026, 4, 13), set()),
        (date(2026, 4, 14), {Severity.WARNING}),
        (date(2027, 1, 30), {Severity.WARNING}),
        (date(2027, 1, 31), {Severity.ERROR}),
    ],
)
def test_google_500_px_changes_on_its_days(day, severities):
    google = rules_of("google", day)
    assert {rule.severity for rule in google.of(MinSize) if rule.width == 500} == severities


@pytest.mark.parametrize("channel", channel_names())
def test_every_pack_loads_and_demands_something(channel):
    pack = load_pack(channel)
    assert pack.title
    assert rules_of(channel).rules
    for rule in pack.rules:
        assert rule.source_url.startswith(("https://", "docs/"))


def test_typed_getters_read_the_packs():
    amazon, walmart, zalando = rules_of("amazon-main"), rules_of("walmart"), rules_of("zalando")
    assert amazon.required_long_side() == 500
    assert amazon.recommended_long_side() == 1600
    assert amazon.max_side == 10000
    assert amazon.formats[0] == "jpeg"
    assert amazon.fill.min == 0.85
    assert amazon.aspect_ratio is None
    assert walmart.max_bytes == 5_000_000
    assert walmart.white_background is not None
    assert zalando.frame() == {
        "channel": "zalando",
        "ratio": [1.0, 1.44],
        "ratio_tolerance": 0.01,
        "required_long_side": 1100,
    }


def test_a_rule_for_apparel_spares_other_categories():
    google = rules_of("google")
    assert 250 in {rule.width for rule in google.sizes("apparel/knit")}
    assert 250 not in {rule.width for rule in google.sizes("lamps")}
    assert 250 not in {rule.width for rule in google.sizes(None)}


def test_unknown_channel_lists_the_choices():
    with pytest.raises(UnknownNameError, match="amazon-main, ebay"):
        load_rules(["amazone"], DAY)


GOOD = """
title: Our shop
rules:
  - kind: min_long_side
    px: 800
    severity: error
    effective_from: null
    source_url: https://shop.example/rules
    verified_on: 2026-11-24
    confidence: primary
"""


FRAME = "kind: aspect_ratio\n    tolerance: 0.1\n    width: %s\n    height: %s"


def test_a_pack_of_ones_own_is_called_like_its_file(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(GOOD)
    (shop,) = load_rules([str(path)], DAY)
    assert (shop.name, shop.title, shop.required_long_side()) == ("shop", "Our shop", 800)


@pytest.mark.parametrize("other", ["again/Shop.yaml", "google.yaml"])
def test_two_channels_of_one_name_are_refused(tmp_path, other):
    (tmp_path / "again").mkdir()
    for path in (tmp_path / "shop.yaml", tmp_path / other):
        path.write_text(GOOD)
    with pytest.raises(RecipeError, match=r"(?i)its name '(shop|google)' is that of .*Rename the file"):
        load_rules([str(tmp_path / "shop.yaml"), "google", str(tmp_path / other)], DAY)


def test_a_pack_without_a_name_is_refused(tmp_path):
    path = tmp_path / "...yaml"
    path.write_text(GOOD)
    with pytest.raises(RecipeError, match="no name"):
        load_rules([str(path)], DAY)


@pytest.mark.parametrize(
    ("broken", "key"),
    [
        (GOOD.replace("px: 800", "px: -1"), r"rules\.0\.min_long_side\.px"),
        (GOOD.replace("kind: min_long_side", "kind: min_depth"), r"rules\.0"),
        (GOOD.replace("    severity: error\n", ""), r"severity"),
        (GOOD + "colour: blue\n", "colour"),
        ("rules: [", "flow"),
        (GOOD.replace("verified_on: 2026-11-24", "verified_on: 2027-02-30"), "day is out of range"),
        ("[" * 5000, "nested too deeply"),
        (GOOD.replace("kind: min_long_side\n    px: 800", FRAME % ("1e300", "1")), "100 : 1"),
        (GOOD.replace("kind: min_long_side\n    px: 800", FRAME % ("1", ".inf")), "100 : 1"),
    ],
)
def test_a_malformed_pack_is_refused_with_file_and_key(tmp_path, broken, key):
    path = tmp_path / "shop.yaml"
    path.write_text(broken)
    with pytest.raises(RecipeError, match=rf"shop\.yaml: .*{key}"):
        load_rules([str(path)], DAY)


def test_a_missing_pack_is_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"gone\.yaml"):
        load_rules([str(tmp_path / "gone.yaml")], DAY)
