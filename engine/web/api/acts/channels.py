"""Where news reaches people besides the notices page: one's own channels, and those of units, by one set of acts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import g
from pydantic import Field
from sqlalchemy.orm import Session

from engine import notify
from engine.errors import Invalid, NotFound
from engine.notify import Choice, NoticeChannel, Rhythm, Timing
from engine.territory import get_unit
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import row, told
from engine.web.channels import read_channel, say_code, say_test
from engine.web.context import acting, now, viewer

SAYS = "Where news reaches people besides the notices page."
MINE = Room("notice channels", SAYS, read="me:read", write="me:write")
UNITS = Room("notice channels", SAYS, read="operations:read", write="operations:write")

Language = Literal["zh_CN", "en"]
Media = Literal["email", "dingtalk", "wecom", "feishu", "webhook"]
Kinds = Annotated[
    list[Literal[
        "urgent", "asked", "new", "moved", "clock", "overdue", "decided", "closed", "news", "mention", "supervision"
    ]],
    Field(max_length=20, description="What is told there."),
]  # fmt: skip
To = Annotated[str, Field(min_length=1, max_length=500, description="An e-mail address, a robot's key or address.")]
Code = Annotated[str, Field(max_length=20)]
Minute = Annotated[int, Field(ge=0, lt=1440)]

CHANNEL = row(
    "NoticeChannel",
    NoticeChannel,
    "id unit_id medium locale kinds rhythm daily_minute quiet_from quiet_until quiet_days_off set_by set_at "
    "confirmed_at",
    "`to` shows as much as its owner needs to know it again. `trouble` is why the last message did not arrive. Minutes "
    "are those since midnight in the offices' zone.",
    to=str,
    trouble=str | None,
)


@MINE.look("/me/channels", "listChannels", "signed_in", "List your channels", lists=CHANNEL)
def list_mine(session: Session) -> Any:
    return [_told(session, each.channel, each.trouble) for each in notify.of_person(session, viewer().person_id)], None


def _read_mine(_session: Session, *, medium: Media, to: str, language: Language) -> None:
    g.read = read_channel(medium, to, for_unit=False)


@MINE.act(
    "/me/channels",
    "addChannel",
    "signed_in",
    "Be told on a channel",
    tells=CHANNEL,
    status=201,
    before=_read_mine,
    description="A code goes to an e-mail address; nothing is told there before confirmChannel.",
)
def add_mine(session: Session, *, medium: Media, to: To, language: Language = "zh_CN") -> Any:
    return _add(session, None, language)


@UNITS.look("/units/<unit_id>/channels", "listUnitChannels", "unit.tell", "List a unit's channels", lists=CHANNEL)
def list_of_unit(session: Session, unit_id: str) -> Any:
    viewer().must(notify.ACT, get_unit(session, unit_id).id)
    return [_told(session, each.channel, each.trouble) for each in notify.of_units(session, [unit_id])], None


def _read_of_unit(_session: Session, unit_id: str, *, medium: Media, to: str, language: Language) -> None:
    g.read = read_channel(medium, to, for_unit=True)


@UNITS.act(
    "/units/<unit_id>/channels",
    "addUnitChannel",
    "unit.tell",
    "Have a unit told on a channel",
    tells=CHANNEL,
    status=201,
    before=_read_of_unit,
    description="It stands in the operators' log, as every change of it.",
)
def add_to_unit(session: Session, unit_id: str, *, medium: Media, to: To, language: Language = "zh_CN") -> Any:
    return _add(session, unit_id, language)


def _acts_on_one(room: Room, place: str, of: str, act: str) -> None:
    """A token for one's own settings changes no unit's, so each has its address and its scope."""
    one = f"{place}/<int:channel_id>"

    def see(session: Session, channel_id: int) -> NoticeChannel:
        channel = notify.get_channel(session, channel_id, viewer=viewer())
        if (channel.unit_id is None) is not (room is MINE):
            raise NotFound("channel.unknown", "There is no such channel.", channel=channel_id)
        return channel

    @room.look(one, f"read{of}Channel", act, "Read a channel", tells=CHANNEL)
    def read(session: Session, channel_id: int) -> Any:
        return _told_now(session, see(session, channel_id))

    @room.act(
        one,
        f"change{of}Channel",
        act,
        "Choose what is told on a channel, and when",
        method="PUT",
        tells=CHANNEL,
        description="`secret` signs what goes to robots and webhooks: null keeps it, an empty one takes it away.",
    )
    def change(
        session: Session,
        channel_id: int,
        *,
        kinds: Kinds,
        rhythm: Rhythm = Rhythm.AT_ONCE,
        daily_minute: Minute = Timing().daily_minute,
        quiet_from: Minute | None = None,
        quiet_until: Minute | None = None,
        quiet_days_off: bool = False,
        language: Language | None = None,
        secret: Annotated[str, Field(max_length=200)] | None = None,
    ) -> Any:
        channel = see(session, channel_id)
        if (quiet_from is None) != (quiet_until is None):
            said = {"zh": "请同时填写开始和结束时间，或都留空。", "en": "Give both times, or neither."}
            missing = "quiet_from" if quiet_from is None else "quiet_until"
            raise Invalid("channel.times", "A time is missing.", fields={missing: said})
        timing = Timing(rhythm, daily_minute, quiet_from, quiet_until, quiet_days_off)
        choice = Choice(kinds, timing, language or channel.locale, secret)
        notify.change_channel(session, channel, choice, viewer=viewer(), now=now())
        return _told_now(session, channel)

    @room.act(f"{one}/codes", f"send{of}ChannelCode", act, "Send the code of an address again", tells=CHANNEL)
    def send_code(session: Session, channel_id: int) -> Any:
        channel = see(session, channel_id)
        say_code(session, channel)
        return _told_now(session, channel)

    def note_try(_session: Session, channel_id: int, *, code: str) -> None:
        """It is counted before it is made."""
        with acting() as session:
            notify.note_try(session, see(session, channel_id), now=now())

    @room.act(
        f"{one}/confirmation",
        f"confirm{of}Channel",
        act,
        "Confirm an address by the code that went there",
        tells=CHANNEL,
        before=note_try,
    )
    def confirm(session: Session, channel_id: int, *, code: Code) -> Any:
        channel = see(session, channel_id)
        notify.confirm(session, channel, code, now=now())
        return _told_now(session, channel)

    @room.act(f"{one}/tests", f"test{of}Channel", act, "Send a test message", tells=CHANNEL)
    def test(session: Session, channel_id: int) -> Any:
        channel = see(session, channel_id)
        say_test(session, channel)
        return _told_now(session, channel)

    @room.act(one, f"remove{of}Channel", act, "Remove a channel", method="DELETE", tells=Acted)
    def remove(session: Session, channel_id: int) -> Any:
        notify.remove_channel(session, see(session, channel_id), viewer=viewer(), now=now())
        return Acted()


_acts_on_one(MINE, "/me/channels", "", "signed_in")
_acts_on_one(UNITS, "/units/channels", "Unit", notify.ACT)


def _add(session: Session, unit_id: str | None, locale: str) -> Any:
    medium, to = g.read
    made = notify.add_channel(session, medium, to, unit_id=unit_id, locale=locale, viewer=viewer(), now=now())
    if not made.is_ready:
        say_code(session, made)
    return _told(session, made, None)


def _told_now(session: Session, channel: NoticeChannel) -> Any:
    return _told(session, channel, notify.trouble_of(session, channel.id))


def _told(session: Session, channel: NoticeChannel, trouble: str | None) -> Any:
    return told(session, CHANNEL, [channel], to=notify.shown(channel.medium, channel.to), trouble=trouble)[0]
