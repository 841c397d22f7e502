"""Any name that a shop gives has its own key."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.edges.publish import Entry, InvalidNameError, Manifest, Product, PublishedFile
from packshot.edges.storage import check_key

NAMES = st.text(min_size=1) | st.sampled_from(
    [*("_", ".", "..", "...", "%", "%5F", "%2E", "~", "/", "//", "\\", "\0", "a/b", ".json", "con", " ")]
) | st.text("é/.~_%", min_size=1, max_size=300)  # fmt: skip
PRODUCTS = st.builds(Product, st.none() | NAMES, NAMES)


@given(PRODUCTS)
def test_every_product_has_a_valid_key(product):
    check_key(product.key)
    assert product.key.isascii()
    assert product.key.count("/") == 2


@given(PRODUCTS, PRODUCTS)
def test_different_products_have_different_keys(one, other):
    assert (one == other) is (one.key == other.key)


@given(PRODUCTS)
def test_a_key_tells_the_names_unless_they_are_long(product):
    _, merchant, rest = product.key.split("/")
    assert (None if merchant == "_" else unquote(merchant)) == product.merchant or "~" in merchant
    assert unquote(rest.removesuffix(".json")) == product.product or "~" in rest


@pytest.mark.parametrize(
    ("product", "key"),
    [
        (Product(None, "lamp-7"), "products/_/lamp-7.json"),
        (Product("_", "lamp 7"), "products/%5F/lamp%207.json"),
        (Product("..", "a/b"), "products/%2E./a%2Fb.json"),
    ],
)
def test_keys_look_like_their_names(product, key):
    assert product.key == key


def test_long_names_that_begin_alike_are_told_apart():
    one, other = (Product("shop", "ラ" * 500 + end) for end in "ab")
    assert one.key != other.key
    check_key(one.key)


def test_no_name_takes_the_key_of_a_long_one():
    long = Product("shop", "x" * 200)
    taker = Product("shop", long.key.rsplit("/", 1)[1].removesuffix(".json"))
    assert taker.key != long.key


@pytest.mark.parametrize("name", ["", "\ud800", "a\udfffb"])
def test_broken_names_are_refused(name):
    with pytest.raises(InvalidNameError, match="product"):
        Product(None, name)
    with pytest.raises(InvalidNameError, match="merchant"):
        Product(name, "lamp")


FILES = st.builds(
    PublishedFile,
    st.none() | st.text(),
    st.text(),
    *[st.integers(0, 2**40)] * 3,
    st.text(),
    st.text(),
    st.none() | st.text(),
)
ENTRIES = st.builds(
    Entry, st.text(), st.text(), st.lists(FILES, max_size=2).map(tuple), st.none() | st.text(), st.text()
)
SLOTS = st.dictionaries(NAMES, ENTRIES, max_size=3)


@given(st.builds(Manifest, st.none() | NAMES, NAMES, st.integers(0, 2**40), SLOTS, SLOTS))
def test_a_manifest_survives_its_file(manifest):
    content = manifest.to_json()
    assert Manifest.from_json(content) == manifest
    assert Manifest.from_json(content).to_json() == content


@given(SLOTS, NAMES, ENTRIES, st.none() | ENTRIES)
def test_a_change_touches_one_slot(entries, slot, entry, replaced):
    manifest = Manifest(None, "lamp", 4, entries, {})
    changed = manifest.changed(slot, entry, replaced)
    assert changed.version == 5
    assert changed.entries == entries | {slot: entry}
    assert changed.replaced == ({} if replaced is None else {slot: replaced})
    without = changed.changed(slot, None)
    assert without.entries == {name: kept for name, kept in entries.items() if name != slot}
    assert without.replaced == {}
    assert manifest.entries == entries
