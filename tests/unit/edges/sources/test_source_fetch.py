"""Fetching against real servers: what is allowed arrives, and nobody is led anywhere else."""

import socket
import threading

import pytest
from site_certificates import issue
from sites import LOOPBACK, Site, fetcher, served

from packshot.edges.sources.errors import (
    FetchFailedError,
    FetchInterruptedError,
    UrlRefusedError,
)
from packshot.edges.sources.fetch import Fetcher


def test_a_photo_arrives(site):
    site.page("/a.jpg", b"photo")
    assert fetcher(site).fetch(site.url("/a.jpg")) == b"photo"
    assert fetcher(site, host="localhost").fetch(site.url("/a.jpg", "localhost")) == b"photo"
    assert [seen["Host"] for seen in site.headers_seen] == [
        f"127.0.0.1:{site.port}",
        f"localhost:{site.port}",
    ]


def test_nothing_is_allowed_unless_it_is_listed(site):
    site.page("/a.jpg", b"photo")
    with pytest.raises(UrlRefusedError, match="not among the allowed hosts"):
        Fetcher([], 1000, 20.0, LOOPBACK).fetch(site.url("/a.jpg"))
    with pytest.raises(UrlRefusedError, match="not among the allowed hosts"):
        Fetcher(["127.0.0.1"], 1000, 20.0, LOOPBACK).fetch(site.url("/a.jpg"))
    assert site.asked == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_listed_name_that_leads_to_a_private_address_is_refused(site, name):
    site.page("/a.jpg", b"photo")
    with pytest.raises(UrlRefusedError, match=r"loopback address (127\.0\.0\.1|::1)"):
        fetcher(site, host=name, networks=()).fetch(site.url("/a.jpg", name))
    assert site.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.0.0.1", "127.1", "0", "0.0.0.0", "10.0.0.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[fe80::1]"),
        *("[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00::1]"),
        "127.0.0.1.",
    ],
)
def test_no_spelling_of_a_private_address_helps(site, host):
    allowed = Fetcher([f"{host}:{site.port}"], 1000, 20.0)
    with pytest.raises((UrlRefusedError, FetchFailedError)):
        allowed.fetch(site.url("/a.jpg", host))
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://allowed.example@evil.example/",
        "http://allowed.example:x@evil.example/",
        "http://@allowed.example/",
        "http://user@allowed.example/",
        "http://allowed.example\\@evil.example/",
        "http://evil.example\\.allowed.example/",
        "http://allowed.example.evil.example/",
        "http://allowed.example%2eevil.example/",
        "http://evil.example#allowed.example/",
        "http://evil.example?allowed.example/",
        "http://evil.example/allowed.example",
        "http://allowed.example\tevil/",
        "http://allowed.example/a\r\nHost: evil",
        "http://allowed.example:80:81/",
        "http://allowed.example:99999/",
        "http:///allowed.example/",
        "http:allowed.example",
        "//allowed.example/",
        "ftp://allowed.example/",
        "file:///etc/passwd",
        "gopher://allowed.example/",
        "data:image/png,x",
        "",
        "http://allowed.example/" + "a" * 3000,
        "http://[allowed.example/",
        "http://[::1]allowed.example/",
        "http://\ud800.example/",
        "http://0177.0.0.1/",
        "http://１２７.0.0.1/",  # noqa: RUF001 - wide digits are what is tested
    ],
)
def test_tricks_with_urls_are_refused(url):
    with pytest.raises(UrlRefusedError):
        Fetcher(["allowed.example"], 1000, 20.0).fetch(url)


def test_messages_hold_neither_tokens_nor_control_characters(site):
    site.page("/a.jpg?token=secret", status=404)
    with pytest.raises(FetchFailedError) as caught:
        fetcher(site).fetch(site.url("/a.jpg?token=secret"))
    assert "secret" not in str(caught.value)
    with pytest.raises(UrlRefusedError) as refused:
        fetcher(site).fetch("http://me:secret@evil.example/\n\x1b[2J")
    assert "secret" not in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_name_is_resolved_once_and_the_connection_goes_there(site, monkeypatch):
    site.page("/a.jpg", b"photo")
    lookups = []
    real = socket.getaddrinfo

    def rebinding(host, *args, **kwargs):
        if host != "shop.example":
            return real(host, *args, **kwargs)
        lookups.append(host)
        return real("127.0.0.1" if len(lookups) == 1 else "127.0.0.2", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert fetcher(site, host="shop.example").fetch(site.url("/a.jpg", "shop.example")) == b"photo"
    assert lookups == ["shop.example"]
    with pytest.raises(UrlRefusedError, match=r"127\.0\.0\.2"):
        fetcher(site, host="shop.example").fetch(site.url("/a.jpg", "shop.example"))


def test_one_private_address_among_several_is_enough(site, monkeypatch):
    entries = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("8.8.8.8", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    with pytest.raises(UrlRefusedError, match=r"10\.0\.0\.1"):
        Fetcher(["shop.example"], 1000, 20.0).fetch("http://shop.example/")
    assert site.asked == []


def test_where_one_address_is_dead_the_next_is_tried(site, monkeypatch):
    site.page("/a.jpg", b"photo")
    entries = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.9", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    allowed = Fetcher([f"shop.example:{site.port}"], 1000, 20.0, ["127.0.0.0/8"])
    assert allowed.fetch(site.url("/a.jpg", "shop.example")) == b"photo"


def test_names_that_do_not_resolve(monkeypatch):
    def fails(number):
        def lookup(*_, **__):
            raise socket.gaierror(number, "no")

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    fails(socket.EAI_NONAME)
    with pytest.raises(FetchFailedError, match="Check its spelling"):
        Fetcher(["shop.example"], 1000, 20.0).fetch("http://shop.example/")
    fails(socket.EAI_AGAIN)
    with pytest.raises(FetchInterruptedError) as caught:
        Fetcher(["shop.example"], 1000, 20.0).fetch("http://shop.example/")
    assert caught.value.retryable


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(60) and [])
    try:
        with pytest.raises(FetchInterruptedError, match=r"longer than 0\.2 seconds"):
            Fetcher(["shop.example"], 1000, 0.2).fetch("http://shop.example/")
        assert not released.is_set()
    finally:
        released.set()


def test_proxies_of_the_environment_are_not_used(site, monkeypatch):
    site.page("/a.jpg", b"photo")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetcher(site).fetch(site.url("/a.jpg")) == b"photo"


def test_redirects_are_followed_and_checked_anew(site):
    with served(Site("127.0.0.2")) as inner:
        inner.page("/secret", b"secret")
        site.page("/a.jpg", b"photo")
        site.page("/near", status=302, Location="a.jpg")
        site.page("/listed", status=307, Location=inner.url("/secret", "127.0.0.2"))
        site.page("/other", status=301, Location="http://evil.example/")
        site.page("/file", status=303, Location="file:///etc/passwd")
        site.page("/user", status=302, Location=f"http://x@127.0.0.1:{site.port}/a.jpg")
        site.page("/broken", status=302, Location="http://[")
        site.page("/nowhere", status=302)
        allow = [f"127.0.0.1:{site.port}", f"127.0.0.2:{inner.port}"]
        allowed = Fetcher(allow, 1000, 20.0, ["127.0.0.1"])
        assert allowed.fetch(site.url("/near")) == b"photo"
        for path in ("/listed", "/other", "/file", "/user"):
            with pytest.raises(UrlRefusedError):
                allowed.fetch(site.url(path))
        for path in ("/broken", "/nowhere"):
            with pytest.raises((FetchFailedError, UrlRefusedError)):
                allowed.fetch(site.url(path))
        assert inner.asked == []
        # The very same hop is fine once its network is allowed.
        assert Fetcher(allow, 1000, 20.0, ["127.0.0.0/8"]).fetch(site.url("/listed")) == b"secret"


def test_five_redirects_are_followed_and_not_six(site):
    site.page("/0", b"photo")
    for number in range(1, 7):
        site.page(f"/{number}", status=302, Location=f"/{number - 1}")
    assert fetcher(site).fetch(site.url("/5")) == b"photo"
    with pytest.raises(FetchFailedError, match="more than 5 times"):
        fetcher(site).fetch(site.url("/6"))


def test_no_cookie_travels(site):
    site.page("/a", status=302, Location="/b", Set_Cookie="session=1; Path=/")
    site.page("/b", b"photo")
    assert fetcher(site).fetch(site.url("/a")) == b"photo"
    assert all("Cookie" not in seen for seen in site.headers_seen)


def test_tls_verifies_the_name_and_not_the_address(tmp_path, monkeypatch):
    context = issue(tmp_path, "localhost")
    with served(Site(tls=context)) as secure:
        secure.page("/a.jpg", b"photo")
        with pytest.raises(FetchFailedError, match="certificate"):
            fetcher(secure, host="localhost").fetch(secure.url("/a.jpg", "localhost"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert fetcher(secure, host="localhost").fetch(secure.url("/a.jpg", "localhost")) == b"photo"
        with pytest.raises(FetchFailedError, match="certificate"):
            fetcher(secure).fetch(secure.url("/a.jpg"))


def test_https_is_never_given_up(site, tmp_path, monkeypatch):
    context = issue(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with served(Site(tls=context)) as secure:
        site.page("/a.jpg", b"photo")
        secure.page("/a.jpg", b"photo")
        secure.page("/down", status=301, Location=site.url("/a.jpg", "localhost"))
        site.page("/up", status=301, Location=secure.url("/a.jpg", "localhost"))
        both = fetcher(site, secure, host="localhost")
        with pytest.raises(UrlRefusedError, match="from https to http"):
            both.fetch(secure.url("/down", "localhost"))
        assert site.asked == []
        assert both.fetch(site.url("/up", "localhost")) == b"photo"


def test_posting(site):
    site.page("/hook", status=204)
    site.page("/gone", status=410)
    site.page("/busy", status=503)
    site.page("/moved", status=307, Location="/hook")
    sender = fetcher(site)
    sender.post(site.url("/hook"), b'{"a": 1}', {"content-type": "application/json", "x-signature": "s"})
    assert site.posted == [b'{"a": 1}']
    assert site.headers_seen[0]["x-signature"] == "s"
    for path, error in (
        ("/gone", FetchFailedError),
        ("/busy", FetchInterruptedError),
        ("/moved", FetchFailedError),
    ):
        with pytest.raises(error):
            sender.post(site.url(path), b"", {})
    assert site.asked.count("/hook") == 1
    with pytest.raises(UrlRefusedError):
        fetcher(site, networks=()).post(site.url("/hook"), b"", {})


def test_many_threads_may_fetch_at_once(site):
    site.page("/a.jpg", b"photo")
    shared, got = fetcher(site), []
    threads = [
        threading.Thread(target=lambda: got.append(shared.fetch(site.url("/a.jpg")))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [b"photo"] * 8
