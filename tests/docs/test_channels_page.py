from pathlib import Path

import pytest
from channel_table import table

from packshot.inspection.rules import channel_names, load_pack

PAGE = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("channel", channel_names())
def test_page_shows_every_rule_of_the_pack(channel):
    pack = load_pack(channel)
    assert f"## `{channel}`: {pack.title}\n\n{table(pack)}\n" in PAGE


def test_the_example_pack_loads(tmp_path):
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "shop.yaml"
    path.write_text(example)
    assert load_pack(str(path)).title == "Our shop"
