"""How values look to people: instants in the district's zone, working time left, lights, names, places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

from flask import Flask, request, url_for
from markupsafe import Markup

from engine.cases import masked_text, name_of
from engine.deadlines import Deadline, DeadlineState, light, parse_length
from engine.documents import Document
from engine.errors import Refusal
from engine.mediation import Mediator
from engine.people import Person, Viewer
from engine.process import Story
from engine.tasks import Field, Form, Task, Words, split_invitee
from engine.territory import Unit, line_name, name_in_zone
from engine.web.context import locale, maybe_viewer, now, on_paper, today, world
from engine.web.language import _, ngettext
from engine.web.once import form_key
from engine.web.why import way_effect, way_name, why_mine
from engine.web.words import word

STATIC = Path(__file__).parent / "static"
VIEWER_BUNDLE = STATIC / "vendor" / "viewer.js"
TIME = Markup('<time datetime="%s" title="%s">%s</time>')
LIGHT = Markup(
    '<span class="remaining %s"><span class="dot" aria-hidden="true"></span><span title="%s">%s</span></span>'
)


def register(app: Flask) -> None:
    app.jinja_env.filters.update(
        moment=moment,
        instant=instant,
        day=day,
        left=left,
        name=unit_name,
        person=person_name,
        word=word,
        line=place_line,
        say=say,
        size=size,
        task_name=task_name,
    )
    app.jinja_env.globals.update(
        asset=asset,
        about=about,
        answers_of=answers_of,
        bar=bar,
        first_value=first_value,
        form_key=form_key,
        icon=icon,
        light_of=light_of,
        now=now,
        remaining=remaining,
        running_length=running_length,
        tier_name=tier_name,
        unit_named=unit_named,
        unit_of=unit_of,
        way_effect=way_effect,
        way_name=way_name,
        why_mine=why_mine,
        words_typed=words_typed,
        drawable=VIEWER_BUNDLE.exists,
    )
    app.context_processor(lambda: {"viewer": maybe_viewer(), "locale": locale(), "demo": world().config.demo})


def local(at: datetime) -> datetime:
    return at.astimezone(world().calendar.tz)


def moment(at: datetime, reference: datetime | None = None) -> str:
    """As short as it can be without being unclear: today's hour, this year's day, or the full date."""
    here = local(at)
    clock = f"{here.hour:02}:{here.minute:02}"
    if on_paper():
        return f"{day(here.date())} {clock}"
    away = (here.date() - (local(reference).date() if reference else today())).days
    if away == 0:
        return _("today %(time)s", time=clock)
    if away == 1:
        return _("tomorrow %(time)s", time=clock)
    if away == -1:
        return _("yesterday %(time)s", time=clock)
    return f"{day(here.date())} {clock}"


def day(on: date) -> str:
    plain = on.year == today().year and not on_paper()
    if locale().startswith("zh"):
        return f"{on.month}月{on.day}日" if plain else f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {on:%b}" if plain else f"{on.day} {on:%b} {on.year}"


def instant(at: datetime) -> Markup:
    """A `time` element: short to read, exact on hover and for machines."""
    here = local(at)
    exact = here.isoformat(timespec="seconds")
    return TIME % (exact, f"{exact[:10]} {exact[11:19]}", moment(at))


def left(due_at: datetime, ended_at: datetime | None = None) -> str:
    """The working time left or gone, now or when it ended: `3 h 20 min left`. Outside working hours, where none
    passes, the running time."""
    calendar, at = world().calendar, ended_at or now()
    minutes = round(calendar.working_minutes(at, due_at, provisional=True))
    if minutes == 0:
        minutes = round((due_at - at).total_seconds() / 60)
        span = _span(abs(minutes), 24 * 60)
    else:
        span = _span(abs(minutes), minutes_per_day())
    if due_at <= at:
        return _("%(span)s overdue", span=span)
    return _("%(span)s left", span=span)


def span_of(start: datetime, end: datetime) -> str:
    """The working time between two instants."""
    return _span(round(abs(world().calendar.working_minutes(start, end, provisional=True))), minutes_per_day())


def span_text(minutes: float) -> str:
    """So much working time, in two units at most."""
    return _span(round(minutes), minutes_per_day())


def hours_text(minutes: float) -> str:
    """So much running time, day and night."""
    return _span(round(minutes), 24 * 60)


def running_length(visit: Any) -> str:
    """How long a visit lasted, or lasts so far."""
    return span_of(visit.entered_at, visit.left_at or now())


def _span(minutes: int, per_day: int) -> str:
    """Two units at most: days and hours, or hours and minutes."""
    days, rest = divmod(minutes, per_day)
    hours, rest = divmod(rest, 60)
    if days == 0:
        parts = [_("%(hours)d h", hours=hours) if hours else "", _("%(minutes)d min", minutes=rest) if rest else ""]
    else:
        whole = ngettext("%(num)d working day", "%(num)d working days", days)
        if per_day == 24 * 60:
            whole = ngettext("%(num)d day", "%(num)d days", days)
        parts = [whole, _("%(hours)d h", hours=hours) if hours else ""]
    return " ".join(part for part in parts if part) or _("%(minutes)d min", minutes=0)


def minutes_per_day() -> int:
    return world().calendar.minutes_per_day


def light_of(thing: Task | Deadline | None) -> str:
    """green, yellow, red; `still` for a stopped clock; `none` without one."""
    if thing is None or thing.due_at is None:
        return "none"
    if isinstance(thing, Deadline) and thing.state == DeadlineState.PAUSED:
        return "still"
    return str(light(now(), due_at=thing.due_at, warn_at=thing.warn_at))


def remaining(thing: Task | Deadline | None) -> Markup:
    """A light and the exact time beside it: never colour alone."""
    shade = light_of(thing)
    if thing is None or thing.due_at is None:
        return LIGHT % (shade, "", _("no time limit"))
    if shade == "still":
        return LIGHT % (shade, "", _("clock stopped"))
    return LIGHT % (shade, moment(thing.due_at), left(thing.due_at))


def bar(clock: Deadline) -> int:
    """How much of a clock is used, in per cent, at most 100."""
    at = clock.paused_at if clock.state == DeadlineState.PAUSED and clock.paused_at else (clock.closed_at or now())
    try:
        length = parse_length(clock.length)
    except Refusal:  # a plain ISO duration of a diagram has running time only
        whole = (clock.due_at - clock.started_at).total_seconds()
        return min(100, round(100 * (at - clock.started_at).total_seconds() / whole)) if whole > 0 else 100
    share = world().calendar.used_share(
        clock.started_at, clock.due_at, at, length, paused_minutes=clock.paused_minutes, provisional=True
    )
    return max(0, min(100, round(share * 100)))


def unit_name(unit: Unit | None) -> str:
    return unit.name(locale()) if unit is not None else "—"


def unit_of(unit_id: str, story: Story) -> str:
    """A unit of a case, told apart from those of the same name in other zones."""
    return unit_named(story.units.get(unit_id), story.units)


def unit_named(unit: Unit | None, units: Mapping[str, Unit]) -> str:
    """With the name of the unit above it, where `units` holds that and the name alone is not enough."""
    if unit is None:
        return unit_name(unit)
    return name_in_zone(unit, units.get(unit.parent_id or ""), world().tiers, locale())


def size(size_bytes: float) -> str:
    """Of a file or a database, in thousands: whole kB, begun ones with them, then MB and GB with one decimal."""
    for unit, of in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= of:
            return f"{size_bytes / of:.1f} {unit}"
    return f"{ceil(size_bytes / 1000)} kB"


def task_name(task: Task) -> str:
    return task.name_zh if locale().startswith("zh") else task.name_en


def first_value(field: Field) -> Any:
    """What stands in a field before anybody wrote in it: when something needed happened is mostly now."""
    if field.default is None and field.kind == "datetime" and field.required:
        return here_and_now()
    return field.default


def here_and_now() -> str:
    """This minute in the zone of the offices, for a field that asks when."""
    return typed_local(now())


def typed_local(at: datetime) -> str:
    """As a field of a form holds an instant: in the zone of the offices, to the minute."""
    return local(at).strftime("%Y-%m-%dT%H:%M")


def about(task: Task, story: Story) -> str | None:
    """Whom of several a task is about: the party who signs."""
    for party in story.parties:
        if task.item == str(party.id):
            return name_of(party, shown=party.id in story.shown)
    return None


def answers_of(task: Task, form: Form, story: Story) -> list[tuple[str, str]]:
    """(question, answer) in the order of the form, in the reader's language."""
    answers = task.answers or {}
    return [
        (say(field.label), _answer(field, answers[key], story)) for key, field in form.fields.items() if key in answers
    ]


def _answer(field: Field, value: Any, story: Story) -> str:
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if field.kind == "datetime":
        return moment(datetime.fromisoformat(value))
    if field.kind == "date":
        return day(date.fromisoformat(value))
    if field.type == "filepicker":
        return _papers(value, story)
    if field.source == "community_units":
        return _("; ").join(_invitee(each, story) for each in value)
    if field.source == "competent_units":
        return _("; ").join(unit_of(each, story) for each in (value if isinstance(value, list) else [value]))
    if field.source == "mediation_organisations":
        return unit_name(story.units[value]) if value in story.units else _("the unit itself")
    if field.source == "mediators":
        who = story.people.get(int(value[1:])) if value.startswith("p") else story.mediators.get(int(value))
        return person_name(who) if who is not None else "—"
    if field.source == "parties":
        named = {str(party.id): party for party in story.parties}
        return _("; ").join(
            name_of(named[each], shown=named[each].id in story.shown) for each in value if each in named
        )
    labels = {choice.value: say(choice.label) for choice in field.choices}
    values = value if isinstance(value, list) else [value]
    said = _("; ").join(labels.get(each, str(each)) for each in values)
    return said if story.shown else masked_text(said)


def _invitee(value: str, story: Story) -> str:
    unit, person = split_invitee(value)
    where = unit_of(unit, story)
    return where if person is None else f"{person_name(story.people.get(person))} ({where})"


def _papers(chosen: Sequence[str], story: Story) -> Markup:
    """Links to what was attached, and no more than its number for those who may not see it."""
    papers = {str(paper.id): paper for paper in story.documents if paper.hidden_at is None}
    small = Markup('<a href="{}"><img class="small-paper" src="{}" alt="{}" width="96" height="96" loading="lazy"></a>')
    other = Markup('<a href="{}">{}</a>')
    return Markup(" ").join(
        small.format(_paper(paper), url_for("documents.show_small", document_id=paper.id), paper.name)
        if paper is not None and paper.is_image
        else other.format(_paper(paper), paper.name)
        if paper is not None
        else _("(a document out of sight)")
        for paper in map(papers.get, chosen)
    )


def _paper(paper: Document) -> str:
    return url_for("documents.hand_out", document_id=paper.id)


def words_typed(form: Form, typed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(question, what was typed) of a draft, in the order of the form; not checked by anybody.

    What was chosen of units, people or parties is left out: a draft knows no more of them than their ids.
    """
    found = []
    for key, field in form.fields.items():
        if typed.get(key) and field.type != "filepicker" and field.source is None:
            labels = {choice.value: say(choice.label) for choice in field.choices}
            values = typed[key] if isinstance(typed[key], list) else [typed[key]]
            found.append((say(field.label), _("; ").join(labels.get(each, str(each)) for each in values)))
    return found


def say(words: Words | Mapping[str, str]) -> str:
    """A text that exists in both languages."""
    if isinstance(words, Words):
        return words(locale())
    return words["zh" if locale().startswith("zh") else "en"]


def person_name(person: Person | Viewer | Mediator | None) -> str:
    return person.name(locale()) if person is not None else _("the system")


def place_line(units: Sequence[Unit], last: int = 3) -> str:
    """The lowest units of a place; what stands above is the same for everybody around."""
    return line_name(units[-last:], locale())


def tier_name(tier: str | None) -> str:
    for each in world().config.tiers:
        if each.id == tier:
            return str(each.name_zh if locale().startswith("zh") else each.name_en)
    return tier or "—"


def asset(path: str) -> str:
    """The address of a static file; its age is part of it, so that browsers may keep it for long."""
    return _address(path, request.script_root)


@lru_cache(maxsize=512)
def _address(path: str, _root: str) -> str:
    return url_for("static", filename=path, v=_age(path))


@lru_cache(maxsize=256)
def _age(path: str) -> str:
    file = STATIC / path
    return format(int(file.stat().st_mtime), "x") if file.exists() else "0"


def icon(name: str) -> Markup:
    """A drawing of the sprite, beside words that say the same; silent for a screen reader."""
    return _drawn(name, request.script_root)


@lru_cache(maxsize=256)
def _drawn(name: str, root: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true" width="20" height="20"><use href="{}#{}"></use></svg>').format(
        _address("img/icons.svg", root), name
    )
