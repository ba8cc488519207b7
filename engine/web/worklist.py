"""The work list: the page a handler comes home to; filters kept under a name; one act on several tasks at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import tasks
from engine.errors import Invalid
from engine.tasks import Act, Filter, Tab, Words
from engine.territory import Unit, children_of, is_within, units_by_id
from engine.web.context import acting, looking, now, viewer, world
from engine.web.language import _, ngettext
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of
from engine.web.words.categories import CATEGORIES

pages = Blueprint("worklist", __name__)


@pages.get("/")
@policy("signed_in")
def show() -> str | Response:
    """Those who never read a case come home to their own page instead."""
    who = viewer()
    if not who.may("case.read"):
        if who.may("process.publish"):
            return redirect(url_for("design.library"))
        if who.may("system.operate"):
            return redirect(url_for("operations.show"))
        if not who.offers:
            return redirect(url_for("me.show"))
    tab, wanted = _asked(request.args)
    leads = who.may("task.hand_over")
    with looking() as session:
        return render_template(
            "worklist/worklist.html",
            tab=tab,
            wanted=wanted,
            page=tasks.page(session, who, tab, now=now(), wanted=wanted, after=request.args.get("after")),
            counts=tasks.counts(session, who, now=now()),
            paused=tasks.paused_cases(session, who) if tab is Tab.WAITING else (),
            begun=tasks.drafts_by(session, who.person_id, now=now()),
            saved=tasks.saved_filters(session, who.person_id),
            steps=_steps(session),
            categories=CATEGORIES,
            units=_units_offered(session, wanted.unit) if tab is Tab.UNIT and leads else (),
            leads=leads,
        )


@pages.post("/worklist/filters")
@policy("case.read")
def save_filter() -> Response:
    query = _came_from(request.form)

    def keep(session: Session) -> Done:
        kept = tasks.save_filter(session, viewer().person_id, request.form.get("name", ""), query)
        return Done(url_for("worklist.show", **query), _("Kept as “%(name)s”.", name=kept.name))

    return once(keep)


@pages.post("/worklist/filters/<int:filter_id>/removal")
@policy("case.read")
def remove_filter(filter_id: int) -> Response:
    with acting() as session:
        tasks.remove_filter(session, viewer().person_id, filter_id)
    return redirect(url_for("worklist.show"))


@pages.get("/worklist/selection")
@policy("case.read")
def preview() -> str | tuple[str, int]:
    """What one act on the chosen tasks would do to each, and why not; nothing is done yet."""
    act, chosen, to = _selection(request.args)
    with looking() as session:
        lines, people = tasks.choose(session, chosen, act, viewer=viewer(), to=to)
        page = render_template(
            "worklist/selection.html",
            act=act,
            chosen=chosen,
            lines=lines,
            people=people,
            to=to,
            came_from=_came_from(request.args),
            refusal_text=sentence_of,
        )
    return page if chosen else (page, 422)


@pages.post("/worklist/selection")
@policy("case.read")
def act_on_selection() -> Response:
    act, chosen, to = _selection(request.form)
    if not chosen:
        raise Invalid("selection.empty", "Choose at least one task and what to do with them.")

    def do(session: Session) -> Done:
        lines = tasks.act_on(session, chosen, act, viewer=viewer(), now=now(), to=to)
        done = sum(line.refusal is None for line in lines)
        said = ngettext("Done for %(num)d task.", "Done for %(num)d tasks.", done)
        if done < len(chosen):
            left = len(chosen) - done
            said += " " + ngettext("%(num)d was left as it is.", "%(num)d were left as they are.", left)
        return Done(url_for("worklist.show", **_came_from(request.form)), said)

    return once(do)


def _asked(sent: Any) -> tuple[Tab, Filter]:
    wanted = sent.get("tab", "")
    return Tab(wanted) if wanted in tuple(Tab) else Tab.MINE, Filter.of(sent)


def _units_offered(session: Session, chosen: str) -> Sequence[Unit]:
    """Right below those of the viewer, and first the one that is chosen already, wherever it lies below."""
    own = viewer().units()
    offered = children_of(session, own)
    if any(unit.id == chosen for unit in offered) or not any(is_within(chosen, unit) for unit in own):
        return offered
    return [*units_by_id(session, [chosen]).values(), *offered]


def _came_from(sent: Any) -> dict[str, Any]:
    """The list that was looked at, as parameters of its address."""
    tab, wanted = _asked(sent)
    return {"tab": str(tab), **wanted.address()}


def _selection(sent: Any) -> tuple[Act, list[int], int | None]:
    act = sent.get("act", "")
    chosen = [task_id for each in sent.getlist("task") if (task_id := number(each)) is not None]
    if act not in tuple(Act):
        raise Invalid("selection.empty", "Choose at least one task and what to do with them.")
    return Act(act), chosen, number(sent.get("to"))


def _steps(session: Session) -> dict[str, Words]:
    """The steps people are asked for by the release in force, by element."""
    found: dict[str, Words] = {}
    for facts in world().releases.current(session).package.processes.values():
        for element in facts.elements.values():
            if element.kind == "userTask":
                zh, _slash, en = element.name.partition(" / ")
                found.setdefault(element.id, Words(zh, en or zh))
    return found
