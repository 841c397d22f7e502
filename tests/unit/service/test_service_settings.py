import pytest
from homes import home
from pydantic import ValidationError

from packshot.errors import OutputError, UsageError
from packshot.ledger.errors import LedgerUrlError
from packshot.service.context import opened
from packshot.service.settings import Settings, listed


def test_everything_has_a_default_in_home(tmp_path):
    settings = Settings.from_environment({}, home=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'ledger.db'}"
    assert settings.artefacts_url == str(tmp_path / "artefacts")
    assert settings.publish_url == str(tmp_path / "published")
    assert settings.embedded
    assert settings.workers >= 1


def test_the_environment_sets_and_the_command_line_wins(tmp_path):
    environment = {
        "PACKSHOT_HOME": str(tmp_path),
        "PACKSHOT_WORKERS": "3",
        "PACKSHOT_QUEUE_LIMIT": "7",
        "PACKSHOT_LEASE_SECONDS": "1.5",
        "PACKSHOT_DATABASE_URL": "postgresql://host/name",
        "PACKSHOT_RECIPE": " ",  # empty is not set
        "PACKSHOT_SOMETHING_ELSE": "x",
        "WORKERS": "9",
    }
    settings = Settings.from_environment(environment, workers=2, recipe=None)
    assert (settings.home, settings.workers, settings.queue_limit) == (tmp_path, 2, 7)
    assert settings.lease_seconds == 1.5
    assert settings.recipe is None
    assert not settings.embedded


def test_home_is_found_from_wherever_it_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert Settings.from_environment({"PACKSHOT_HOME": "here"}).home == tmp_path / "here"
    assert Settings.from_environment({"PACKSHOT_HOME": "~/there"}).home == tmp_path / "me" / "there"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PACKSHOT_WORKERS", "0"),
        ("PACKSHOT_WORKERS", "many"),
        ("PACKSHOT_QUEUE_LIMIT", "-1"),
        ("PACKSHOT_LEASE_SECONDS", "0"),
        ("PACKSHOT_ATTEMPTS", "0"),
        ("PACKSHOT_UPLOAD_BYTES", "1.5"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(name, value):
    with pytest.raises(UsageError, match=name):
        Settings.from_environment({name: value})


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        Settings().workers = 3


def test_lists_are_split_at_commas():
    assert listed(" a, b ,,c ") == ("a", "b", "c")
    assert listed("") == ()


def test_what_cannot_be_opened_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError), opened(Settings.from_environment({}, home=tmp_path / "file" / "home")):
        pass
    with pytest.raises(LedgerUrlError), home(tmp_path, database_url="mysql://host/name"):
        pass
    with pytest.raises(UsageError, match="A storage is"), home(tmp_path, publish_url="ftp://host/x"):
        pass
    with (
        pytest.raises(UsageError, match="purge hook"),
        home(tmp_path, purge_url="https://cdn/x", purge_secret="s"),
    ):
        pass


@pytest.mark.parametrize("given", [{"c2pa_certificate": "a.pem"}, {"c2pa_key": "a.pem"}])
def test_a_certificate_needs_its_key_and_is_there_from_the_start(tmp_path, given):
    with (
        pytest.raises(UsageError, match="PACKSHOT_C2PA_CERTIFICATE and PACKSHOT_C2PA_KEY"),
        home(tmp_path, **given),
    ):
        pass
    both = {"c2pa_certificate": tmp_path / "none.pem", "c2pa_key": tmp_path / "none.pem"}
    with pytest.raises(UsageError, match=r"Cannot read .*none\.pem"), home(tmp_path, **both):
        pass
