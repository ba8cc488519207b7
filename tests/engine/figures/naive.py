"""The figures once more, by another way: every row is read as it stands, and sets are made of them in plain Python.

Nothing of the product's queries is used, only its rows as they were exported and the words of the definitions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

Row = Mapping[str, Any]
TABLES = (
    *("case", "history", "visit", "deadline", "party", "instance", "mediation_referral", "mediation_organisation"),
    *("gathering", "gathering_item", "reception", "booking", "campaign_item"),
)
RESOLVED = {"agreement_oral", "agreement_written", "fulfilled", "partly_fulfilled", "explained", "resolved", "answered"}
RESOLVED |= {"adopted", "substantively_resolved"}
RISES = {"overdue", "request", "severity_jump", "supervision", "leader_order", "dispute_unresolved"}
RISES |= {"petitioner_request"}
GONE = {"withdrawn", "merged", "terminated"}
PROACTIVE = {"inspection", "tea_talk", "leader_reception", "return_visit"}


def exported(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every row of the tables, times as instants, JSON as values."""
    found = {}
    for table in TABLES:
        rows = [dict(row) for row in session.execute(text(f'SELECT * FROM "{table}"')).mappings()]
        for row in rows:
            for name, value in row.items():
                if isinstance(value, str) and (name.endswith("_at") or name == "at"):
                    row[name] = datetime.fromisoformat(value + ("" if "+" in value else "+00:00"))
                elif name in ("facts", "after") and isinstance(value, str):
                    row[name] = json.loads(value)
        found[table] = rows
    return found


@dataclass
class Naive:
    """`start` to before `end`, as known at `as_of`; `channel` narrows what are cases."""

    rows: Mapping[str, list[dict[str, Any]]]
    start: datetime
    end: datetime
    as_of: datetime
    channel: str | None = None
    cases: dict[int, dict[str, Any]] = field(init=False)
    acts: dict[int, list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        self.cases = {
            row["id"]: row
            for row in self.rows["case"]
            if not row["confidential"] and self.channel in (None, row["channel"])
        }
        self.acts = {id_: [] for id_ in self.cases}
        for entry in sorted(self.rows["history"], key=lambda row: (row["case_id"], row["seq"])):
            if entry["case_id"] in self.cases and entry["at"] <= self.as_of:
                self.acts[entry["case_id"]].append(entry)

    def figures(self) -> dict[str, tuple[list[int], list[int] | None]]:
        """By id: what stands above and below the line, sorted; of counts only what is counted."""
        c, closed = self.cases, self._closed()
        received = [i for i in c if self._in(c[i]["received_at"]) and c[i]["filed_at"] <= self.as_of]
        proactive = [i for i in received if c[i]["channel"] in PROACTIVE]
        petitions = [i for i in received if self._petition(i)]
        first = [i for i in closed if self._petition(i) and not self._again(i)]
        ever = [i for i in c if any(e["act"] == "case.closed" and self._in(e["at"]) for e in self.acts[i])]
        rated = {i: e for i in c for e in self.acts[i] if e["act"] == "citizen.rated" and self._in(e["at"])}
        found: dict[str, tuple[Iterable[int], Iterable[int] | None]] = {
            "received_total": (received, None),
            "proactive_ratio": (proactive, set(received) - set(proactive)),
            "repeat_rate": ([i for i in received if self._again(i)], received),
            "resolution_rate": ([i for i in received if self._result(i) in RESOLVED], received),
            "solve_rate": ([i for i in closed if closed[i]["facts"]["result"] in RESOLVED], closed),
            "extension_rate": ([i for i in closed if self._ever(i, "clock.extended")], closed),
            "suspended_share": ([i for i in closed if self._ever(i, "clock.paused")], closed),
            "rework_rate": ([i for i in ever if self._ever(i, "case.reopened")], ever),
            "petition_total": (petitions, None),
            "first_petition_one_off_rate": ([i for i in first if not self._came_back(i, closed[i])], first),
            "satisfaction_rate": ([i for i, e in rated.items() if e["facts"]["stars"] >= 4], rated),
            **{name: self._clocks(*clocks) for name, clocks in CLOCKS.items()},
            **self._ladder(),
            **self._registers(),
        }
        return {
            name: (sorted(above), None if below is None else sorted(below)) for name, (above, below) in found.items()
        }

    def _in(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end and at <= self.as_of

    def _closed(self) -> dict[int, Row]:
        """Closings of the period that stand."""
        found = {}
        for case_id, acts in self.acts.items():
            ends = [e for e in acts if e["act"] in ("case.closed", "case.reopened")]
            if ends and ends[-1]["act"] == "case.closed" and self._in(ends[-1]["at"]):
                found[case_id] = ends[-1]
        return found

    def _result(self, case_id: int) -> str | None:
        ends = [e for e in self.acts[case_id] if e["act"] in ("case.closed", "case.reopened")]
        return ends[-1]["facts"]["result"] if ends and ends[-1]["act"] == "case.closed" else None

    def _petition(self, case_id: int) -> bool:
        return self.cases[case_id]["kind"] in ("petition", "petition_simple")

    def _again(self, case_id: int) -> bool:
        return int(self.cases[case_id]["facts"].get("repeat_count") or 0) > 0

    def _ever(self, case_id: int, act: str) -> bool:
        return any(e["act"] == act for e in self.acts[case_id])

    def _came_back(self, case_id: int, closing: Row) -> bool:
        phones = self._phones.get(case_id, set())
        return any(
            phones & self._all_phones.get(other, set())
            and row["category"] == self.cases[case_id]["category"]
            and closing["at"] < row["received_at"] <= closing["at"] + timedelta(days=90)
            and row["filed_at"] <= self.as_of
            for phone in phones
            for other in self._callers[phone]
            if other != case_id
            for row in (self._every[other],)
        )

    @cached_property
    def _every(self) -> Mapping[int, Row]:
        return {row["id"]: row for row in self.rows["case"]}

    @cached_property
    def _phones(self) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for party in self.rows["party"]:
            if party["phone"] and party["role"] != "respondent":
                found.setdefault(party["case_id"], set()).add(party["phone"])
        return found

    @cached_property
    def _all_phones(self) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for party in self.rows["party"]:
            if party["phone"]:
                found.setdefault(party["case_id"], set()).add(party["phone"])
        return found

    @cached_property
    def _callers(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for party in self.rows["party"]:
            if party["phone"]:
                found.setdefault(party["phone"], set()).add(party["case_id"])
        return found

    def _clocks(self, wanted: Callable[[Row], bool], late: bool) -> tuple[set[int], set[int]]:
        due, missed = set(), set()
        for row in self.rows["deadline"]:
            if row["case_id"] not in self.cases or not wanted(row) or not self._in(row["due_at"]):
                continue
            over = row["closed_at"]
            if row["state"] == "paused" or (row["state"] == "cancelled" and over < row["due_at"]):
                continue
            due.add(row["case_id"])
            if not (row["state"] == "met" and over <= row["due_at"]):
                missed.add(row["case_id"])
        return (missed if late else due - missed), due

    def _ladder(self) -> dict[str, tuple[list[int], list[int]]]:
        found: dict[str, tuple[list[int], list[int]]] = {}
        for visit in self.rows["visit"]:
            if visit["case_id"] not in self.cases or not self._in(visit["left_at"]):
                continue
            how = visit["left_reason"]
            for name, hit in (
                ("absorption_rate", how == "closed"),
                ("upward_rate", how in RISES),
                ("return_rate", how == "return_down"),
            ):
                above, below = found.setdefault(f"{name}.{visit['tier']}", ([], []))
                below.append(visit["id"])
                if hit:
                    above.append(visit["id"])
        return found

    def _registers(self) -> dict[str, tuple[list[int], list[int] | None]]:
        rows = self.rows
        ended = {r["id"]: r["outcome"] for r in rows["instance"] if r["ended_at"] and r["ended_at"] <= self.as_of}
        industry = {r["unit_id"] for r in rows["mediation_organisation"] if r["kind"] == "industry"}
        accepted = [r for r in rows["mediation_referral"] if self._in(r["accepted_at"]) and r["case_id"] in self.cases]
        agreed = [
            r
            for r in accepted
            if (r["outcome"] or "").startswith("agreement") and r["ended_at"] and r["ended_at"] <= self.as_of
        ]
        held = {
            r["id"]
            for r in rows["gathering"]
            if self.start <= r["starts_at"] < self.end and r["held_at"] and r["held_at"] <= self.as_of
        }
        items = [r for r in rows["gathering_item"] if r["gathering_id"] in held]
        solved = [
            r["id"]
            for r in items
            if r["disposition"] == "answered"
            or (r["disposition"] != "noted" and r["case_id"] and self._result(r["case_id"]) not in {None, *GONE})
        ]
        when = {r["id"]: r["starts_at"] for r in rows["reception"]}
        visits = [
            r
            for r in rows["booking"]
            if r["arrived"] and self.start <= when[r["reception_id"]] < self.end and r["received_at"] <= self.as_of
        ]
        issued = [r for r in rows["campaign_item"] if self._in(r["issued_at"]) and r["case_id"] in self.cases]
        done = [r["id"] for r in issued if ended.get(r["instance_id"]) == "substantively_resolved"]
        return {
            "mediation_success_rate": ([r["id"] for r in agreed], [r["id"] for r in accepted]),
            "industry_mediation_success_rate": (
                [r["id"] for r in agreed if r["organisation_id"] in industry],
                [r["id"] for r in accepted if r["organisation_id"] in industry],
            ),
            "session_count": (sorted(held), None),
            "issues_solved": (solved, None),
            "reception_events": (sorted({r["reception_id"] for r in visits}), None),
            "reception_visitors": ([r["id"] for r in visits], None),
            "reception_solved": ([r["id"] for r in visits if ended.get(r["instance_id"]) == "solved"], None),
            "closure_rate": (done, [r["id"] for r in issued]),
        }


CLOCKS: Mapping[str, tuple[Callable[[Row], bool], bool]] = {
    "timely_acceptance_rate": (lambda r: r["step"] in ("petition_accept", "simple_accept"), False),
    "on_time_reply_rate": (
        lambda r: r["step"] == "handle" and r["process"] in ("p_petition", "p_petition_simple"),
        False,
    ),
    "supervision_on_time_rate": (lambda r: r["step"] == "supervision_reply", False),
    "response_rate": (lambda r: r["step"] in ("ack", "contact", "urgent_contact"), False),
    "overdue_rate": (lambda r: r["step"] in ("handle", "case_outer"), True),
}
