"""Traces for OpenTelemetry, where the configuration names a collector: every request, every firing of a deadline, and
the statements within them.

The only module that knows OpenTelemetry. Its exporter posts to that one address by means of its own; all else that
leaves goes through `outward`. Without an address nothing is imported and nothing recorded. A span holds patterns of
addresses, ids, and statements without their values: never an address, a value, or the text of an error.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from engine.config import TelemetryConfig
from engine.errors import Unavailable

EXPORT_S = 3.0
"""So long at most one sending may take, and so the last one when the process ends."""
LONGEST_STATEMENT = 4000

_tracer: Any = None
_provider: Any = None


def begin(config: TelemetryConfig, *, node: str) -> None:
    """Records from now on and sends in the background, if a collector is named. A collector that does not answer costs
    spans and nothing else. Raises Unavailable when OpenTelemetry is not installed."""
    if not config.endpoint:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        words = "telemetry.endpoint is set, but OpenTelemetry is not here: `pip install 'maplebridge[otel]'`."
        raise Unavailable("telemetry.absent", words) from error
    record(BatchSpanProcessor(OTLPSpanExporter(endpoint=config.endpoint, timeout=EXPORT_S)), config.share, node=node)


def record(processor: Any, share: float, *, node: str) -> None:
    """Gives spans to a processor of OpenTelemetry. Whoever comes with a trace continues it; `share` of all traces are
    recorded whole, by their ids, whatever the sender wishes."""
    global _provider, _tracer
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    ours = TraceIdRatioBased(share)
    _provider = TracerProvider(
        sampler=ParentBased(ours, remote_parent_sampled=ours, remote_parent_not_sampled=ours),
        resource=Resource.create({"service.name": "maplebridge", "service.instance.id": node}),
        shutdown_on_exit=False,
    )
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("maplebridge")
    for name, listener in _LISTENERS.items():
        event.listen(Engine, name, listener)


def end() -> None:
    """Sends what is left as far as it goes within `EXPORT_S`, and records no more."""
    global _provider, _tracer
    if _provider is None:
        return
    for name, listener in _LISTENERS.items():
        event.remove(Engine, name, listener)
    provider, _provider, _tracer = _provider, None, None
    ending = threading.Thread(target=provider.shutdown, daemon=True)  # waits so long for each part of the rest
    ending.start()
    ending.join(EXPORT_S)


def is_on() -> bool:
    return _tracer is not None


@contextmanager
def request(method: str, route: str | None, came_with: str | None, **ids: Any) -> Iterator[Callable[[int], None]]:
    """One request, by the pattern of its address, perhaps within the trace of a `traceparent` that it `came_with`. What
    is given takes the status of the answer."""
    from opentelemetry.trace import SpanKind, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    facts = {"http.request.method": method, **({"http.route": route} if route else {}), **ids}
    parent = TraceContextTextMapPropagator().extract({"traceparent": came_with} if came_with else {})
    with _span(f"{method} {route}" if route else method, facts, kind=SpanKind.SERVER, context=parent) as span:

        def answered(status: int) -> None:
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(StatusCode.ERROR)

        yield answered


@contextmanager
def traced(name: str, **ids: int | None) -> Iterator[None]:
    """One act of the background."""
    if _tracer is None:
        yield
        return
    with _span(name, {f"maplebridge.{key}": id for key, id in ids.items() if id is not None}):
        yield


@contextmanager
def _span(name: str, facts: Mapping[str, Any], **more: Any) -> Iterator[Any]:
    from opentelemetry.trace import StatusCode

    silent = {"record_exception": False, "set_status_on_exception": False}  # an error's text may quote somebody
    with _tracer.start_as_current_span(name, attributes=facts, **silent, **more) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def _statement_begins(connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
    """Only within a span: what a tick asks in vain, ten times a second, is no trace of its own."""
    from opentelemetry.trace import SpanKind, get_current_span

    if get_current_span().is_recording():
        facts = {"db.system.name": connection.dialect.name, "db.query.text": statement[:LONGEST_STATEMENT]}
        name = statement.split(maxsplit=1)[0] if statement else "SQL"
        context.maplebridge_span = _tracer.start_span(name, kind=SpanKind.CLIENT, attributes=facts)


def _statement_ended(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
    span = vars(context).pop("maplebridge_span", None)
    if span is not None:
        span.end()


def _statement_failed(trouble: Any) -> None:
    span = vars(trouble.execution_context).pop("maplebridge_span", None) if trouble.execution_context else None
    if span is not None:
        span.set_attribute("error.type", type(trouble.original_exception).__name__)
        span.end()


_LISTENERS: Mapping[str, Callable[..., None]] = {
    "before_cursor_execute": _statement_begins,
    "after_cursor_execute": _statement_ended,
    "handle_error": _statement_failed,
}
