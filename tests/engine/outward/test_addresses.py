"""Which addresses may be called, one by one."""

from collections.abc import Sequence

import pytest

from engine.outward import Inside, Outward, Refused, read_target

NOWHERE = Inside()

REFUSED = [
    # how it is written, why it is refused
    ("https://127.0.0.1/", "outward.inside"),
    ("https://127.8.9.10/", "outward.inside"),
    ("https://0.0.0.0/", "outward.inside"),
    ("https://10.1.2.3/", "outward.inside"),
    ("https://172.16.0.1/", "outward.inside"),
    ("https://172.31.255.254/", "outward.inside"),
    ("https://192.168.1.1/", "outward.inside"),
    ("https://169.254.169.254/latest/meta-data/", "outward.inside"),
    ("https://168.63.129.16/", "outward.inside"),
    ("https://100.100.100.200/", "outward.inside"),
    ("https://192.0.0.192/", "outward.inside"),
    ("https://198.18.0.1/", "outward.inside"),
    ("https://203.0.113.9/", "outward.inside"),
    ("https://224.0.0.1/", "outward.inside"),
    ("https://240.0.0.1/", "outward.inside"),
    ("https://255.255.255.255/", "outward.inside"),
    ("https://[::1]/", "outward.inside"),
    ("https://[::]/", "outward.inside"),
    ("https://[fe80::1]/", "outward.inside"),
    ("https://[fd00:ec2::254]/", "outward.inside"),
    ("https://[ff02::1]/", "outward.inside"),
    ("https://[::ffff:127.0.0.1]/", "outward.inside"),
    ("https://[::ffff:a00:1]/", "outward.inside"),
    ("https://[::127.0.0.1]/", "outward.inside"),
    ("https://[64:ff9b::7f00:1]/", "outward.inside"),
    ("https://[64:ff9b:1::a00:1]/", "outward.inside"),
    ("https://[2002:7f00:1::]/", "outward.inside"),
    ("https://[2001:0:7f00:1::]/", "outward.inside"),
    ("https://[2001:db8::1]/", "outward.inside"),
    ("https://[fe80::1%25eth0]/", "outward.host"),
    ("https://2130706433/", "outward.host"),
    ("https://0x7f000001/", "outward.host"),
    ("https://0x7f.1/", "outward.host"),
    ("https://0177.0.0.1/", "outward.host"),
    ("https://127.1/", "outward.host"),
    ("https://127.0.0.1./", "outward.inside"),
    ("https://１２７.0.0.1/", "outward.inside"),
    ("https://127。0。0。1/", "outward.inside"),
    ("https://%31%32%37.0.0.1/", "outward.host"),
    ("https://user:secret@8.8.8.8/", "outward.credentials"),
    ("https://8.8.8.8@127.0.0.1/", "outward.credentials"),
    ("https://8.8.8.8:22/", "outward.port"),
    ("https://8.8.8.8:0/", "outward.port"),
    ("https://8.8.8.8:99999/", "outward.address"),
    ("http://8.8.8.8/", "outward.scheme"),
    ("http://hooks.example/", "outward.scheme"),
    ("ftp://hooks.example/", "outward.scheme"),
    ("file:///etc/passwd", "outward.scheme"),
    ("gopher://hooks.example/_", "outward.scheme"),
    ("hooks.example/path", "outward.address"),
    ("//hooks.example/", "outward.address"),
    ("https://", "outward.host"),
    ("https://a..example/", "outward.host"),
    ("https://-a.example/", "outward.host"),
    ("https://hooks.example\\@127.0.0.1/", "outward.address"),
    ("https://hooks.example/a b", "outward.address"),
    ("https://hooks.example/\r\nHost: inside", "outward.address"),
    (f"https://hooks.example/{'a' * 2000}", "outward.address"),
    ("", "outward.address"),
]

TAKEN = [
    # how it is written, its one plain form
    ("https://8.8.8.8/in", "https://8.8.8.8/in"),
    ("https://8.8.8.8./in", "https://8.8.8.8/in"),
    ("https://[2400:3200::1]/in", "https://[2400:3200::1]/in"),
    ("https://[2400:3200:0::0:1]:8443/in", "https://[2400:3200::1]:8443/in"),
    ("https://[64:ff9b::808:808]/", "https://[64:ff9b::808:808]/"),
    ("https://HOOKS.Example.:443", "https://hooks.example/"),
    ("https://hooks.example:9443/a?b=c#d", "https://hooks.example:9443/a?b=c"),
    ("https://政务.example/收", "https://xn--zfr164b.example/%E6%94%B6"),
]


@pytest.mark.parametrize(("url", "code"), REFUSED)
def test_an_address_that_is_refused(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_target(url, NOWHERE)
    assert refused.value.code == code
    assert set(refused.value.facts["fields"]["url"]) == {"zh", "en"}


@pytest.mark.parametrize(("url", "plain"), TAKEN)
def test_an_address_that_is_taken(url: str, plain: str) -> None:
    assert read_target(url, NOWHERE).url == plain
    assert read_target(plain, NOWHERE).url == plain


RESOLVED = [
    # what the name resolves to, what is allowed inside, the url, the refusal
    (["8.8.8.8"], [], "https://hooks.example/", None),
    (["10.0.0.8"], [], "https://hooks.example/", "outward.inside"),
    (["8.8.8.8", "10.0.0.8"], [], "https://hooks.example/", "outward.inside"),
    (["8.8.8.8", "::1"], [], "https://hooks.example/", "outward.inside"),
    (["::ffff:10.0.0.8"], [], "https://hooks.example/", "outward.inside"),
    (["fe80::1%eth0"], [], "https://hooks.example/", "outward.inside"),
    (["127.0.0.1"], [], "https://localhost/", "outward.inside"),
    (["10.0.0.8"], ["hooks.example"], "https://hooks.example/", None),
    (["10.0.0.8"], ["hooks.example"], "http://hooks.example/", None),
    (["10.0.0.8"], ["hooks.example"], "https://other.example/", "outward.inside"),
    (["127.0.0.1"], ["hooks.example"], "https://hooks.example/", "outward.inside"),
    (["169.254.169.254"], ["hooks.example"], "https://hooks.example/", "outward.inside"),
    (["::1"], ["hooks.example"], "https://hooks.example/", "outward.inside"),
    (["10.0.0.8"], ["10.0.0.0/24"], "http://hooks.example/", None),
    (["10.0.1.8"], ["10.0.0.0/24"], "http://hooks.example/", "outward.inside"),
    (["8.8.8.8"], ["10.0.0.0/24"], "http://hooks.example/", "outward.scheme"),
    (["127.0.0.1"], ["127.0.0.0/8"], "http://localhost:8080/", None),
    (["::1"], ["::1/128"], "http://localhost:8080/", None),
    ([], [], "https://not-yet.example/", None),
]


@pytest.mark.parametrize(("addresses", "inside", "url", "code"), RESOLVED)
def test_a_name_is_judged_by_every_address_it_has(
    addresses: Sequence[str], inside: Sequence[str], url: str, code: str | None
) -> None:
    outward = Outward(inside, resolve=lambda _host: addresses)
    if code is None:
        assert outward.check(url) == url
    else:
        with pytest.raises(Refused) as refused:
            outward.check(url)
        assert refused.value.code == code


def test_a_network_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        Inside.of(["10.0.0.0/40"])
