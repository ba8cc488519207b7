"""The cases that a replica is copied from, by what they are for: led through the real engine in databases beside."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import mediation, process
from engine.cases import lock_case
from engine.config import Config
from engine.demo.copying import Pattern, read_patterns
from engine.demo.patterns import Answers, Decided, Player, live
from engine.intake import Filing, PartyIn
from engine.main import Application, build
from engine.mediation import Kind, Organisation, OrganisationIn
from engine.reports import SETTLED
from engine.simulate import start_district
from engine.store import Store, migrate, open_store

BEFORE = timedelta(weeks=7)
"""So long before the end the lives of the patterns begin."""
LIVED_DAYS = 46
LIVED = 150
FEWEST_LIVED = 16
NINE = timedelta(hours=9)
PLAYED_DAYS = 150
EACH = 4
"""So many cases of each kind are played."""
COMMITTEES = (
    ("物业管理纠纷调委会", "Property management committee", "property"),
    ("劳动争议调委会", "Labour disputes committee", "labour"),
    ("消费纠纷调委会", "Consumer disputes committee", "consumer"),
    ("医疗纠纷调委会", "Medical disputes committee", "medical"),
)
PLACE = "LHQ.MZ.01.01.01.01"

PETITION: Mapping[str, Decided] = {
    "petition_register": {"petition_class": "own", "route": "assign"},
    "petition_accept": {"decision": "accept"},
    "petition_investigation": {"next_step": "opinion"},
    "petition_opinion": {"conclusion": "support"},
    "petition_approval": {"decision": "approve"},
}
HANDLED: Mapping[str, Decided] = {
    "sign_in": {"action": "sign"},
    "handle": {"outcome": "resolved"},
    "resolve": {"result_code": "fulfilled", "substantive": "yes"},
    "quality_check": {"verdict": "pass"},
    "confirm_triage": {"verdict": "agree"},
}
MEDIATED: Mapping[str, Decided] = {
    **HANDLED,
    "mediation_acceptance": {"decision": "accept"},
    "mediation_consent": {"consent": "yes"},
    "agreement": {"agreement_form": "oral"},
    "sign": {"signed": "yes"},
}
BACKLOG: Mapping[str, Decided] = {
    **HANDLED,
    "backlog_review": {"agree": "yes"},
    "backlog_progress": {"progress": "settled"},
    "backlog_acceptance": {"documents": "yes", "return_visit": "yes", "petitioner_view": "yes"},
}
RECEIVED: Mapping[str, Decided] = {
    **HANDLED,
    "reception_reply": {"reply_state": "done"},
    "reception_close": {"verdict": "accept"},
}


class Led(dict[str, list[Pattern]]):
    """Patterns by what they are for."""


def lead(config: Config, *, until: datetime, dialect: str, folder: Path, part: float = 1.0) -> Led:
    """Leads some hundred cases, those that stay open up to `until`, a midnight.

    `folder` is for the databases beside, `dialect` that of the copies' database. A small `part` leads fewer.
    """
    start = until.astimezone(config.tz) - BEFORE + NINE
    led = Led()
    empty = folder / "empty.db"
    with _beside(config, empty, begin_at=start):
        pass
    for name in ("lived.db", "played.db"):
        shutil.copy(empty, folder / name)
    with _beside(config, folder / "lived.db") as (store, application):
        channels = ("qr", "qr", "tea_talk")
        cases = max(FEWEST_LIVED, round(LIVED * min(1, part * 10)))
        days, first = LIVED_DAYS, start.date()
        live(store, application, first=first, days=days, until=until, cases=cases, channels=channels, seed=1)
        for pattern in _read(store, dialect):
            if not _whole(pattern):
                continue
            how = "open" if pattern.case["closed_at"] is None else "resolved" if _settled(pattern) else "unresolved"
            led.setdefault(f"{pattern.case['channel']}.{how}", []).append(pattern)
    with _beside(config, folder / "played.db") as (store, application):
        wanted = _play(store, application, start, each=max(1, round(EACH * min(1, part * 10))))
        for pattern in _read(store, dialect):
            led.setdefault(wanted[pattern.case["id"]], []).append(pattern)
    return led


def found_committees(session: Session, *, now: datetime) -> None:
    """The four industry committees; in every database the same, with the same ids."""
    for zh, en, subject in COMMITTEES:
        said = OrganisationIn(zh, en, Kind.INDUSTRY.value, ("LHQ",), (subject,), capacity=200)
        mediation.add_organisation(session, "LHQ", said, viewer=None, now=now)


@contextmanager
def _beside(config: Config, file: Path, *, begin_at: datetime | None = None) -> Iterator[tuple[Store, Application]]:
    """A database beside; with an instant to begin at, the district is put into it."""
    store = open_store(f"sqlite:///{file}", durable=False)
    try:
        if begin_at is not None:
            migrate(store)
            start_district(store, config, now=begin_at)
            with store.transaction() as session:
                found_committees(session, now=begin_at)
        yield store, build(config, store=store)
    finally:
        store.dispose()


def _read(store: Store, dialect: str) -> list[Pattern]:
    with store.reading() as session:
        return read_patterns(session, dialect=dialect)


def _whole(pattern: Pattern) -> bool:
    """Whether it may be copied: nobody is shut out, nobody mediated, and nothing runs beside a closed case."""
    case, instances = pattern.case, pattern.rows["instance"]
    if pattern.rows.get("mediation_referral"):  # how many there were is said apart
        return False
    runs = any(each["ended_at"] is None for each in instances)
    return not case["walled"] and not case["confidential"] and (case["closed_at"] is None or not runs)


def _settled(pattern: Pattern) -> bool:
    return pattern.case["result"] in SETTLED and pattern.case["state"] == "closed"


def _play(store: Store, application: Application, start: datetime, *, each: int) -> dict[int, str]:
    """Files and leads what must come out a certain way; gives what each case is for."""
    player = Player(store, application, start=start)
    wanted: dict[int, str] = {}
    answers: dict[str, Decided]
    with store.reading() as session:
        committee = session.scalars(select(Organisation.unit_id).order_by(Organisation.unit_id).limit(1)).one()
    for number in range(each):
        file = _filing(number)
        wanted[player.file(file("petition_visit", "petition", "land.compensation"), PETITION)] = "petition"
        again = {"repeat_count": 1}
        case = player.file(file("petition_letter", "petition", "housing.delivery", again), PETITION)
        wanted[case] = "petition.again"
        for kind, code in (
            ("qr.resolved", "explained"),
            ("qr.unresolved", "guided"),
            ("tea_talk.resolved", "fulfilled"),
        ):
            answers = {**HANDLED, "resolve": {"result_code": code, "substantive": "no"}}
            wanted[player.file(file(kind.partition(".")[0], "complaint", "noise.social"), answers)] = kind
        for outcome in ("agreed", "failed"):
            said = {"session_result": outcome}
            chosen = {"organisation": committee, "chosen_by": "unit"}
            mediated: dict[str, Decided] = {
                "mediation_organisation": chosen,
                "mediation_session": said,
                "handle": _once_mediated(),
            }
            answers = {**MEDIATED, **mediated}
            case = player.file(file("hotline_12345", "dispute", "property.fee", {"people_count": 8}), answers)
            wanted[case] = f"mediation.{outcome}"
        for outcome in ("substantively_resolved", "procedurally_closed"):
            answers = {**BACKLOG, "backlog_settle": {"settled_as": outcome}}
            case = player.file(file("backlog_import", "dispute", "land.compensation"), answers)
            _begin(player, case, "p_backlog_item", {"task_force": "LHQ.MZ"}, official="lead_official", panel=True)
            wanted[case] = f"backlog.{outcome}"
        for outcome in ("solved", "unsolved"):
            answers = {**RECEIVED, "reception_feedback": {"solved": outcome}}
            case = player.file(file("leader_reception", "dispute", "labour.wages"), answers)
            _begin(player, case, "p_reception", {"to_unit": "LHQ.MZ", "office": "LHQ"}, official="leader")
            wanted[case] = f"reception.{outcome}"
    player.play(most_days=PLAYED_DAYS)
    return wanted


def _once_mediated() -> Iterator[Answers]:
    """Mediation is tried once; whatever comes of it, the matter is then settled."""
    yield {"outcome": "mediate"}
    while True:
        yield {"outcome": "resolved"}


def _filing(number: int) -> Any:
    chance = Random(f"filing:{number}")

    def file(channel: str, kind: str, category: str, facts: Mapping[str, Any] | None = None) -> Filing:
        parties = (
            PartyIn("applicant", "林某", phone=f"1380000{chance.randrange(10_000):04d}"),
            PartyIn("respondent", "和悦物业", type="org"),
        )
        return Filing(
            channel, kind, category, "来访反映", "反映的情况。", PLACE, _EPOCH, facts=dict(facts or {}), parties=parties
        )

    return file


_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def _begin(
    player: Player, case_id: int, process_id: str, data: dict[str, Any], *, official: str, panel: bool = False
) -> None:
    """Begins a process beside the case, with a leader of the district as the official."""
    leaders = player.crew.all_of("LHQ", ("leader", "petition_officer"))
    given = {**data, official: f"LHQ#{leaders[0]}"}
    if panel:
        given["panel"] = [f"LHQ#{each}" for each in leaders[1:4]]
    now, world = player.clock.now(), player.application.world
    with player.store.transaction() as session:
        case = lock_case(session, case_id)
        process.begin(session, world, case, process_id, actor_id=leaders[0], now=now, data=given)
