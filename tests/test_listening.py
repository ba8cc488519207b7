"""A server that is told to stop finishes what it was asked, and then nobody is at the door."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from http.client import HTTPConnection

import pytest
import waitress

from engine.cli.listening import answer, listen
from engine.errors import Unavailable

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def test_what_is_under_way_is_finished_and_who_comes_later_finds_the_door_closed() -> None:
    asked, go_on, told = threading.Event(), threading.Event(), threading.Event()

    def application(environ: dict[str, str], start: StartResponse) -> Iterable[bytes]:
        asked.set()
        go_on.wait(10)
        start("200 OK", [("Content-Length", "4")])
        return [b"done"]

    listening = listen("127.0.0.1", 0)
    server = waitress.create_server(application, sockets=[listening], threads=1)
    port = int(server.effective_port)
    serving = threading.Thread(
        target=answer, args=(server, listening, told), kwargs={"drain": 0.0, "finish": 10.0}, daemon=True
    )
    serving.start()
    first = HTTPConnection("127.0.0.1", port, timeout=10)
    first.request("GET", "/")
    assert asked.wait(10)
    waiting = HTTPConnection("127.0.0.1", port, timeout=10)  # accepted, and behind the only thread
    waiting.request("GET", "/")
    told.set()
    server.pull_trigger()
    while listening.fileno() != -1:
        assert serving.is_alive()
    with socket.socket() as late:
        assert late.connect_ex(("127.0.0.1", port)) != 0
    go_on.set()
    assert [each.getresponse().read() for each in (first, waiting)] == [b"done", b"done"]
    serving.join(10)
    assert not serving.is_alive()
    for each in (first, waiting):
        each.close()


def test_who_keeps_a_connection_is_told_to_ask_elsewhere() -> None:
    """A balancer may ask over one connection again and again, and would be cut off in the end."""
    told = threading.Event()

    def application(environ: dict[str, str], start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "4")])
        return [b"done"]

    listening = listen("127.0.0.1", 0)
    server = waitress.create_server(application, sockets=[listening], threads=1)
    serving = threading.Thread(
        target=answer, args=(server, listening, told), kwargs={"drain": 0.0, "finish": 10.0}, daemon=True
    )
    serving.start()
    client = HTTPConnection("127.0.0.1", server.effective_port, timeout=10)
    said = None
    while said is None:
        client.request("GET", "/")
        with client.getresponse() as response:
            assert response.read() == b"done"
            said = response.getheader("Connection")
        told.set()
    assert said == "close"
    serving.join(5)
    assert not serving.is_alive()
    client.close()


def test_what_never_ends_is_left_after_a_while() -> None:
    told, go_on = threading.Event(), threading.Event()

    def application(environ: dict[str, str], start: StartResponse) -> Iterable[bytes]:
        told.set()
        go_on.wait(10)
        return []

    listening = listen("127.0.0.1", 0)
    server = waitress.create_server(application, sockets=[listening], threads=1)
    serving = threading.Thread(
        target=answer, args=(server, listening, told), kwargs={"drain": 0.0, "finish": 0.1}, daemon=True
    )
    client = HTTPConnection("127.0.0.1", server.effective_port, timeout=10)
    client.request("GET", "/")
    serving.start()
    serving.join(10)
    assert not serving.is_alive()
    go_on.set()
    client.close()


def test_a_port_that_is_taken_is_told() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(Unavailable, match="in use"):
            listen("127.0.0.1", taken.getsockname()[1])
