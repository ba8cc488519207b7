"""Where news reaches people besides the notices page: one's own channels, and those of a unit one leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import notify, people
from engine.errors import Conflict, Invalid
from engine.notify import Choice, Medium, NoticeChannel, Rhythm, Timing
from engine.outward import Outward, Refused
from engine.territory import get_unit
from engine.web import language
from engine.web.context import acting, locale, looking, now, viewer, world
from engine.web.delivery_words import why
from engine.web.language import OFFERED, _
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import SAID

SIGNED = frozenset({Medium.DINGTALK, Medium.FEISHU, Medium.WEBHOOK})
"""What has a secret by which it knows us."""

pages = Blueprint("channels", __name__)


@pages.get("/me/channels")
@policy("signed_in")
def show_mine() -> str:
    return _mine()


@pages.post("/me/channels")
@policy("signed_in")
def add_mine() -> Response | tuple[str, int]:
    return _tried(lambda: _add(None), _mine)


@pages.get("/units/<unit_id>/channels")
@policy("unit.tell")
def show_unit(unit_id: str) -> str:
    return _unit(unit_id)


@pages.post("/units/<unit_id>/channels")
@policy("unit.tell")
def add_to_unit(unit_id: str) -> Response | tuple[str, int]:
    return _tried(lambda: _add(unit_id), lambda **said: _unit(unit_id, **said))


@pages.get("/channels/<int:channel_id>")
@policy("signed_in")
def show(channel_id: int) -> str:
    return _page(channel_id)


@pages.post("/channels/<int:channel_id>")
@policy("signed_in")
def change(channel_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        channel = notify.get_channel(session, channel_id, viewer=viewer())
        notify.change_channel(session, channel, _choice(), viewer=viewer(), now=now())
        return Done(url_for("channels.show", channel_id=channel_id), _("Saved."))

    return _tried(lambda: once(act), lambda **said: _page(channel_id, **said))


@pages.post("/channels/<int:channel_id>/codes")
@policy("signed_in")
def send_code(channel_id: int) -> Response:
    def act(session: Session) -> Done:
        say_code(session, notify.get_channel(session, channel_id, viewer=viewer()))
        return Done(url_for("channels.show", channel_id=channel_id), _("A new code is on its way."))

    return once(act)


@pages.post("/channels/<int:channel_id>/confirmation")
@policy("signed_in")
def confirm(channel_id: int) -> Response | tuple[str, int]:
    """The try is counted before it is made."""
    with acting() as session:
        notify.note_try(session, notify.get_channel(session, channel_id, viewer=viewer()), now=now())

    def act(session: Session) -> Done:
        channel = notify.get_channel(session, channel_id, viewer=viewer())
        notify.confirm(session, channel, request.form.get("code", ""), now=now())
        return Done(url_for("channels.show", channel_id=channel_id), _("Confirmed. You are told here from now on."))

    return _tried(lambda: once(act), lambda **said: _page(channel_id, **said))


@pages.post("/channels/<int:channel_id>/tests")
@policy("signed_in")
def send_test(channel_id: int) -> Response:
    def act(session: Session) -> Done:
        say_test(session, notify.get_channel(session, channel_id, viewer=viewer()))
        said = _("A test message is on its way. If it does not arrive within a minute, look here for the reason.")
        return Done(url_for("channels.show", channel_id=channel_id), said)

    return once(act)


@pages.post("/channels/<int:channel_id>/removal")
@policy("signed_in")
def remove(channel_id: int) -> Response:
    def act(session: Session) -> Done:
        channel = notify.get_channel(session, channel_id, viewer=viewer())
        unit_id = channel.unit_id
        notify.remove_channel(session, channel, viewer=viewer(), now=now())
        where = url_for("channels.show_mine")
        if unit_id is not None:
            where = url_for("channels.show_unit", unit_id=unit_id)
        return Done(where, _("Removed. Nothing is told there any more."))

    return once(act)


def _add(unit_id: str | None) -> Response:
    for_unit = unit_id is not None
    medium, to = read_channel(request.form.get("medium", ""), request.form.get("to", ""), for_unit=for_unit)

    def act(session: Session) -> Done:
        made = notify.add_channel(session, medium, to, unit_id=unit_id, locale=_reads(), viewer=viewer(), now=now())
        said = _("Added. Choose what is told there, and send a test message.")
        if not made.is_ready:
            say_code(session, made)
            said = _("A code is on its way to that address.")
        return Done(url_for("channels.show", channel_id=made.id), said)

    return once(act)


def read_channel(medium: str, to: str, *, for_unit: bool) -> tuple[Medium, str]:
    """What somebody wrote, before the transaction: a webhook's address is looked up, and its host may take its time."""
    config = world().config
    if medium not in notify.offered(config.notify, for_unit=for_unit):
        words = {"zh": "请选择一种渠道。", "en": "Choose a channel."}
        raise Invalid("channel.medium", words["en"], fields={"medium": words})
    read = notify.read_address(Medium(medium), to, config.notify)
    return Medium(medium), _callable(read) if medium == Medium.WEBHOOK else read


def say_test(session: Session, channel: NoticeChannel) -> None:
    key = notify.note_test(session, channel, now=now())
    with language.speaking(channel.locale):
        subject = _("Test message")
        body = _("This is a test message of Maplebridge. News is told here.")
    notify.say(session, channel, subject, body, key=key, now=now())


def say_code(session: Session, channel: NoticeChannel) -> None:
    """In its own language."""
    code = notify.new_code(session, channel, viewer=viewer(), now=now())
    with language.speaking(channel.locale):
        subject = _("Your code: %(code)s", code=code)
        body = _(
            "Somebody, hopefully you, wants news of Maplebridge at this address. Write the code %(code)s on the page "
            "that asked for it within half an hour. If it was not you, do nothing.",
            code=code,
        )
    notify.say(session, channel, subject, body, key=f"code.{channel.id}.{int(now().timestamp() * 1000)}", now=now())


def why_not(trouble: str | None) -> str | None:
    """Why the last thing did not arrive: in words where it is ours to say, else what the other side said."""
    if trouble == notify.NO_SERVER:
        return _("No mail server is set up for this installation.")
    return None if trouble is None else why(trouble)


def _callable(url: str) -> str:
    try:
        return Outward(world().config.outbound.inside).check(url)
    except Refused as refusal:
        raise Invalid(refusal.code, refusal.sentence, fields={"to": refusal.facts["fields"]["url"]}) from refusal


def _choice() -> Choice:
    """What the form says. Raises Invalid with the fields that cannot be read."""
    form, wrong = request.form, dict[str, Mapping[str, str]]()
    quiet = [_minute(key, wrong) for key in ("quiet_from", "quiet_until")]
    if (quiet[0] is None) != (quiet[1] is None) and not wrong:
        missing = "quiet_from" if quiet[0] is None else "quiet_until"
        wrong[missing] = {"zh": "请同时填写开始和结束时间，或都留空。", "en": "Give both times, or neither."}
    daily = _minute("daily_at", wrong)
    rhythm = Rhythm(form["rhythm"]) if form.get("rhythm") in set(Rhythm) else Rhythm.AT_ONCE
    if rhythm is Rhythm.DAILY and daily is None and "daily_at" not in wrong:
        wrong["daily_at"] = {"zh": "请填写每天的时间。", "en": "Say at what time of the day."}
    if wrong:
        raise Invalid("channel.times", "A time is missing or wrong.", fields=wrong)
    timing = Timing(
        rhythm,
        Timing().daily_minute if daily is None else daily,
        quiet[0],
        quiet[1],
        "quiet_days_off" in form,
    )
    secret = "" if "drop_secret" in form else form.get("secret", "").strip() or None
    wanted = form.get("language", "")
    return Choice(form.getlist("kind"), timing, wanted if wanted in OFFERED else _reads(), secret)


def _reads() -> str:
    """The language of whoever is asking, as it is offered."""
    return next((each for each in OFFERED if each[:2] == locale()[:2]), OFFERED[0])


def _minute(key: str, wrong: dict[str, Mapping[str, str]]) -> int | None:
    written = request.form.get(key, "").strip()
    if not written:
        return None
    hour, _colon, minute = written.partition(":")
    if hour.isdecimal() and minute[:2].isdecimal() and int(hour) < 24 and int(minute[:2]) < 60:
        return int(hour) * 60 + int(minute[:2])
    wrong[key] = {"zh": "请写成 08:30 的形式。", "en": "Write it as 08:30."}
    return None


def _mine(*, wrong: Mapping[str, Any] | None = None, refused: str | None = None) -> str:
    me = viewer()
    with looking() as session:
        return render_template(
            "channels/mine.html",
            channels=notify.of_person(session, me.person_id),
            media=notify.offered(world().config.notify, for_unit=False),
            shown=notify.shown,
            wrong=wrong or {},
            refused=refused,
            raw=request.form,
        )


def _unit(unit_id: str, *, wrong: Mapping[str, Any] | None = None, refused: str | None = None) -> str:
    with looking() as session:
        unit = get_unit(session, unit_id)
        viewer().must(notify.ACT, unit.id)
        return render_template(
            "channels/unit.html",
            unit=unit,
            channels=notify.of_units(session, [unit.id]),
            media=notify.offered(world().config.notify, for_unit=True),
            shown=notify.shown,
            wrong=wrong or {},
            refused=refused,
            raw=request.form,
        )


def _page(channel_id: int, *, wrong: Mapping[str, Any] | None = None, refused: str | None = None) -> str:
    with looking() as session:
        channel = notify.get_channel(session, channel_id, viewer=viewer())
        return render_template(
            "channels/channel.html",
            channel=channel,
            unit=None if channel.unit_id is None else get_unit(session, channel.unit_id),
            setter=None if channel.set_by is None else people.names(session, [channel.set_by]).get(channel.set_by),
            timing=notify.timing_of(channel),
            trouble=why_not(notify.trouble_of(session, channel.id)),
            kinds=tuple(notify.Kind),
            rhythms=tuple(Rhythm),
            signed=channel.medium in SIGNED,
            shown=notify.shown,
            wrong=wrong or {},
            refused=refused,
            raw=request.form,
        )


def _tried(act: Callable[[], Response], page: Callable[..., str]) -> Response | tuple[str, int]:
    """The page again, with what was wrong marked, when the act is refused for what was typed."""
    try:
        return act()
    except Invalid as refusal:
        if "fields" not in refusal.facts:
            raise
        return page(wrong=refusal.facts["fields"]), 422
    except Conflict as refusal:
        return page(refused=str(SAID.get(refusal.code, refusal.sentence))), 409
