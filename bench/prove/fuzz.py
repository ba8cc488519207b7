"""Fuzzing: requests made from the OpenAPI document, by somebody who holds every role. No answer is a fault of ours, and
none differs from what the document promises.

    python -m bench.prove.fuzz --database postgresql --examples 60

With one example for some operations it is `tests/web/api/test_fuzz.py`.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import schemathesis
import structlog
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import webhooks
from bench import databases
from engine.clock import ManualClock
from engine.people import Membership, Person, accounts, tokens
from engine.scheduler import Scheduler
from engine.store import open_store
from engine.web import create_app
from tests.conftest import import_tables
from tests.web import district as town
from tests.web.district import District
from tests.web.looked_back import look_back
from tests.web.meetings import meet
from tests.web.rounds import go_round
from tests.web.standing import stand

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
THERE: Mapping[str, Sequence[Any]] = {
    "number": ("LHQ-20260302-0001", "LHQ-20260302-0002", "LHQ-20260302-9999"),
    "organisation_id": ("LHQ.MZ.o1",),
    "member_id": ("LHQ.d1",),
    "unit_id": ("LHQ.MZ.01.01.01",),
    "letter_kind": ("opinion", "acceptance"),
    "handle": ("0123456789abcdef",),
    "service": ("hotline-12345",),
}
"""What stands in addresses and is there; other parts are small numbers, so that rows are hit."""
SMALL = 6
SLOW = frozenset({"checkProposal", "publishProposal", "rollBack"})
"""They play every scenario: a few tries of each are enough."""
FEW = 2
LEAVES = frozenset({"endToken", "closeAccount", "takeRole", "closeService"})
"""Acts by which the bearer would lock themselves out."""


@dataclass
class Fuzzed:
    """What came of it: how many answers of each status, and what was wrong, once for each operation and check."""

    calls: int = 0
    ends: Counter[int] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"calls": self.calls, "ends": dict(sorted(self.ends.items())), "wrong": self.wrong}


def settle(district: District, clock: ManualClock) -> str:
    """Something of everything in the small district, and a token of somebody who holds every role at the top."""
    Scheduler(district.store, district.world, clock, name="fuzz").beat()
    town.file_case(district, clock, title="先有的案件")
    look_back(district, clock)
    stand(district, clock)
    meet(district, clock)
    go_round(district, clock)
    with district.store.transaction() as session:
        person = Person(username="fuzz", name_zh="多面手", name_en="Everybody", active=True)
        session.add(person)
        session.flush()
        for role in accounts.ROLES:
            session.add(Membership(person_id=person.id, unit_id="LHQ", role=role))
        session.flush()
        return tokens.issue(session, person.id, "fuzz", now=clock.now(), ends_at=None)


def fuzz(app: Flask, token: str, *, examples: int, only: Collection[str] | None = None, start: int = 1) -> Fuzzed:
    """Tries operations with made requests. `only` names those to try; the same `start` makes the same requests."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    found = Fuzzed()
    for each in schema.get_all_operations():
        operation = each.ok()
        id = operation.definition.raw["operationId"]
        if id not in LEAVES and (only is None or id in only):
            _try(operation, id, token, min(examples, FEW) if id in SLOW else examples, start, found)
    return found


def _try(operation: Any, id: str, token: str, examples: int, start: int, found: Fuzzed) -> None:
    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def tried(case: Any) -> None:
        _aim(case, found.calls)
        found.calls += 1
        try:
            response = case.call(headers={"Authorization": f"Bearer {token}"})
        except Exception as error:  # a fault of ours goes through the application up to its caller
            asked = f"{case.method} {case.path} {case.query} {str(case.body)[:600]}"
            found.wrong.setdefault(id, f"{asked}: {error!r}"[:1500])
            return
        found.ends[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            said = "; ".join(f"{type(each).__name__}: {each}" for each in group.exceptions)
            asked = f"{case.method} {response.request.url} {str(case.body)[:600]}"
            found.wrong.setdefault(id, f"{asked} → {response.status_code}: {said[:900]} {response.text[:300]}")

    tried()


def _aim(case: Any, turn: int) -> None:
    """At rows that are there."""
    for name in case.path_parameters or {}:
        there = THERE.get(name)
        case.path_parameters[name] = there[turn % len(there)] if there else 1 + turn % SMALL


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", default="sqlite", help="sqlite, postgresql, or an address")
    asked.add_argument("--examples", type=int, default=40)
    asked.add_argument("--only", nargs="*")
    asked.add_argument("--start", type=int, default=1)
    given_ = asked.parse_args()
    logging.disable(logging.CRITICAL)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    import_tables()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, databases.fresh(given_.database) as url:
        store = open_store(url)
        store.create_all()
        env = {
            "MAPLEBRIDGE_DOCUMENTS__FOLDER": f"{folder}/documents",
            "MAPLEBRIDGE_API__PER_BEARER": "0",
            "MAPLEBRIDGE_API__PER_ADDRESS": "0",
        }
        clock = ManualClock(NOW)
        district = town.settle(store, now=NOW, env=env)
        app = create_app(store, district.world, clock, beyond=webhooks.pages())
        found = fuzz(app, settle(district, clock), examples=given_.examples, only=given_.only, start=given_.start)
        store.dispose()
    print(json.dumps({**found.as_json(), "seconds": round(time.monotonic() - begun)}, ensure_ascii=False, indent=1))
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
