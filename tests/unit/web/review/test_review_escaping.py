"""What people call things is shown as text, wherever it is shown."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from review_pages import GOOD, Home, picture

NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{ARABIC LETTER ALEF}\N{HEBREW LETTER ALEF}",
    "../../etc/passwd",
    "..",
    "a/b%2Fc?d#e&f=g",
    "javascript:alert(1)",
)


class Reader(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def pages_of(home: Home) -> list[str]:
    """Every page that there is, found by following links."""
    found, due = set(), ["/", "/review", "/batches", "/merchants", "/submit", "/?span=month"]
    while due:
        path = due.pop()
        if path in found:
            continue
        found.add(path)
        answer = home.client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        if "text/html" not in answer.headers["content-type"]:
            continue
        links = [attrs["href"] for tag, attrs in read(answer.text).tags if tag == "a" and "href" in attrs]
        due += [urljoin(path, link).partition("#")[0] for link in links if link.startswith("/")]
    return sorted(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_stays_text_on_every_page(local: Home, name: str) -> None:
    photos = {name: picture(1), f"{name}.good": picture(2, GOOD)}
    local.send(photos, product=name, merchant=name, category=name, attested_by=name)
    job = local.items()[name].id
    assert local.post(f"/review/{job}/reject", own=name).status_code == 303
    found = pages_of(local)
    assert len(found) > 10
    assert any(path.startswith("/products/") for path in found)
    seen = 0
    for path in found:
        answer = local.client.get(path)
        if "text/html" not in answer.headers["content-type"]:
            continue
        page = read(answer.text)
        seen += name in page.text.replace("\N{ZERO WIDTH SPACE}", "")
        for tag, attrs in page.tags:
            assert not [one for one in attrs if one.startswith("on") or one == "style"], (path, tag, attrs)
            assert tag != "script" or set(attrs) == {"src", "defer"}, (path, attrs)
            assert not (attrs.get("href") or "").startswith("javascript:"), (path, attrs)
            assert tag != "img" or re.match(r"/(review|static)/", attrs["src"]), (path, attrs)
    assert seen >= 5


def test_a_merchant_page_is_the_merchants_whatever_it_is_called(local: Home) -> None:
    for number, name in enumerate(NAMES):
        local.send({"a.png": picture(number)}, merchant=name)
    listed = read(local.client.get("/merchants").text)
    links = {attrs["href"] for tag, attrs in listed.tags if tag == "a" and "/merchants/" in attrs["href"]}
    assert len(links) == len(NAMES)
    titles = {read(local.client.get(link).text).text.split("·")[0].strip() for link in links}
    assert titles == {" ".join(name.split()) for name in NAMES}


@pytest.mark.parametrize("path", ["/merchants/%00", "/merchants/%2500", "/products/-/%00", "/review/%00"])
def test_a_nul_is_no_name(local: Home, path: str) -> None:
    assert local.client.get(path).status_code in (404, 422)


def test_a_nul_in_a_form_is_refused(local: Home) -> None:
    assert local.post("/submit", merchant="a\0b").status_code == 400
