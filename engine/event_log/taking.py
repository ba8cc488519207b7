"""Taking a log: how much it is, and that it was taken."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import IO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.event_log.gather import chosen, traces
from engine.event_log.model import Scope
from engine.event_log.ocel import write_ocel
from engine.event_log.xes import write_xes
from engine.people import Viewer, accounts, operator_log
from engine.territory import Tiers

MOST_AT_ONCE = 20_000
"""So many cases a page gives; the command line gives any number."""


class Format(enum.StrEnum):
    XES = "xes"
    OCEL = "ocel"


def how_many(session: Session, scope: Scope) -> int:
    return session.execute(select(func.count()).select_from(chosen(scope).subquery())).scalar_one()


def must_be_few(count: int) -> None:
    """Raises Invalid for more than a page gives."""
    if count > MOST_AT_ONCE:
        en = (
            f"These are {count:,} cases; a page gives {MOST_AT_ONCE:,} at most. Choose a shorter period or a smaller"
            " area, or ask your operator for `maplebridge export`."
        )
        zh = f"共 {count:,} 件，页面最多导出 {MOST_AT_ONCE:,} 件。请缩短时段、缩小范围，或请运维人员用命令导出。"
        raise Invalid("export.too_many", en, count=count, words={"zh": zh, "en": en})


def export(
    session: Session, out: IO[bytes], scope: Scope, format_: Format, *, tiers: Tiers, language: str, name: str
) -> int:
    """Writes the log and gives how many cases are in it. Reads only; `record` says that it was taken."""
    cases = traces(session, scope, tiers=tiers, language=language)
    return write_xes(out, cases, name=name) if format_ is Format.XES else write_ocel(out, cases)


def record(
    session: Session,
    scope: Scope,
    format_: Format,
    count: int,
    *,
    viewer: Viewer | None,
    reason: str,
    now: datetime,
) -> None:
    """Writes into the operators' log who took what and why; `viewer` None is the command line.

    Raises Invalid without a reason, NotAllowed for an area that is not theirs.
    """
    if viewer is not None:
        viewer.must("history.export", scope.within.unit_id)
    said = accounts.needed(reason)
    operator_log.log(
        session,
        viewer,
        "history.exported",
        f"unit:{scope.within.unit_id}",
        now=now,
        reason=said,
        facts={
            "format": format_.value,
            "from": scope.period.start.isoformat(),
            "until": scope.period.end.isoformat(),
            "process": scope.process,
            "cases": count,
        },
    )
