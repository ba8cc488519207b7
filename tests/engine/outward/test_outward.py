"""Calling out: what is dialled, what is sent, and what no receiver can do to us."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.outward import Line, Outward, Refused, Unreached
from tests.engine.outward.receivers import certified, receiver, request_of

HERE = ["127.0.0.0/8"]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answers(raw: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(raw)

    return answer


def test_a_body_goes_out_and_the_beginning_of_an_answer_comes_back() -> None:
    seen: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        seen.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 429 No\r\nRetry-After: 120\r\nContent-Length: 6\r\n\r\n\xff<b>ab")

    with receiver(answer) as port:
        got = Outward(HERE).send(f"http://127.0.0.1:{port}/in?a=1", b"{}", {"Content-Type": "application/json"})
    assert (got.status, got.ok, got.retry_after, got.body) == (429, False, "120", "\ufffd<b>ab")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /in?a=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)
    assert b"Accept-Encoding: identity" in head
    assert body == b"{}"


def test_a_name_that_changes_between_saving_and_calling_leads_nowhere() -> None:
    """Rebinding: the second look finds an address inside; nobody is called."""
    reached = threading.Event()
    found = iter((["8.8.8.8"], ["127.0.0.1"]))
    with receiver(lambda _connection: reached.set()) as port:
        outward = Outward(resolve=lambda _host: next(found))
        url = outward.check(f"https://hooks.example:{port}/")
        with pytest.raises(Refused) as refused:
            outward.send(url, b"", {})
    assert refused.value.code == "outward.inside"
    assert not reached.is_set()


def test_what_was_judged_is_what_is_dialled(tmp_path: Path) -> None:
    """The name is asked for once; the certificate is still checked against the name."""
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    shown, trust = certified(tmp_path)
    with receiver(answers(OK), tls=shown) as port:
        outward = Outward(HERE, resolve=resolve, trust=trust)
        assert outward.send(f"https://receiver.example:{port}/", b"", {}).status == 200
        assert asked == ["receiver.example"]
        with pytest.raises(Unreached) as unreached:
            outward.send(f"https://other.example:{port}/", b"", {})
        assert unreached.value.code == "outward.tls"
        with pytest.raises(Unreached) as unreached:
            Outward(HERE, resolve=resolve).send(f"https://receiver.example:{port}/", b"", {})
        assert unreached.value.code == "outward.tls"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiver(answers(OK)) as port:
        assert Outward(HERE).send(f"http://127.0.0.1:{port}/", b"", {}).ok


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with receiver(answers(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as port:
        got = Outward(HERE).send(f"http://127.0.0.1:{port}/", b"", {})
    assert (got.status, got.ok) == (302, False)


def _drip(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b".")
        time.sleep(0.02)


def _drip_head(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n")
        time.sleep(0.02)


def _hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@pytest.mark.parametrize("badly", [_drip, _drip_head, _hang])
def test_no_receiver_keeps_us_longer_than_the_whole_call_may_take(badly: Callable[[socket.socket], None]) -> None:
    started = time.monotonic()
    with receiver(badly) as port:
        with pytest.raises(Unreached) as unreached:
            Outward(HERE).send(f"http://127.0.0.1:{port}/", b"", {}, seconds=0.2)
        assert unreached.value.code == "outward.time"
        assert 0.15 < time.monotonic() - started < 1
        assert unreached.value.facts["ms"] >= 150


def test_a_resolver_that_hangs_is_left_behind() -> None:
    wait = threading.Event()

    def hang(_host: str) -> list[str]:
        wait.wait(5)
        return []

    outward = Outward(resolve=hang)
    with pytest.raises(Unreached) as unreached:
        outward.send("https://hooks.example/", b"", {}, seconds=0.05)
    wait.set()
    assert unreached.value.code == "outward.time"


def _flood(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"8000\r\n" + b"a" * 32768 + b"\r\n")


def test_an_endless_answer_is_read_at_its_beginning_only() -> None:
    with receiver(_flood) as port:
        assert Outward(HERE).send(f"http://127.0.0.1:{port}/", b"", {}, most=100).body == "a" * 100


BROKEN = [
    (b"SSH-2.0-OpenSSH_9.2\r\n", "outward.answer"),
    (b"", "outward.answer"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "outward.answer"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, "outward.answer"),
]


@pytest.mark.parametrize(("raw", "code"), BROKEN)
def test_what_is_no_whole_answer_counts_as_none(raw: bytes, code: str) -> None:
    with receiver(answers(raw)) as port, pytest.raises(Unreached) as unreached:
        Outward(HERE).send(f"http://127.0.0.1:{port}/", b"", {})
    assert unreached.value.code == code


def test_nobody_there() -> None:
    with receiver(answers(OK)) as port:
        pass
    with pytest.raises(Unreached) as unreached:
        Outward(HERE).send(f"http://127.0.0.1:{port}/", b"", {})
    assert unreached.value.code == "outward.connection"

    def nobody(_host: str) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(Unreached) as unreached:
        Outward(resolve=nobody).send("https://hooks.example/", b"", {})
    assert unreached.value.code == "outward.name"


def test_one_dead_address_of_a_name_does_not_hide_the_living_one() -> None:
    with receiver(answers(OK)) as port:
        outward = Outward(HERE, resolve=lambda _host: ["127.0.0.9", "127.0.0.1"])
        assert outward.send(f"http://hooks.example:{port}/", b"", {}).ok


def test_a_line_keeps_its_connection_and_dials_anew_when_the_other_side_has_closed_it() -> None:
    """The second connection is closed after one request, as if it had grown old over there."""
    asked: list[list[bytes]] = []
    closes_after = [2, 1, 1]

    def answer(connection: socket.socket) -> None:
        asked.append([])
        for _ in range(closes_after[len(asked) - 1]):
            asked[-1].append(request_of(connection))
            connection.sendall(OK)

    with receiver(answer) as port, Line() as line:
        outward = Outward(HERE)
        for number in range(4):
            assert outward.send(f"http://127.0.0.1:{port}/{number}", b"{}", {}, line=line).ok
    assert [[request.split(b" ")[1] for request in requests] for requests in asked] == [
        [b"/0", b"/1"],
        [b"/2"],
        [b"/3"],
    ]
    assert b"Connection: keep-alive" in asked[0][0]


def test_a_kept_line_gives_each_call_its_own_time_and_is_not_used_after_a_failure() -> None:
    dialled: list[socket.socket] = []

    def answer(connection: socket.socket) -> None:
        dialled.append(connection)
        request_of(connection)
        connection.sendall(OK)
        if len(dialled) == 1:
            _hang(connection)

    with receiver(answer) as port, Line() as line:
        outward, url = Outward(HERE), f"http://127.0.0.1:{port}/"
        assert outward.send(url, b"", {}, seconds=0.2, line=line).ok
        with pytest.raises(Unreached) as unreached:
            outward.send(url, b"", {}, seconds=0.2, line=line)
        assert unreached.value.code == "outward.time"
        assert outward.send(url, b"", {}, seconds=0.2, line=line).ok
    assert len(dialled) == 2


def test_a_line_is_judged_anew_once_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: what the name leads to now is not called, however long the line was good."""
    found = iter((["127.0.0.1"], ["169.254.169.254"]))
    outward = Outward(HERE, resolve=lambda _host: next(found))
    now = time.monotonic()
    with receiver(lambda connection: [connection.sendall(OK) for _ in range(2) if request_of(connection)]) as port:
        url = f"http://receiver.example:{port}/"
        with Line() as line:
            assert outward.send(url, b"", {}, line=line).ok
            assert outward.send(url, b"", {}, line=line).ok
            monkeypatch.setattr(time, "monotonic", lambda: now + 60)
            with pytest.raises(Refused):
                outward.send(url, b"", {}, line=line)
