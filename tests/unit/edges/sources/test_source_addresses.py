"""Which addresses are refused, and how hosts are allowed."""

from ipaddress import IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.edges.sources.addresses import networks, refusal
from packshot.edges.sources.hosts import host_rules
from packshot.errors import UsageError

FORBIDDEN = [
    *("127.0.0.1", "127.255.0.9", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "198.18.0.1", "192.0.0.8", "192.88.99.1", "203.0.113.9", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1"),
    *("fd12::1", "ff02::1", "2001:db8::1", "2001::1", "3fff::1", "100::1", "5f00::1", "4000::1"),
    *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1::8.8.8.8"),
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_special_addresses_are_refused(text):
    assert refusal(ip_address(text), ()) is not None


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_not(text):
    assert refusal(ip_address(text), ()) is None


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_disguise(address):
    verdict = refusal(address, ())
    disguises = (0xFFFF << 32, int(IPv6Address("64:ff9b::")))
    for disguise in disguises:
        assert refusal(IPv6Address(disguise + int(address)), ()) == verdict
    assert refusal(IPv6Address((0x2002 << 112) + (int(address) << 80)), ()) == verdict


def test_a_network_is_allowed_by_name_and_nothing_beside_it():
    allowed = networks(["10.1.0.0/16", "::1"])
    assert refusal(ip_address("10.1.2.3"), allowed) is None
    assert refusal(ip_address("::1"), allowed) is None
    assert refusal(ip_address("10.2.0.1"), allowed) is not None
    assert refusal(ip_address("127.0.0.1"), allowed) is not None


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "localhost", "", "10.0.0.0/33"])
def test_what_is_no_network_is_said(entry):
    with pytest.raises(UsageError, match="is no network"):
        networks([entry])


@pytest.mark.parametrize(
    ("entry", "url", "admitted"),
    [
        ("shop.example", "https://shop.example/a.jpg", True),
        ("shop.example", "http://SHOP.example./a.jpg", True),
        ("Shop.Example", "https://shop.example:443/", True),
        ("shop.example", "https://shop.example:8443/", False),
        ("shop.example:8443", "https://shop.example:8443/", True),
        ("shop.example:8443", "https://shop.example/", False),
        ("shop.example:443", "http://shop.example/", False),
        ("shop.example", "https://cdn.shop.example/", False),
        ("shop.example", "https://shop.example.evil/", False),
        ("shop.example", "https://evilshop.example/", False),
        ("*.shop.example", "https://a.b.shop.example/", True),
        ("*.shop.example", "https://shop.example/", False),
        ("*.shop.example", "https://evilshop.example/", False),
        ("*.shop.example:81", "http://a.shop.example:81/", True),
        ("bücher.example", "https://xn--bcher-kva.example/", True),
        ("[::1]:8080", "http://[::1]:8080/", True),
    ],
)
def test_hosts(entry, url, admitted):
    assert host_rules([entry])[0].admits(httpx.URL(url)) is admitted


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "*.",
        "https://shop.example",
        "shop.example/",
        "a@b",
        "a*.example",
        "a:99999",
        "a:0",
        "a b",
        "[x]",
    ],
)
def test_what_is_no_host_is_said(entry):
    with pytest.raises(UsageError, match="is no host"):
        host_rules([entry])
