"""News in the words of a channel: what happened to which case, and no word about a person.

A title may hold a name, so it is left out: the number, the category, the place, the state and the limit say enough to
whoever works on the case, and the link leads to the rest where they may see it. Of a confidential matter only that
there is one. Nobody has asked for a page here, so this has a small application of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, g, render_template
from flask_babel import Babel
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.notify import Medium, NoticeChannel, Said, Told
from engine.process import World
from engine.store import Store
from engine.territory import Unit, ancestors, units_by_id
from engine.web import language, show, translations
from engine.web.context import KEY, Edge
from engine.web.language import _, ngettext
from engine.web.show_people import tell_notice
from engine.web.words import word


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of news; of a confidential matter `number` and all about the case are empty."""

    said: str
    number: str = ""
    about: str = ""
    due: str = ""
    link: str = ""


class Words:
    """The `notify.Teller` of an installation."""

    def __init__(self, store: Store, world: World, clock: Clock) -> None:
        self._edge = Edge(store, world, clock)

    def stand_on(self, store: Store, world: World, clock: Clock) -> None:
        """Speaks of another installation from now on."""
        self._edge = self._app.extensions[KEY] = Edge(store, world, clock)

    def __call__(self, session: Session, channel: NoticeChannel, told: Sequence[Told]) -> Said:
        units = units_by_id(session, _units_in(told))
        with self._app.app_context(), language.speaking(channel.locale):
            g.now = self._edge.clock.now()
            lines = [self._line(each, units) for each in told]
            news = [_data(each, line) for each, line in zip(told, lines, strict=True)]
            subject = _subject(lines)
            me = self._link("/me") if channel.person_id is not None else ""
            html = None
            if channel.medium == Medium.EMAIL:
                html = render_template("told/mail.html", subject=subject, lines=lines, me=me, language=channel.locale)
            return Said(subject, _text(subject, lines, me if channel.medium == Medium.EMAIL else ""), html, news)

    @cached_property
    def _app(self) -> Flask:
        app = Flask("engine.web", root_path=str(Path(__file__).parent))
        app.extensions[KEY] = self._edge
        app.config.update(BABEL_DEFAULT_LOCALE="zh_CN", BABEL_TRANSLATION_DIRECTORIES="translations")
        translations.compile_stale()
        Babel(app, timezone_selector=lambda: str(self._edge.world.calendar.tz))
        app.jinja_env.install_gettext_callables(language.gettext, language.plural, newstyle=True)  # type: ignore[attr-defined]
        return app

    def _line(self, each: Told, units: Mapping[str, Unit]) -> Line:
        case, notice = each.case, each.notice
        raised = notice.person_id is not None and notice.what == "case.closed"  # by a delegate, who reads no case
        link = self._link("/matters" if raised else f"/cases/{case.id}")
        if case.confidential:
            return Line(_("A confidential matter: look at it on its page."), link=link)
        place = show.place_line([units[unit] for unit in reversed(ancestors(case.place_id)) if unit in units])
        about = " · ".join((word(case.category, "category"), place, word(case.state, "state")))
        due = notice.facts.get("due_at")
        until = _("Until %(time)s", time=_date(datetime.fromisoformat(due))) if isinstance(due, str) else ""
        return Line(tell_notice(notice, units), case.number, about, until, link)

    def _link(self, path: str) -> str:
        """Empty where the installation does not say under which address it is reached."""
        public = self._edge.world.config.server.public_url
        return f"{public}{path}" if public else ""


def _subject(lines: Sequence[Line]) -> str:
    first = lines[0]
    if len(lines) == 1:
        return f"{first.said} · {first.number}" if first.number else first.said
    return ngettext("%(num)d piece of news", "%(num)d pieces of news", len(lines))


def _text(subject: str, lines: Sequence[Line], me: str) -> str:
    parts = [] if len(lines) == 1 else [subject]
    for line in lines:
        head = f"{line.said} · {line.number}" if line.number else line.said
        parts.append("\n".join(part for part in (head, line.about, line.due, line.link) if part))
    if me:
        parts.append(_("How you are told is set on your page: %(link)s", link=me))
    return "\n\n".join(parts) + "\n"


def _data(each: Told, line: Line) -> dict[str, Any]:
    """For a webhook: the same words, and the values behind them."""
    said = {key: value for key, value in asdict(line).items() if value}
    if each.case.confidential:
        return said
    due = each.notice.facts.get("due_at")
    return {
        **said,
        "what": each.notice.what,
        "kind": each.notice.kind,
        "at": each.notice.at.isoformat(),
        "category": each.case.category,
        "place": each.case.place_id,
        "state": str(each.case.state),
        **({"due_at": due} if isinstance(due, str) else {}),
    }


def _units_in(told: Iterable[Told]) -> set[str]:
    places = {unit for each in told for unit in ancestors(each.case.place_id)}
    return places | {str(to["unit"]) for each in told if isinstance(to := each.notice.facts.get("to"), dict)}


def _date(at: datetime) -> str:
    """Read hours later, perhaps: the day is always said."""
    here = show.local(at)
    return f"{show.day(here.date())} {here:%H:%M}"
