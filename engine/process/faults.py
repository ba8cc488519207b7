"""Which refusals are the diagram's fault and nobody's who acts, and how a fault is told to operators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import Invalid, Refusal, Unavailable
from engine.process.model import Instance

LONGEST = 2000
"""So much of a fault is kept."""

FAULTS = frozenset(
    {
        "data.not_flat",
        "decision.conflict",
        "decision.mapping",
        "decision.missing",
        "decision.no_match",
        "decision.overlap",
        "decision.result",
        "decision.type",
        "instance.cancel_uncaught",
        "instance.endless",
        "instance.error_uncaught",
        "instance.expression",
        "instance.no_path",
        "instance.rounds",
        "instance.stuck",
        "instance.too_deep",
        "instance.too_large",
        "instance.too_many_tokens",
        "state.broken",
        "state.element",
        "state.version",
    }
)
"""Refusals of the runtime that are never the fault of whoever completes a task."""


@contextmanager
def faults_told(instance: Instance) -> Iterator[None]:
    """Turns a fault of the diagram into Unavailable `instance.failed`, for the edge to hand to `set_aside`."""
    try:
        yield
    except Invalid as fault:
        if fault.code not in FAULTS:
            raise
        raise Unavailable(
            "instance.failed",
            "This case is set aside because of a fault; an operator has been told.",
            case=instance.case_id,
            instance=instance.id,
            said=said_of(fault),
        ) from fault


def said_of(fault: Exception) -> str:
    """`Kind: sentence`."""
    return f"{type(fault).__name__}: {fault.sentence if isinstance(fault, Refusal) else fault}"
