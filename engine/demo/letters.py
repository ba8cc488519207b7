"""A few letters that the petition officer of the demonstration has issued today; two of them were handed over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from engine import letters, process
from engine.errors import Invalid, NotAllowed
from engine.letters import KINDS, Letter, LetterState
from engine.main import Application
from engine.people import demo_people, viewer_of

ISSUED, HANDED_OVER = 4, 2


def write_letters(lived: Application, *, now: datetime) -> None:
    """Issues the oldest letters that wait for it and lack nothing; the others stay to be issued."""
    with lived.store.transaction() as session:
        officers = [person for person, each in demo_people(session) if each.role == "petition_officer"]
        if not officers:
            return
        officer = viewer_of(session, officers[0].id)
        waiting = session.scalars(
            select(Letter).where(Letter.state == LetterState.DUE.value).order_by(Letter.id).limit(4 * ISSUED)
        ).all()
        issued: list[Letter] = []
        for letter in waiting:
            runs_on = process.runs_on(session, letter.case_id)
            try:
                issued.append(letters.issue(session, lived.world, letter.id, runs_on, viewer=officer, now=now))
            except (Invalid, NotAllowed):
                continue
            if len(issued) == ISSUED:
                break
        for letter in [each for each in issued if KINDS[each.kind].goes_out][:HANDED_OVER]:
            letters.deliver(
                session,
                lived.world,
                letter.id,
                process.runs_on(session, letter.case_id),
                method="in_person",
                delivered_at=now,
                receipt=None,
                viewer=officer,
                now=now,
            )
