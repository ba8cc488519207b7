"""How people's own matters look on a page: browsers, days away, news, and what every page's head tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from engine.notify import Notice
from engine.people import Person
from engine.territory import Unit
from engine.web.context import maybe_viewer, now, world
from engine.web.language import _
from engine.web.notices import unread_notices
from engine.web.refusals import SAID
from engine.web.show import day, local, person_name, say, unit_name
from engine.web.words import TABLES, word

BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def register(app: Flask) -> None:
    app.jinja_env.filters.update(device=device, local_day=local_day)
    app.jinja_env.globals.update(
        last_day=last_day,
        missing_year=missing_year,
        refusal_words=refusal_words,
        tell_notice=tell_notice,
        unread_notices=unread_notices,
    )


def device(agent: str | None) -> str:
    """`Chrome · Android` for what a browser calls itself."""
    said = agent or ""
    parts = [next((name for mark, name in table if mark in said), "") for table in (BROWSERS, SYSTEMS)]
    known = " · ".join(part for part in parts if part)
    return known or _("Unknown browser")


def local_day(at: datetime) -> str:
    return day(local(at).date())


def last_day(until: datetime) -> str:
    """The last day of a time that ends at `until`, exclusive."""
    return day(local(until - timedelta(microseconds=1)).date())


def missing_year() -> int | None:
    """The year whose working days are missing, for those who can load them; None for everybody else."""
    who = maybe_viewer()
    if who is None or not who.may("system.operate"):
        return None
    return world().calendar.missing_year(local(now()).date())


def refusal_words(code: str) -> str:
    return str(SAID.get(code, code))


def tell_notice(notice: Notice, units: Mapping[str, Unit], people: Mapping[int, Person] | None = None) -> str:
    """One short sentence: what happened, and to where, by whom or to what. Without `people` nobody is named."""
    said = news(notice.what)
    facts: Mapping[str, Any] = notice.facts
    to = facts.get("to")
    if isinstance(to, dict) and to.get("unit"):
        said += " · " + unit_name(units.get(str(to["unit"])))
    elif isinstance(facts.get("by"), int) and people is not None:
        said += " · " + person_name(people.get(facts["by"]))
    elif isinstance(facts.get("task"), dict):
        said += " · " + say(facts["task"])
    elif isinstance(facts.get("step"), str):
        said += " · " + word(facts["step"], "step")
    return said


def news(what: str) -> str:
    """What an act, or the word a diagram told, is called; every limit that passed has words."""
    for table in ("news", "act"):
        if what in TABLES[table]:
            return word(what, table)
    late = re.fullmatch(r"(\w+)_overdue", what)
    return _("Overdue: %(step)s", step=word(late[1], "step")) if late else what
