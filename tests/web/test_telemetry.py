"""Traces: refused without OpenTelemetry, silent when nobody wants them, and without anything about a person."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine import telemetry
from engine.clock import ManualClock
from engine.config import TelemetryConfig
from engine.errors import Unavailable
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_nothing_is_imported_without_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    telemetry.begin(TelemetryConfig(), node="here:1")
    assert not telemetry.is_on()
    with telemetry.traced("deadline.fire", case=1):
        telemetry.end()


def test_a_collector_without_opentelemetry_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(Unavailable, match=r"pip install 'maplebridge\[otel\]'"):
        telemetry.begin(TelemetryConfig(endpoint="http://127.0.0.1:4318/v1/traces"), node="here:1")
    assert not telemetry.is_on()


def test_a_collector_that_does_not_answer_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its timeout is that of one part: a full queue has several."""
    processor = pytest.importorskip("opentelemetry.sdk.trace", reason="OpenTelemetry is an extra").SpanProcessor
    monkeypatch.setattr(telemetry, "EXPORT_S", 0.01)
    answers, ended = threading.Event(), threading.Event()

    class Hangs(processor):  # type: ignore[misc, valid-type]
        def shutdown(self) -> None:
            answers.wait()
            ended.set()

    telemetry.record(Hangs(), 1.0, node="here:1")
    telemetry.end()
    assert not ended.is_set()
    answers.set()
    assert ended.wait(10)


@pytest.fixture
def spans() -> Iterator[Callable[[], Any]]:
    """All that ended, in the order in which they did."""
    pytest.importorskip("opentelemetry.sdk", reason="OpenTelemetry is an extra: pip install 'maplebridge[otel]'")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    telemetry.record(SimpleSpanProcessor(kept), 1.0, node="here:1")
    yield kept.get_finished_spans
    telemetry.end()


def test_a_request_is_a_trace_of_patterns_and_statements(
    spans: Callable[[], Any], visit: Callable[[str | None], Visitor], district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock, title="漏水", phone="13800138000")
    visitor = visit("grid")
    before = len(spans())
    assert visitor.get(f"/cases/{case_id}?q=13900139000", traceparent=f"00-{TRACE}-{PARENT}-01").status_code == 200
    *inner, request = spans()[before:]
    assert (request.name, request.attributes["http.response.status_code"]) == ("GET /cases/<int:case_id>", 200)
    assert request.attributes["maplebridge.case"] == case_id
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{request.parent.span_id:016x}" == PARENT
    assert len(inner) > 3
    assert {each.parent.span_id for each in inner} == {request.context.span_id}
    assert all(each.attributes["db.query.text"].startswith("SELECT") for each in inner)
    told = str([(each.name, dict(each.attributes)) for each in (*inner, request)])
    assert not any(word in told for word in ("13900139000", "漏水", "13800138000"))


def test_a_firing_is_a_trace_and_what_a_tick_asks_in_vain_is_none(
    spans: Callable[[], Any], district: District, clock: ManualClock
) -> None:
    scheduler = Scheduler(district.store, district.world, clock, name="here")
    scheduler.tick()
    assert spans() == ()
    case_id = town.file_case(district, clock)
    clock.advance(timedelta(days=30))
    scheduler.fire_due(most=1)
    fired = [each for each in spans() if each.parent is None]
    assert [(each.name, each.attributes["maplebridge.case"]) for each in fired] == [("deadline.fire", case_id)]
