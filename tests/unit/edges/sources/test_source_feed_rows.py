"""Rows of feeds that are broken, and what they may not do to others."""

from feeds import SHOPIFY, TSV, lines_of

from packshot.edges.sources.feed import read_feed
from packshot.edges.sources.offer import safe_name


def test_one_bad_row_spoils_no_other():
    text = "\n".join(
        [
            "id\timage_link\tadditional_image_link\tproduct_type",
            "\thttps://a.example/1.jpg",
            "no-image",
            "relative\t/1.jpg",
            "partly\thttps://a.example/1.jpg\tftp://a.example/2.jpg,https://a.example/3.jpg",
            "spaced\thttps://a.example/a b.jpg",
            f"long\thttps://a.example/{'a' * 2100}",
            f"{'i' * 201}\thttps://a.example/1.jpg",
            f"kind\thttps://a.example/1.jpg\t\t{'k' * 201}",
            "many\thttps://a.example/1.jpg\t\t\tmore",
            "",
            "bell\a\thttps://a.example/1.jpg",
            "user\thttps://me:secret@a.example/1.jpg",
            "good\thttps://a.example/1.jpg\thttps://a.example/1.jpg",
            "good\thttps://a.example/9.jpg",
            "partly-3\thttps://a.example/1.jpg",
        ]
    )
    names, problems = lines_of(text)
    assert names == ["partly-1", "partly-3", "good-1", "partly-3-1"]
    assert sorted(problems) == [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15]
    for line, said in {
        2: "no id",
        3: "no image",
        4: "http",
        6: "%20",
        7: "2048",
        10: "cells",
        15: "line 14",
    }.items():
        assert said in problems[line]
    assert "secret" not in problems[13]


def test_bytes_that_are_no_text_spoil_only_what_they_are_in():
    text = TSV.encode().replace(b"Jumper", b"J\xfcmper").replace(b"SKU2", b"SK\xdc2")
    names, problems = lines_of(text)
    assert names == ["SKU1-1", "SKU1-2", "SKU1-3"]
    assert "UTF-8" in problems[3]


def test_quotes_in_a_tab_separated_feed_need_no_care():
    head = "id\ttitle\timage_link\n"
    row = "{0}\t{1}\thttps://a.example/{0}.jpg\n"
    titles = ['"Best" lamp', '"Best lamp', '17" screen', '"a ""b"" c"', '"two\nlines"', '"', "plain", '"" x']
    text = head + "".join(row.format(number, title) for number, title in enumerate(titles))
    feed = read_feed(text.encode())
    assert feed.problems == ()
    assert [(offer.product, offer.location) for offer in feed.offers] == [
        (str(number), f"https://a.example/{number}.jpg") for number in range(len(titles))
    ]


def test_quotes_that_pair_across_rows_do_not_swap_photos():
    text = 'id\ttitle\timage_link\n1\t"Best lamp\thttps://a.example/1.jpg\n2\t17"\thttps://a.example/2.jpg\n'
    feed = read_feed(text.encode())
    assert [(offer.product, offer.location[-5:]) for offer in feed.offers] == [("1", "1.jpg"), ("2", "2.jpg")]

    text = 'id\timage_link\n"1\n2\thttps://a.example/2.jpg\n3"\thttps://a.example/3.jpg\n'
    names, problems = lines_of(text)
    assert names == ["2-1", safe_name('3"') + "-1"]
    assert sorted(problems) == [2]


def test_an_id_has_one_line():
    names, problems = lines_of('id,image_link\n"1\n2",https://a.example/2.jpg\n')
    assert names == []
    assert sorted(problems) == [2]


def test_a_last_cell_may_have_several_lines():
    text = 'id\timage_link\ttitle\n1\thttps://a.example/1.jpg\t"two\nlines"\n2\thttps://a.example/2.jpg\tb\n'
    assert lines_of(text) == (["1-1", "2-1"], {})


def test_an_unclosed_quote_in_a_comma_separated_feed_costs_its_row():
    text = (
        "Handle,Title,Image Src\n"
        "a,A,https://a.example/1.jpg\n"
        'b,"B,https://a.example/2.jpg\n'
        "c,C,https://a.example/3.jpg\n"
        'd,"D",https://a.example/4.jpg\n'
        'e,"E,https://a.example/5.jpg\n'
        "f,F,https://a.example/6.jpg\n"
    )
    names, problems = lines_of(text)
    assert names == ["a-1", "c-1", "d-1", "f-1"]
    assert sorted(problems) == [3, 6]


def test_rows_are_counted_through_quoted_lines():
    _, problems = lines_of(SHOPIFY + "\r\n,,,,,,https://a.example/1.jpg,\r\nlamp,,,,,,,\r\n")
    assert sorted(problems) == [8, 9]


def test_an_image_position_that_is_no_number_comes_last():
    text = "Handle,Image Src,Image Position\n" + "".join(
        f"a,https://a.example/{name}.jpg,{place}\n"
        for name, place in (("x", "?"), ("y", ""), ("z", "1"), ("w", "²"))
    )
    assert [offer.location[-5] for offer in read_feed(text.encode()).offers] == ["z", "x", "y", "w"]


def test_a_product_with_too_many_images():
    links = ",".join(f"https://a.example/{number}.jpg" for number in range(300))
    names, problems = lines_of(f"id\timage_link\tadditional_image_link\nA\t\t{links}\n")
    assert len(names) == 250
    assert "300 images" in problems[2]
