"""How a case looks to people: one sentence on how it stands, its ladder, its diagram in words, its history by sort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from flask import Flask, Response, after_this_request
from markupsafe import Markup
from sqlalchemy.orm import Session

from engine import process
from engine.cases import Case, Party, Visit, masked_address, masked_id_number, masked_phone, masked_text, name_of
from engine.deadlines import Deadline, DeadlineState, parse_length
from engine.history import HistoryEntry
from engine.process import Chart, Forecast, Story, Stretch
from engine.territory import Unit
from engine.web.context import locale, now, viewer, world
from engine.web.language import _, bilingual, ngettext
from engine.web.show import hours_text, instant, left, moment, person_name, span_text, task_name, unit_name
from engine.web.strip import Strip, strip_of
from engine.web.words import word

PAGE = 40
SORTS: Mapping[str, tuple[str, ...]] = {
    "moves": (
        "arbitration.",
        "campaign.",
        "card.",
        "case.",
        "force.",
        "incident.",
        "joint.",
        "master.",
        "mediation.",
        "process.",
        "supervision.",
    ),
    "steps": ("task.", "triage.", "form.", "votes."),
    "clocks": ("clock.", "extension."),
    "words": (
        "comment.",
        "inspection.",
        "recheck.",
        "material.",
        "message.",
        "risk.",
        "opinion.",
        "citizen.",
        "document.",
        "instruction.",
        "letter.",
        "party.",
        "reception.",
        "return_visit.",
        "session.",
        "tracking.",
    ),
    "looks": ("identity.", "handler.", "letter.issued"),
}
"""What one may look for in a history: the acts that begin so."""


def register(app: Flask) -> None:
    app.jinja_env.filters.update(both=bilingual, length_words=length_words, masked=masked_text)
    app.jinja_env.globals.update(
        actor_name=actor_name,
        when_shown=when_shown,
        calendar_strip=calendar_strip,
        clear=clear,
        masked_address=masked_address,
        masked_phone=masked_phone,
        party_masked=party_masked,
        party_name=party_name,
        party_phone=party_phone,
        party_id_number=party_id_number,
        party_address=party_address,
        rest_words=rest_words,
        rungs=rungs,
        standing=standing,
        stop_state=stop_state,
        strip_words=strip_words,
        stretch_words=stretch_words,
        minutes=span_text,
        chart_data=chart_data,
        history_sorts=tuple(SORTS),
    )


def told(session: Session, case: Case) -> Story:
    """The story of a case for the one who asks; a page that shows something in the clear is never kept on a phone."""
    story = process.tell(session, world(), case, viewer=viewer(), now=now())
    if story.shown:
        keep_off_phones()
    return story


def keep_off_phones() -> None:
    """For a page that shows personal data in the clear."""
    after_this_request(never_kept)


def never_kept(answer: Response) -> Response:
    """A page that no phone may keep for later."""
    answer.headers["X-In-The-Clear"] = "yes"
    return answer


# --- personal data


def clear(party: Party, story: Story) -> bool:
    return party.id in story.shown


def party_masked(party: Party) -> str:
    """Where cases are compared, and on paper, nobody is shown in the clear: whoever must know opens the case."""
    return name_of(party, shown=False)


def party_name(party: Party, story: Story) -> str:
    return name_of(party, shown=clear(party, story))


def party_phone(party: Party, story: Story) -> str:
    return (party.phone or "") if clear(party, story) else masked_phone(party.phone or "")


def party_id_number(party: Party, story: Story) -> str:
    return (party.id_number or "") if clear(party, story) else masked_id_number(party.id_number or "")


def party_address(party: Party, story: Story) -> str:
    return (party.address or "") if clear(party, story) else masked_address(party.address or "")


# --- how it stands


def standing(story: Story) -> str:
    """Who has it and since when, who is on it, what is next and until when."""
    return ("" if locale().startswith("zh") else " ").join(_standing(story))


def _standing(story: Story) -> list[str]:
    case, visit = story.case, story.visits[-1]
    unit = unit_name(story.units.get(case.holder_id))
    if case.ended:
        into = next((entry.facts.get("number") for entry in story.entries if entry.act == "case.merged"), None)
        if case.state == "merged" and into is not None:
            return [_("%(number)s carries this case on.", number=into)]
        return [_("Closed by %(unit)s.", unit=unit)]
    said = [_("With %(unit)s since %(when)s.", unit=unit, when=moment(visit.entered_at))]
    if story.wall.shuts_out(case.holder_id):
        has = next((unit for unit in story.place[::-1] if not story.wall.shuts_out(unit.id)), None)
        said = [_("%(unit)s has it in place of %(other)s, which is complained about.", unit=unit_name(has), other=unit)]
    if case.state == "waiting_petitioner":
        said.append(_("It waits for the petitioner."))
    task = story.next_task
    if case.overdue_at is not None and (task is None or task.due_at is None or task.due_at > now()):
        said.append(_("Overdue since %(when)s.", when=moment(case.overdue_at)))
    if task is None:
        return said
    if task.claimed_by is not None and task.claimed_by in story.people:
        said.append(_("%(person)s is on it.", person=person_name(story.people[task.claimed_by])))
    else:
        said.append(_("Nobody has taken it yet."))
    if task.due_at is None:
        said.append(_("Next: %(step)s.", step=task_name(task)))
    elif task.due_at <= now():
        said.append(_("Next: %(step)s, overdue since %(when)s.", step=task_name(task), when=moment(task.due_at)))
    else:
        when, rest = moment(task.due_at), left(task.due_at)
        said.append(_("Next: %(step)s by %(when)s (%(left)s).", step=task_name(task), when=when, left=rest))
    return said


# --- the clocks


def calendar_strip(clock: Deadline, story: Story) -> Strip:
    mine = story.pauses if clock.step == "handle" else ()
    return strip_of(clock, mine, calendar=world().calendar, now=now(), case_closed_at=story.case.closed_at)


def length_words(written: str) -> str:
    """`2wd` in words."""
    length = parse_length(written)
    match length.unit:
        case "wd":
            return ngettext("%(num)d working day", "%(num)d working days", length.amount)
        case "cd":
            return ngettext("%(num)d day", "%(num)d days", length.amount)
        case "mo":
            return ngettext("%(num)d month", "%(num)d months", length.amount)
        case "wm":
            return _("%(minutes)d min", minutes=length.amount)
        case "h" | "wh":
            return _("%(hours)d h", hours=length.amount)
        case _:
            assert_never(length.unit)


def rest_words(clock: Deadline) -> str:
    """What a clock that stands still has left: working time, or running time."""
    rest = clock.rest or 0.0
    return span_text(rest) if parse_length(clock.length).in_working_time else hours_text(rest / 60)


def strip_words(strip: Strip, clock: Deadline, label: str) -> str:
    """What the drawing shows, for those who do not see it."""
    said = [
        _(
            "%(label)s: from %(start)s until %(due)s.",
            label=label,
            start=moment(clock.started_at),
            due=_("a day that is not known while it stands still") if strip.due is None else moment(clock.due_at),
        ),
        _(
            "%(work)d working days and %(rest)d days of rest lie in view.",
            work=strip.count("work") + strip.count("makeup"),
            rest=strip.count("rest") + strip.count("holiday"),
        ),
    ]
    if strip.count("makeup"):
        said.append(_("%(days)d rest days are worked.", days=strip.count("makeup")))
    if strip.has("paused"):
        said.append(_("The clock stood still for a while."))
    if strip.has("added"):
        said.append(_("More time was granted."))
    if strip.has("late"):
        said.append(_("The limit has passed."))
    return " ".join(said)


# --- the ladder


@dataclass(frozen=True, slots=True)
class Rung:
    """One tier: the stays there with their numbers in the order of the way, or when the case would come there."""

    tier: str
    unit: Unit | None
    visits: Sequence[tuple[int, Visit]]
    ahead: Forecast | None
    shut_out: bool
    present: bool


def rungs(story: Story) -> list[Rung]:
    """Every tier that answers for the place, highest first."""
    tiers, case = world().tiers, story.case
    found = []
    for tier in reversed(tiers.names):
        visits = [(visit.seq, visit) for visit in story.visits if visit.tier == tier]
        unit_id = visits[-1][1].unit_id if visits else tiers.unit_at(case.place_id, tier)
        if not visits and tiers.tier_of(unit_id) != tier:
            continue  # the place is not known that exactly
        ahead = next((rise for rise in story.ahead if rise.to_tier == tier), None)
        found.append(
            Rung(
                tier,
                story.units.get(unit_id),
                visits,
                ahead,
                story.wall.shuts_out(unit_id),
                tier == case.tier and not case.ended,
            )
        )
    return found


# --- the diagram


def stop_state(states: Sequence[str]) -> str:
    """The one state that matters most."""
    return next(state for state in ("overdue", "active", "waiting", "done") if state in states)


def chart_data(chart: Chart) -> dict[str, Any]:
    """What the drawing marks: states and the time limits that run, by element."""
    limits = {
        stop.element: {"text": moment(clock.due_at), "late": clock.due_at <= now()}
        for stop in chart.stops
        for clock in stop.timers
        if clock.state in (DeadlineState.ARMED, DeadlineState.PAUSED)
    }
    return {"states": {stop.element: list(stop.states) for stop in chart.stops}, "limits": limits}


# --- the history


def actor_name(entry: HistoryEntry, story: Story) -> str:
    """Who did it: somebody of the district, the petitioner by way of their code, or nobody."""
    if entry.actor_id is None and entry.facts.get("by") == "petitioner":
        return _("the petitioner")
    return person_name(story.people.get(entry.actor_id or 0))


def sorted_out(
    entries: Sequence[HistoryEntry], sort: str, *, older: int | None
) -> tuple[Sequence[HistoryEntry], int | None]:
    """A page of the entries of a sort, latest first, and the number from which the next page goes on."""
    begins = SORTS.get(sort)
    wanted = [
        entry
        for entry in entries
        if (begins is None or entry.act.startswith(begins)) and (older is None or entry.seq < older)
    ]
    return wanted[:PAGE], wanted[PAGE - 1].seq if len(wanted) > PAGE else None


def stretch_words(stretch: Stretch, story: Story) -> str:
    match str(stretch.kind):
        case "paused":
            return _("Clock stopped: %(why)s", why=word(stretch.reason, "pause"))
        case "quiet":
            return _("Nothing waited for anybody")
        case _:
            assert stretch.task is not None
            return task_name(stretch.task)


def when_shown(story: Story) -> Markup | None:
    """Until when this person sees something in the clear; None when nothing is."""
    return instant(max(story.shown.values())) if story.shown else None
