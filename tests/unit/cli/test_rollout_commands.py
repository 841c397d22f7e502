"""``packshot rollout``, ``experiment`` and ``models use``, from file to end."""

import json

import pytest
import yaml

from packshot.cli import main

PLAN = {
    "rollout": "stricter",
    "candidate": {"threshold": 0.9},
    "phases": [{"kind": "shadow"}, {"kind": "canary", "weight": 0.1}],
}
TRIAL = {
    "experiment": "thresholds",
    "arms": {"now": {}, "stricter": {"threshold": 0.9}},
    "control": "now",
    "shares": {"now": 0.5, "stricter": 0.5},
}


@pytest.fixture
def packshot(tmp_path, monkeypatch, capsys):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("inspect: [low_resolution]\nstages: [inpaint]\nchannels: [google]\n")
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PACKSHOT_RECIPE", str(recipe))

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        assert (ended.value.code or 0) == code, said.err
        return said.err if code else said.out

    return run


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(PLAN))
    return str(path)


def test_a_rollout_from_file_to_promotion(packshot, plan):
    assert "no rollout yet" in packshot("rollout", "status")
    assert "stricter is under way" in packshot("rollout", "apply", plan, "--as", "ann")
    first = json.loads(packshot("rollout", "status", "--json"))
    packshot("rollout", "apply", plan)
    assert json.loads(packshot("rollout", "status", "--json"))["id"] == first["id"]
    assert first["started_by"] == "ann"
    assert packshot("rollout", "hold", "stricter", "--reason", "lunch").strip() == "stricter is held."
    assert "lunch" in packshot("rollout", "status", "stricter")
    packshot("rollout", "resume", "stricter")
    packshot("rollout", "advance", "stricter")
    assert json.loads(packshot("rollout", "status", "--json"))["weight"] == 0.1
    packshot("rollout", "promote", "stricter", "--as", "bob")
    view = json.loads(packshot("rollout", "status", "--json"))
    assert (view["status"], view["weight"]) == ("promoted", 1.0)
    assert [step["action"] for step in view["transitions"]] == [
        "start",
        "hold",
        "resume",
        "advance",
        "promote",
    ]
    assert "stricter" in packshot("rollout", "list")
    assert "cannot be told to" in packshot("rollout", "rollback", "stricter", code=2)


def test_it_is_begun_again_against_what_is_live_now(packshot, plan):
    packshot("rollout", "apply", plan)
    packshot("rollout", "rollback", "stricter")
    assert "is under way" in packshot("rollout", "start", "stricter")
    packshot("rollout", "abort", "stricter")
    assert [view["status"] for view in json.loads(packshot("rollout", "list", "--json"))] == [
        "aborted",
        "rolled_back",
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "rollout: x", "rollout: x\ncandidate: {nonsense: 1}", ":", "rollout: x\ncandidate: 3"]
)
def test_a_bad_plan_is_refused_with_a_reason(packshot, tmp_path, text):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    assert len(packshot("rollout", "apply", str(path), code=2)) > 20
    assert "no rollout yet" in packshot("rollout", "status")


def test_a_model_is_switched_by_a_rollout(packshot):
    assert "on its way" in packshot("models", "use", "filler_flat", "patchmatch", "--category", "lamps")
    view = json.loads(packshot("rollout", "status", "--json"))
    assert view["plan"]["candidate"] == {"categories": {"lamps": {"backends": {"filler_flat": "patchmatch"}}}}
    assert "patchmatch" in packshot("models", "use", "filler_flat", "none-such", code=2)


def test_an_experiment_from_file_to_end(packshot, tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text(yaml.safe_dump(TRIAL))
    assert "thresholds runs" in packshot("experiment", "start", str(path))
    assert "running" in packshot("experiment", "list")
    found = json.loads(packshot("experiment", "result", "thresholds", "--json"))
    assert found["photos"] == {"now": 0, "stricter": 0}
    assert "photos: now 0, stricter 0" in packshot("experiment", "result", "thresholds")
    packshot("experiment", "stop", "thresholds", "--reason", "enough")
    assert json.loads(packshot("experiment", "list", "--json"))[0]["reason"] == "enough"
    assert "has ended" in packshot("experiment", "stop", "thresholds", code=2)
