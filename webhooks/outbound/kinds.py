"""What other systems may follow: the acts of a case that are told outside, and what each says besides."""

from __future__ import annotations

from collections.abc import Mapping

MOVE = ("from", "to", "reason")

KINDS: Mapping[str, tuple[str, ...]] = {
    "case.filed": (),
    "case.raised": MOVE,
    "case.returned": MOVE,
    "case.moved": MOVE,
    "case.downgraded": MOVE,
    "case.regraded": ("severity",),
    "case.instructed": (),
    "case.closed": ("result",),
    "case.reopened": (),
    "clock.warned": ("step", "due_at"),
    "clock.extended": ("step", "due_at"),
    "supervision.opened": ("reason",),
    "arbitration.opened": (),
    "arbitration.decided": (),
    "opinion.rose": (),
    "citizen.confirmed": (),
    "citizen.refused": (),
}
"""Topics of the outbox, in the order of the page. Besides these words every message says where the case stands."""

NOT_TOLD = frozenset(
    {
        "card.voided",
        "case.amended",
        "case.left",
        "case.passed_on",
        "case.told",
        "case.token_moved",
        "citizen.rated",
        "comment.made",
        "force.added",
        "handler.stepped_aside",
        "task.answered",
        "task.asked",
        "task.delegated",
        "task.handed_over",
    }
)
"""Topics about people, or between people of the district: nobody outside is told."""

PING = "ping"
