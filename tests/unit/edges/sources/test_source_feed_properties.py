"""Feeds of any content: never another error than the documented, and what goes in comes out."""

import csv
from io import StringIO
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from packshot.edges.sources.errors import FeedError, FeedTooLargeError
from packshot.edges.sources.feed import read_feed

HEADS = [
    b"",
    b"id\timage_link\tadditional_image_link\n",
    b"id,image_link\n",
    b"Handle,Title,Image Src,Type,Vendor,Image Position\n",
    b'<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id>',
    b'<feed xmlns="http://www.w3.org/2005/Atom">',
    b"\xff\xfei\0d\0\t\0",
]
PIECES = [
    b"\t",
    b",",
    b"\n",
    b"\r",
    b'"',
    b'""',
    b"https://a.example/",
    b"<",
    b"</item>",
    b"&",
    b"A",
    b"\0",
    b"\xff",
]

LABEL = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\ufffd"), min_size=1, max_size=20
)
URL = st.builds(
    "https://{}.example/{}.jpg?a={}".format,
    st.text("abc", min_size=1, max_size=5),
    st.text("abc123_,-~%20", max_size=10).filter(lambda text: not text.endswith("%")),
    # A comma at the end of a URL cannot be told from one that separates it from the next.
    st.text("abc&=,", max_size=5).map(lambda text: f"{text}z"),
)
PRODUCTS = st.dictionaries(
    LABEL.filter(lambda text: not text.startswith('"')),
    st.tuples(st.lists(URL, min_size=1, max_size=4, unique=True), LABEL | st.just(""), LABEL | st.just("")),
    min_size=1,
    max_size=8,
)

OTHER = "a-product-that-is-in-no-generated-feed"


def checked(data):
    try:
        feed = read_feed(data)
    except (FeedError, FeedTooLargeError):
        return
    names = [offer.name for offer in feed.offers]
    assert len(set(names)) == len(names)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    assert all(1 <= problem.line <= lines for problem in feed.problems)


@given(st.sampled_from(HEADS), st.lists(st.sampled_from(PIECES) | st.binary(max_size=5), max_size=60))
@example(HEADS[1], [b'"', b"\t", b'"', b"\n"])
def test_no_bytes_break_it(head, pieces):
    checked(head + b"".join(pieces))


@given(st.binary(max_size=200))
def test_no_noise_breaks_it(data):
    checked(data)


def as_table(products, delimiter):
    out = StringIO(newline="")
    rows = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    rows.writerow(["id", "title", "image_link", "additional_image_link", "product_type", "seller_id"])
    for product, (urls, category, seller) in products.items():
        rows.writerow([product, 'a "b"\nc', urls[0], ",".join(urls[1:]), category, seller])
    return out.getvalue()


def as_rss(products):
    parts = ['<rss xmlns:g="http://base.google.com/ns/1.0"><channel>']
    for product, (urls, category, seller) in products.items():
        fields = [("id", product), ("image_link", urls[0]), ("product_type", category), ("seller_id", seller)]
        fields += [("additional_image_link", url) for url in urls[1:]]
        parts += ["<item>", *(f"<g:{name}>{escape(text)}</g:{name}>" for name, text in fields), "</item>"]
    return "".join([*parts, "</channel></rss>"])


def as_shopify(products):
    out = StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(["Handle", "Body (HTML)", "Type", "Vendor", "Image Src", "Image Position"])
    for product, (urls, category, seller) in products.items():
        numbered = list(enumerate(urls, 1))
        for row, (place, url) in enumerate(reversed(numbered)):
            first = ["x\ny", category, seller] if row == 0 else ["", "", ""]
            rows.writerow([product, *first, url, place])
    return out.getvalue()


@pytest.mark.parametrize(
    "write",
    [lambda products: as_table(products, "\t"), lambda products: as_table(products, ";"), as_rss, as_shopify],
    ids=["tabs", "semicolons", "rss", "shopify"],
)
@given(products=PRODUCTS)
def test_what_goes_in_comes_out(write, products):
    feed = read_feed(write(products).encode())
    assert feed.problems == ()
    found = {}
    for offer in feed.offers:
        urls, _, _ = found.setdefault(offer.product, ([], offer.category or "", offer.merchant or ""))
        urls.append(offer.location)
    assert found == dict(products)
    assert len({offer.name for offer in feed.offers}) == len(feed.offers)


@given(PRODUCTS, st.data())
def test_a_broken_line_costs_only_its_own_product(products, data):
    text = "id\timage_link\n" + "".join(
        f"{product}\t{urls[0]}\n" for product, (urls, _, _) in products.items()
    )
    lines = text.splitlines(keepends=True)
    at = data.draw(st.integers(1, len(lines)))
    broken = data.draw(
        st.sampled_from(
            [
                f'"{OTHER}\n',
                f'{OTHER}\t"\n',
                f'"{OTHER}"y\tz\n',
                "\t\t\t\tz\n",
                f"{OTHER}\n",
                '"\thttps://a\n',
            ]
        )
    )
    feed = read_feed("".join([*lines[:at], broken, *lines[at:]]).encode())
    assert {offer.product for offer in feed.offers} >= set(products)
