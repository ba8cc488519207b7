"""The people who look at a large district, how they sign in, and a clock that goes on from its present."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bench import ground
from bench.district import NOW
from engine.cases import Case
from engine.main import Application, build
from engine.people import Attempts, Membership, Person, hash_password
from engine.store import Store, open_store
from engine.tasks import Task

PASSWORD = "a bench needs no secrets"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
FORM_KEY = re.compile(r'name="form_key" value="([^"]+)"')


class RunningClock:
    """Begins at the present of the large district, whenever it was made, and goes on as clocks do."""

    def __init__(self, at: datetime = NOW) -> None:
        self._at, self._begun = at, time.monotonic()

    def now(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._begun)


def open_application(url: str) -> Application:
    ground.import_tables()
    return build(ground.config_for(url), clock=RunningClock(), store=open_store(url))


def leads(session: Session, *, most: int) -> Sequence[Person]:
    """Leads of grids and buildings with the most open tasks, the busiest first."""
    busy = (
        select(Task.unit_id, func.count().label("open"))
        .where(Task.state == "open", Task.unit_id.like("%.%.%.%.%"))
        .group_by(Task.unit_id)
        .subquery()
    )
    found = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(busy, busy.c.unit_id == Membership.unit_id)
        .where(Membership.role == "lead")
        .order_by(busy.c.open.desc(), Person.id)
        .limit(most * 2)
    )
    return list(dict.fromkeys(found))[:most]


def holder_of(session: Session, role: str, depth: int) -> Person:
    """Somebody with a role at a height of the tree, in the unit with the most cases of them."""
    units = session.execute(
        select(Membership.unit_id, Membership.person_id).where(Membership.role == role).order_by(Membership.person_id)
    ).all()
    at = {unit: person for unit, person in reversed(units) if unit.count(".") == depth}
    placed = session.execute(select(Case.place_id, func.count()).group_by(Case.place_id)).all()
    weight = dict.fromkeys(at, 0)
    for place, count in placed:
        above = ".".join(place.split(".")[: depth + 1])
        if above in weight:
            weight[above] += count
    return session.get_one(Person, at[max(weight, key=lambda unit: (weight[unit], unit))])


def may_sign_in(store: Store, people: Sequence[Person]) -> None:
    """Gives them all one password: it is hashed once, since hashing is slow on purpose. Earlier runs are forgotten."""
    with store.transaction() as session:
        session.execute(delete(Attempts))
        ids = [person.id for person in people]
        session.execute(update(Person).where(Person.id.in_(ids)).values(password_hash=hash_password(PASSWORD)))


def hidden_fields(page: str) -> dict[str, str]:
    """What every form of a page carries along."""
    found = {"csrf_token": CSRF.search(page), "form_key": FORM_KEY.search(page)}
    return {name: html.unescape(hit.group(1)) for name, hit in found.items() if hit}
