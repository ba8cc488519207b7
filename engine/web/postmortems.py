"""Post-mortems: the register, one page to write, decide and follow what comes of it, and the same on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, render_template, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import detection, postmortems, tasks
from engine.errors import Invalid
from engine.history import HistoryEntry
from engine.people import names
from engine.postmortems import Action, Draft, Line, PostMortem, Trigger
from engine.process import Story
from engine.territory import line_of, units_by_id
from engine.web.cases import page_of
from engine.web.context import for_paper, looking, now, viewer, world
from engine.web.kept import act_or_page
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.show import local
from engine.web.show_case import told
from engine.web.words import word

pages = Blueprint("postmortems", __name__)

STATES = {"open": N_("to be written"), "submitted": N_("waits for approval"), "approved": N_("approved")}
TRIGGERS = {"surge": N_("sudden growth"), "opinion": N_("public attention"), "hand": N_("opened by hand")}
FILTERS = {"": N_("all"), **STATES, "undone": N_("something is left to do")}
QUIET = ("identity.", "document.", "handler.", "task.claimed", "task.given_back", "party.", "tracking.", "case.sampled")
"""Acts that say nothing of how it came about."""
MOST_TOLD = 80
BLANK_LINES = 3


def register(app: Flask) -> None:
    app.jinja_env.globals.update(post_mortem_states=STATES, post_mortem_because=because, action_light=action_light)


@pages.get("/post-mortems")
@policy("postmortem.read")
def show_list() -> str:
    state = request.args.get("state", "")
    with looking() as session:
        before, today = number(request.args.get("before")), local(now()).date()
        found = postmortems.register(session, viewer(), state=state, before=before, today=today)
        units = units_by_id(session, {entry.post_mortem.unit_id for entry in found.entries})
        return render_template(
            "postmortems/register.html",
            found=found,
            facts=detection.facts_told(session, viewer(), [entry.post_mortem for entry in found.entries]),
            units=units,
            state=state,
            filters=FILTERS,
            triggers=TRIGGERS,
        )


@pages.get("/post-mortems/<int:post_mortem_id>")
@policy("postmortem.read")
def show(post_mortem_id: int) -> str:
    return _page(post_mortem_id)


@pages.get("/post-mortems/<int:post_mortem_id>/print")
@policy("postmortem.read")
def sheet(post_mortem_id: int) -> str:
    for_paper()
    return _page(post_mortem_id, template="postmortems/sheet.html")


@pages.post("/post-mortems/<int:post_mortem_id>")
@policy("postmortem.write")
def write(post_mortem_id: int) -> Response | tuple[str, int]:
    submit = request.form.get("act") == "submit"

    def act(session: Session) -> Done:
        postmortems.see(session, viewer(), post_mortem_id)
        postmortems.write(session, post_mortem_id, _draft(), submit=submit, viewer=viewer(), now=now())
        said = _("Submitted; a leader decides on it.") if submit else _("Kept.")
        return Done(url_for("postmortems.show", post_mortem_id=post_mortem_id), said)

    return _act(post_mortem_id, act)


@pages.post("/post-mortems/<int:post_mortem_id>/decision")
@policy("postmortem.approve")
def decide(post_mortem_id: int) -> Response | tuple[str, int]:
    approve = request.form.get("decision") == "approve"

    def act(session: Session) -> Done:
        postmortems.see(session, viewer(), post_mortem_id)
        postmortems.decide(session, post_mortem_id, approve=approve, remark=_text("reason"), viewer=viewer(), now=now())
        said = _("Approved. What it asks for is followed until it is done.") if approve else _("Given back.")
        return Done(url_for("postmortems.show", post_mortem_id=post_mortem_id), said)

    return _act(post_mortem_id, act)


@pages.post("/post-mortems/<int:post_mortem_id>/actions/<int:action>/completion")
@policy("postmortem.write")
def finish(post_mortem_id: int, action: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        postmortems.see(session, viewer(), post_mortem_id)
        postmortems.finish_action(session, post_mortem_id, action, _text("note"), viewer=viewer(), now=now())
        return Done(url_for("postmortems.show", post_mortem_id=post_mortem_id, _anchor="follows"), _("Done."))

    return _act(post_mortem_id, act)


@pages.post("/cases/<int:case_id>/post-mortems")
@policy("postmortem.write")
def open_by_hand(case_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        opened = postmortems.open_by_hand(session, world(), case_id, _text("reason"), viewer=viewer(), now=now())
        where = url_for("postmortems.show", post_mortem_id=opened.id)
        return Done(where, _("The post-mortem is open."))

    return act_or_page(act, lambda wrong: page_of(case_id, wrong))


def because(found: PostMortem, facts: Mapping[str, Any]) -> str:
    """Why it was opened, by its facts as the viewer may know them."""
    match Trigger(found.trigger):
        case Trigger.SURGE:
            return _(
                "“%(category)s” grew suddenly: %(count)d cases in a week, %(mean)s a week before.",
                category=word(found.category, "category"),
                count=facts.get("count", 0),
                mean=f"{facts.get('mean', 0):g}",
            )
        case Trigger.OPINION:
            return _("The public looks at it: %(level)s.", level=word(facts.get("level"), "opinion"))
        case Trigger.HAND:
            return str(facts.get("reason") or "")


def action_light(action: Action) -> str:
    """green, yellow on its last three days, red once its day has passed; done."""
    if action.done_at is not None:
        return "done"
    days = (action.due_on - local(now()).date()).days
    return "red" if days < 0 else "yellow" if days <= 3 else "green"


def _act(post_mortem_id: int, act: Callable[[Session], Done]) -> Response | tuple[str, int]:
    try:
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(post_mortem_id, wrong=refusal.facts["fields"]), 422


def _page(post_mortem_id: int, *, template: str = "postmortems/post_mortem.html", wrong: Any = None) -> str:
    who = viewer()
    with looking() as session:
        found, case = postmortems.see(session, who, post_mortem_id)
        story = told(session, case) if found.trigger != Trigger.SURGE else None
        seen = detection.behind(session, who, found.key) if story is None else None
        actions = postmortems.actions_of(session, found.id)
        people = [found.written_by, found.submitted_by, found.decided_by, *(each.done_by for each in actions)]
        writes = found.state == "open" and who.may("postmortem.write", found.unit_id)
        return render_template(
            template,
            found=found,
            case=case,
            line=line_of(session, found.unit_id),
            story=story,
            timeline=_timeline(story) if story is not None else (),
            seen=seen,
            facts=detection.facts_told(session, who, [found])[found.id],
            actions=actions,
            rows=_rows(actions) if writes else (),
            people=names(session, {each for each in people if each is not None}),
            writes=writes,
            decides=found.state == "submitted"
            and who.may("postmortem.approve", found.unit_id)
            and found.submitted_by != who.person_id,
            follows=found.state == "approved" and who.may("postmortem.write", found.unit_id),
            triggers=TRIGGERS,
            wrong=wrong or {},
            typed=request.form,
        )


def _timeline(story: Story) -> Sequence[HistoryEntry]:
    """What happened, oldest first, as the history has it; looks and papers left out."""
    shown = [entry for entry in story.entries if not entry.act.startswith(QUIET)]
    return shown[:MOST_TOLD][::-1]


def _rows(actions: Sequence[Action]) -> list[Line]:
    """The lines of the form: what was typed, else what is kept, and some to go on with."""
    if "cause" in request.form:
        kept = list(_draft().lines)
        while kept and kept[-1].empty:
            kept.pop()
    else:
        kept = [Line(each.what, each.who, each.due_on.isoformat()) for each in actions]
    return [*kept, *[Line("", "", "")] * max(1, BLANK_LINES - len(kept))]


def _draft() -> Draft:
    whats, whos, bys = (request.form.getlist(name) for name in ("what", "who", "by"))
    lines = [Line(what.strip(), who.strip(), by.strip()) for what, who, by in zip(whats, whos, bys, strict=False)]
    return Draft(_text("cause"), _text("missed"), _text("worked"), tuple(lines))


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:8001]
