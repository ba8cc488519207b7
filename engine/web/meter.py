"""What a process counts about itself for Prometheus, in a registry of its own; safe for all threads.

Under gunicorn with several processes, PROMETHEUS_MULTIPROC_DIR names a folder they share: then whichever of them is
asked tells the sum of all.
"""

from __future__ import annotations

import os
import statistics
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]  # an instant for every series, which nobody asks for

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
KEPT = 2000
"""So many of the latest acts of a kind are remembered for their median."""
CONTENT_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that the database knows, with its help text and perhaps one label: (value, label's value) pairs."""

    name: str
    says: str
    values: tuple[tuple[float, str], ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Lately:
    """How long an act took lately, in seconds."""

    times: int
    median: float


class Meter:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "maplebridge_requests",
            "Requests answered, by family of pages, method and status.",
            ("family", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "maplebridge_request_seconds",
            "How long answering took, by family of pages and method.",
            ("family", "method"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._acts: dict[str, deque[float]] = {}
        self._processes = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if self._processes is None:
            ProcessCollector(registry=self.registry)
            GCCollector(registry=self.registry)

    def answered(self, family: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(family, method, str(status)).inc()
        self._seconds.labels(family, method).observe(seconds)

    def acted(self, act: str, seconds: float) -> None:
        self._acts.setdefault(act, deque(maxlen=KEPT)).append(seconds)

    def lately(self, act: str) -> Lately | None:
        """Of this process since it started; None where it has not happened yet."""
        times = list(self._acts.get(act, ()))
        return Lately(len(times), statistics.median(times)) if times else None

    def text(self, gauges: Iterable[Gauge]) -> bytes:
        """All of it in the text format of Prometheus, with what the database knows now."""
        registry = self.registry
        if self._processes is not None:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        known = CollectorRegistry()
        known.register(_Known(tuple(gauges)))
        return generate_latest(registry) + generate_latest(known)


class _Known(Collector):
    def __init__(self, gauges: tuple[Gauge, ...]) -> None:
        self.gauges = gauges

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for gauge in self.gauges:
            family = GaugeMetricFamily(gauge.name, gauge.says, labels=[gauge.label] if gauge.label else None)
            for value, label in gauge.values:
                family.add_metric([label] if gauge.label else [], value)
            yield family
