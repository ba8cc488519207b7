"""One's own notices, settings, absences and saved filters, several tasks at once, and notes on the board."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal

from flask import url_for
from pydantic import Field
from sqlalchemy.orm import Session

from engine import notify, people, tasks
from engine.notify import MUTABLE, Notice
from engine.people import ACTS, Absence, calendar_feeds
from engine.tasks import Act, Filter, SavedFilter, ShiftNote, Tab
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Cursor, Day, Whole, row, told
from engine.web.api.told import Told
from engine.web.areas import area_asked
from engine.web.context import now, viewer, world
from engine.web.qr import public_base

OWN = Room("yourself", "Your notices, settings and absences.", read="me:read", write="me:write")
WORK = Room("tasks", "The work list: claim, hand over, complete.", read="cases:read", write="cases:act")
Id = Annotated[str, Field(max_length=64)]
ForWhom = Annotated[int | None, Field(description="Who is away, where you read it as their deputy.")]
NOTICE = row("Notice", Notice, "id what kind at case:case_id unit_id", read=bool, for_id=ForWhom)
ABSENCE = row("Absence", Absence, "id person_id deputy_id starts_at ends_at noted_at")
FILTER = row("SavedFilter", SavedFilter, "id name query")
NOTE = row("ShiftNote", ShiftNote, "unit_id text written_by written_at")


class Membership(Told):
    unit_id: str
    role: str


class Me(Told):
    """Who you are to the API, and what your token is for."""

    id: int
    name_zh: str
    name_en: str
    memberships: list[Membership]
    muted: list[str]


class Calendar(Told):
    """The address for your own calendar program. It is told once, when it is made; null later, or without one."""

    made_at: datetime | None
    warns: bool = Field(description="Whether its entries ring.")
    address: str | None


class TaskDone(Told):
    task: int
    case: str
    refused: str | None = Field(description="Why it was left as it is: a code.")


class ManyDone(Told):
    items: list[TaskDone]


@OWN.look("/me", "readMe", "signed_in", "Who you are", tells=Me)
def read_me(session: Session) -> Any:
    who = viewer()
    return Me(
        id=who.person_id,
        name_zh=who.name_zh,
        name_en=who.name_en,
        memberships=[Membership(unit_id=unit, role=role) for unit, role in who.memberships],
        muted=sorted(who.muted),
    )


@OWN.look("/notices", "listNotices", "signed_in", "List your notices, latest first", lists=NOTICE)
def list_notices(session: Session, *, cursor: Cursor = "") -> Any:
    lines, following = notify.notices_of(session, viewer(), before=int(cursor) if cursor else None)
    rows = [
        each
        for line in lines
        for each in told(session, NOTICE, [line.notice], read=not line.is_new, for_id=_away(line))
    ]
    return rows, following


def _away(line: notify.Line) -> int | None:
    return None if line.away is None else line.away.person_id


@OWN.act("/notices/<int:notice_id>/opening", "openNotice", "signed_in", "Note that you read a notice", tells=Acted)
def open_notice(session: Session, notice_id: int) -> Any:
    notify.open_notice(session, viewer(), notice_id)
    return Acted()


@OWN.act("/notices/reading", "readAllNotices", "signed_in", "Note that you read all up to one", tells=Acted)
def read_all(session: Session, *, up_to: Whole) -> Any:
    notify.mark_all_read(session, viewer(), up_to=up_to)
    return Acted()


@OWN.act("/me/display", "chooseDisplay", "signed_in", "Choose language and look", method="PUT", tells=Acted)
def choose_display(
    session: Session, *, language: Literal["zh_CN", "en"] | None = None, theme: Literal["light", "dark"] | None = None
) -> Any:
    people.choose_theme(session, viewer().person_id, theme)
    if language is not None:
        people.choose_language(session, viewer().person_id, language)
    return Acted()


@OWN.act(
    "/me/muted",
    "muteNotices",
    "signed_in",
    "Choose which sorts of notices do not come",
    method="PUT",
    tells=Acted,
)
def mute(session: Session, *, muted: Annotated[list[str], Field(max_length=20)]) -> Any:
    people.mute(session, viewer().person_id, [str(kind) for kind in MUTABLE if kind in muted])
    return Acted()


@OWN.act("/me/absences", "goAway", "signed_in", "Note that you are away", tells=ABSENCE, status=201)
def go_away(session: Session, *, deputy_id: Whole, starts_on: Day, ends_on: Day) -> Absence:
    return people.note_absence(
        session,
        viewer().person_id,
        deputy_id,
        starts_at=midnight(starts_on),
        ends_at=midnight(ends_on) + timedelta(days=1),
        viewer=viewer(),
        now=now(),
    )


@OWN.act("/me/absences/<int:absence_id>/ending", "comeBack", "signed_in", "End an absence", tells=ABSENCE)
def come_back(session: Session, absence_id: int) -> Absence:
    return people.end_absence(session, absence_id, viewer=viewer(), now=now())


@OWN.look("/me/calendar", "readCalendar", "signed_in", "Whether your deadlines have an address", tells=Calendar)
def read_calendar(session: Session) -> Calendar:
    return _calendar(session)


@OWN.act(
    "/me/calendar",
    "makeCalendar",
    "signed_in",
    "Make an address for your calendar program",
    method="PUT",
    tells=Calendar,
    description="It takes the place of the one before, opens nothing but your deadlines, and outlives the token: "
    "endCalendar closes it.",
)
def make_calendar(session: Session, *, warns: bool = False) -> Calendar:
    secret = calendar_feeds.make(session, viewer().person_id, warns=warns, now=now())
    return _calendar(session, f"{public_base()}{url_for('calendars.feed', secret=secret)}")


@OWN.act(
    "/me/calendar/warnings",
    "chooseCalendarWarnings",
    "signed_in",
    "Choose whether its entries ring",
    method="PUT",
    tells=Calendar,
)
def choose_warnings(session: Session, *, warns: bool) -> Calendar:
    calendar_feeds.choose_warnings(session, viewer().person_id, warns=warns)
    return _calendar(session)


@OWN.act("/me/calendar", "endCalendar", "signed_in", "Close the address", method="DELETE", tells=Calendar)
def end_calendar(session: Session) -> Calendar:
    calendar_feeds.end(session, viewer().person_id)
    return _calendar(session)


@WORK.look("/worklist/filters", "listFilters", "case.read", "List your saved filters", lists=FILTER)
def list_filters(session: Session) -> Any:
    return tasks.saved_filters(session, viewer().person_id), None


@WORK.act("/worklist/filters", "saveFilter", "case.read", "Save a filter of the work list", tells=FILTER, status=201)
def save_filter(
    session: Session, *, name: Annotated[str, Field(max_length=80)], tab: Tab = Tab.MINE, given: Filter
) -> SavedFilter:
    return tasks.save_filter(session, viewer().person_id, name, {"tab": str(tab), **given.address()})


@WORK.act("/worklist/filters/<int:filter_id>/removal", "removeFilter", "case.read", "Drop a saved filter", tells=Acted)
def remove_filter(session: Session, filter_id: int) -> Any:
    tasks.remove_filter(session, viewer().person_id, filter_id)
    return Acted()


@WORK.act(
    "/worklist/selection",
    "actOnTasks",
    "case.read",
    "Claim, give back or hand over several tasks",
    tells=ManyDone,
    description="Those that do not allow it stay as they are, and say why.",
)
def act_on_tasks(
    session: Session,
    *,
    act: Act,
    tasks_: Annotated[list[Whole], Field(alias="tasks", min_length=1, max_length=100)],
    to_person_id: Whole | None = None,
) -> Any:
    lines = tasks.act_on(session, tasks_, act, viewer=viewer(), now=now(), to=to_person_id)
    return ManyDone(
        items=[
            TaskDone(
                task=line.task.id, case=line.case.number, refused=None if line.refusal is None else line.refusal.code
            )
            for line in lines
        ]
    )


@WORK.act("/board/notes", "leaveNote", "board.read", "Leave a note for the next shift", tells=Acted, status=201)
def leave_note(session: Session, *, unit: Id = "", note: Annotated[str, Field(max_length=4000)]) -> Any:
    tasks.leave_note(session, area_asked(unit, ACTS["board.read"]), note, viewer=viewer(), now=now())
    return Acted()


def _calendar(session: Session, address: str | None = None) -> Calendar:
    session.flush()
    feed = calendar_feeds.of(session, viewer().person_id)
    return Calendar(
        made_at=None if feed is None else feed.made_at, warns=feed is not None and feed.warns, address=address
    )


def midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), world().calendar.tz)
