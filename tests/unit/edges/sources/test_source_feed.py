"""Product feeds as shops export them, and as they come broken."""

import codecs

import pytest
from feeds import RSS, SHOPIFY, TSV, lines_of

from packshot.edges.sources.errors import FeedError, FeedTooLargeError
from packshot.edges.sources.feed import read_feed
from packshot.edges.sources.offer import Offer


def test_google_text():
    feed = read_feed(TSV.encode())
    assert feed.problems == ()
    assert feed.offers == (
        Offer("https://a.example/1.jpg", "SKU1-1", "SKU1", "Knit", "shop-7"),
        Offer("https://a.example/2.jpg", "SKU1-2", "SKU1", "Knit", "shop-7"),
        Offer("https://a.example/3.jpg", "SKU1-3", "SKU1", "Knit", "shop-7"),
        Offer("https://a.example/w_10,h_10/4.jpg", "SKU2-1", "SKU2", "Bags > Leather", None),
    )


def test_google_rss_and_atom():
    feed = read_feed(RSS.encode())
    assert feed.problems == ()
    assert feed.offers == (
        Offer("https://a.example/1.jpg?a=1&b=2", "SKU1-1", "SKU1", "Knit", "shop-7"),
        Offer("https://a.example/2.jpg", "SKU1-2", "SKU1", "Knit", "shop-7"),
        Offer("https://a.example/3.jpg", "SKU1-3", "SKU1", "Knit", "shop-7"),
        Offer("https://a.example/4.jpg", "SKU2-1", "SKU2", "1604", None),
    )
    atom = (
        RSS.replace('<rss version="2.0"', '<feed xmlns="http://www.w3.org/2005/Atom"')
        .replace("</rss>", "</feed>")
        .replace("<channel>", "")
        .replace("</channel>", "")
        .replace("item>", "entry>")
    )
    assert read_feed(atom.encode()) == feed


def test_shopify():
    feed = read_feed(SHOPIFY.encode())
    assert feed.problems == ()
    assert feed.offers == (
        Offer("https://a.example/1.jpg", "jumper-1", "jumper", "Knit", "Acme"),
        Offer("https://a.example/2.jpg", "jumper-2", "jumper", "Knit", "Acme"),
        Offer("https://a.example/3.jpg", "bag-1", "bag", "Apparel > Bags", "Bagger"),
    )
    newer = SHOPIFY.replace("Handle,", "URL handle,").replace(
        "Image Src,Image P", "Product image URL,Image p"
    )
    assert read_feed(newer.encode()).offers == feed.offers


@pytest.mark.parametrize(
    "text", [TSV, RSS.replace('encoding="UTF-8"', ""), SHOPIFY], ids=["tsv", "rss", "shopify"]
)
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_encodings(text, mark, encoding):
    assert read_feed(mark + text.encode(encoding)) == read_feed(text.encode())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end):
    assert read_feed(TSV.replace("\n", end).encode()) == read_feed(TSV.encode())


def test_an_empty_line_before_an_xml_declaration_is_forgiven_and_counted():
    broken = RSS.replace("https://a.example/4.jpg", "4.jpg")
    first, second = read_feed(broken.encode()), read_feed(b"\xef\xbb\xbf\n\n" + broken.encode())
    assert first.offers == second.offers
    assert [(one.line + 2, one.message) for one in first.problems] == [
        (two.line, two.message) for two in second.problems
    ]


def test_other_separators_and_spellings():
    for text in (
        "ID;Image Link\nA;https://a.example/1.jpg\n",
        "g:id,g:image_link\nA,https://a.example/1.jpg\n",
        '\n"id"\t"image link"\n"A"\t"https://a.example/1.jpg"\n',
    ):
        assert read_feed(text.encode()).offers == (Offer("https://a.example/1.jpg", "A-1", "A"),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\xff\xfe",
        b"\0",
        b"hello",
        b"id,title\n1,x\n",
        b"\xff\xd8\xff\xe0" + bytes(500),
        b"<html><body/></html>",
        b"<",
        b"<rss",
        b"<rss><channel><item></channel></rss>",
        b"<?xml version='1.0' encoding='nonsense'?><rss/>",
        b"<?xml version='1.0' encoding='utf-32'?><rss/>",
        b"<rss>\xff</rss>",
        b"<feed/>",
        '"'.encode("utf-16") * 50,
    ],
)
def test_what_is_no_feed_is_said(data):
    with pytest.raises(FeedError, match="Google Merchant Center") as caught:
        read_feed(data, name="feed.txt")
    assert "feed.txt" in str(caught.value)


BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "declaration",
    [
        BOMB,
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        "<!DOCTYPE rss>",
    ],
)
def test_hostile_xml_is_refused(declaration):
    with pytest.raises(FeedError):
        read_feed(RSS.replace("<rss", declaration + "<rss", 1).encode())


def test_an_entity_that_is_not_declared_is_refused():
    with pytest.raises(FeedError):
        read_feed(RSS.replace("Jumper", "&x;").encode())


def test_wide_xml_builds_nothing():
    head, tail = RSS.split("<item>", 1)
    for filling in (
        "<a>" * 90 + "</a>" * 90,
        "<a/>" * 200_000,
        f"<g:brand>{'x' * 10**6}</g:brand>",
    ):
        feed = read_feed(f"{head}<item>{filling}{tail}".encode())
        assert [offer.name for offer in feed.offers] == ["SKU1-1", "SKU1-2", "SKU1-3", "SKU2-1"]


def test_what_the_parser_would_have_to_keep_is_refused():
    attributes = " ".join(f'a{number}=""' for number in range(300_000))
    for filling in ("<a>" * 200, f"<a {attributes}/>", f"<!--{' ' * 4 * 2**20}-->"):
        with pytest.raises(FeedError, match=r"nested|a tag or comment of more than"):
            read_feed(RSS.replace("<item>", f"<item>{filling}", 1).encode())


def test_endless_attributes_of_an_item_are_a_problem_of_that_item():
    link = "<g:additional_image_link>https://a.example/x.jpg</g:additional_image_link>"
    for filling in (link * 2000, f"<g:product_type>{'x' * 10**4}</g:product_type>"):
        names, problems = lines_of(RSS.replace("<title>Jumper</title>", filling))
        assert names == ["SKU2-1"]
        assert "more than" in problems[3]


def test_an_item_without_google_s_names_is_a_problem():
    names, problems = lines_of(
        "<rss><channel>\n<item><id>1</id><image_link>https://a.example/</image_link></item></channel></rss>"
    )
    assert names == []
    assert "no id" in problems[2]


def test_limits():
    with pytest.raises(FeedTooLargeError, match="bytes"):
        read_feed(TSV.encode(), max_bytes=100)
    assert len(read_feed(TSV.encode(), max_rows=2).offers) == 4
    for text in (TSV, RSS):
        with pytest.raises(FeedTooLargeError, match="more than 1"):
            read_feed(text.encode(), max_rows=1)
    with pytest.raises(FeedTooLargeError, match="3 rows"):
        read_feed(SHOPIFY.encode(), max_rows=3)


def test_ten_thousand_products():
    rows = "".join(f"SKU{n}\tx\thttps://a.example/{n}.jpg\t\t\t\t\t\n" for n in range(10_000))
    feed = read_feed((TSV.split("\n", 1)[0] + "\n" + rows).encode())
    assert (len(feed.offers), feed.problems) == (10_000, ())
