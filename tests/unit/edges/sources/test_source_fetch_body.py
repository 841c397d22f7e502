"""What servers answer: limits on bytes and time, packing, and what can be retried."""

import gzip
import socket
import tracemalloc

import pytest
from sites import LOOPBACK, fetcher

from packshot.edges.sources.body import Gunzip
from packshot.edges.sources.errors import FetchFailedError, FetchInterruptedError, FetchTooLargeError
from packshot.edges.sources.fetch import Fetcher


def test_a_body_up_to_the_limit(site):
    site.page("/fits", bytes(1000))
    site.page("/declares", bytes(1001))
    assert len(fetcher(site).fetch(site.url("/fits"))) == 1000
    with pytest.raises(FetchTooLargeError, match="more than 1000 bytes"):
        fetcher(site).fetch(site.url("/declares"))


def chunked(pieces, **headers):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        for piece in pieces:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    return answer


def test_bytes_that_nobody_declared_are_counted(site):
    site.pages["/endless"] = chunked(bytes(100) for _ in iter(site.closing.is_set, True))
    site.pages["/fits"] = chunked([b"ph", b"oto"])
    with pytest.raises(FetchTooLargeError):
        fetcher(site).fetch(site.url("/endless"))
    assert fetcher(site).fetch(site.url("/fits")) == b"photo"


def test_gzip_is_undone_and_a_bomb_stopped(site):
    site.page("/fits", gzip.compress(b"photo") + gzip.compress(b"graph"), Content_Encoding="gzip")
    assert fetcher(site).fetch(site.url("/fits")) == b"photograph"
    bomb = gzip.compress(bytes(900_000))
    assert len(bomb) < 1000
    site.page("/bomb", bomb, Content_Encoding="gzip")
    with pytest.raises(FetchTooLargeError):
        fetcher(site).fetch(site.url("/bomb"))
    site.page("/nested", gzip.compress(bomb), Content_Encoding="gzip, gzip")
    site.page("/other", b"x", Content_Encoding="br")
    site.page("/damaged", b"no gzip at all", Content_Encoding="gzip")
    site.page("/cut", gzip.compress(b"photo")[:-9], Content_Encoding="gzip")
    for path, said in (
        ("/nested", "packs"),
        ("/other", "packs"),
        ("/damaged", "damaged"),
        ("/cut", "cut off"),
    ):
        with pytest.raises(FetchFailedError, match=said):
            fetcher(site).fetch(site.url(path))


def test_a_bomb_is_not_unfolded_in_memory_either():
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        assert Gunzip().feed(bomb, 1000) == bytes(1000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_body_shorter_than_declared_is_no_photo(site):
    site.page("/short", b"pho", Content_Length="5")
    with pytest.raises(FetchInterruptedError, match="connection failed"):
        fetcher(site).fetch(site.url("/short"))


def drip(site, beginning, piece, times):
    """Sends a bit at a time until the client is gone; in the end the answer would have been complete."""

    def answer(handler):
        handler.wfile.write(beginning)
        for _ in range(times):
            handler.wfile.write(piece)
            site.closing.wait(0.02)
        handler.wfile.write(b"\r\n\r\n")

    return answer


def test_the_time_is_for_all_and_not_for_each_piece(site):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 604\r\n"
    site.pages["/body"] = drip(site, head + b"\r\n", b"x", 600)
    site.pages["/headers"] = drip(site, head + b"X-Slow: ", b"x", 600)
    for path in ("/body", "/headers"):
        with pytest.raises(FetchInterruptedError, match=r"longer than 0\.5 seconds") as caught:
            fetcher(site, seconds=0.5).fetch(site.url(path))
        assert caught.value.retryable


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_what_may_pass_can_be_retried(site, status):
    site.page("/a", status=status)
    with pytest.raises(FetchInterruptedError, match=str(status)) as caught:
        fetcher(site).fetch(site.url("/a"))
    assert caught.value.retryable


@pytest.mark.parametrize("status", [404, 403, 410, 204, 206, 304])
def test_what_will_not_pass_cannot(site, status):
    site.page("/a", status=status)
    with pytest.raises(FetchFailedError, match=str(status)) as caught:
        fetcher(site).fetch(site.url("/a"))
    assert not caught.value.retryable


def test_a_server_that_is_down_or_talks_nonsense_can_be_retried(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(FetchInterruptedError):
            Fetcher([f"127.0.0.1:{port}"], 1000, 20.0, LOOPBACK).fetch(f"http://127.0.0.1:{port}/")
    site.pages["/a"] = lambda handler: handler.wfile.write(b"220 mail.example ESMTP\r\n")
    with pytest.raises(FetchInterruptedError):
        fetcher(site).fetch(site.url("/a"))
