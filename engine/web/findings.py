"""What the engine found and people decide on: a queue, one page for each finding, and merging and splitting by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from engine import detection, process, tasks
from engine.detection import FindingKind, Verdict
from engine.errors import Invalid
from engine.people import ACTS, names
from engine.territory import Unit, ancestors, units_by_id
from engine.web import detection_words
from engine.web.areas import own_units
from engine.web.cases import page_of
from engine.web.context import looking, now, viewer, world
from engine.web.kept import Wrong, act_or_page, seen_number
from engine.web.language import _, ngettext
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of
from engine.web.show import place_line
from engine.web.words import word

pages = Blueprint("findings", __name__)


@pages.get("/findings")
@policy("finding.read")
def show_list() -> str:
    asked = request.args
    state = asked.get("state", "")
    state = state if state in ("accepted", "dismissed") else "open"
    kind, unit = asked.get("kind", ""), asked.get("unit", "")
    with looking() as session:
        found = detection.queue(
            session, viewer(), kind=kind, state=state, unit=unit, before=number(asked.get("before"))
        )
        return render_template(
            "findings/queue.html",
            found=found,
            state=state,
            kind=kind,
            unit=unit,
            kinds=detection_words.KINDS,
            own=units_by_id(session, own_units(ACTS["finding.read"])),
            place_of=_places(found.lines, found.units),
            mine=_mine(found) if state == "open" else (),
            may_merge=viewer().may("case.merge"),
        )


@pages.get("/findings/selection")
@policy("finding.read")
def preview() -> str | tuple[str, int]:
    """What one decision on the chosen findings would do to each, and why not; nothing is done yet."""
    _verdict, chosen = _selection(request.args)
    page = _preview(request.args)
    return page if chosen else (page, 422)


@pages.post("/findings/decisions")
@policy("finding.read")
def decide_on_many() -> Response | tuple[str, int]:
    verdict, chosen = _selection(request.form)

    def act(session: Session) -> Done:
        done = detection.decide_on(session, world(), chosen, verdict, _text("reason"), viewer=viewer(), now=now())
        said = ngettext("%(num)d finding is decided.", "%(num)d findings are decided.", done)
        if done < len(chosen):
            left = len(chosen) - done
            said += " " + ngettext("%(num)d was left as it is.", "%(num)d were left as they are.", left)
        return Done(url_for("findings.show_list", **_came_from(request.form)), said)

    return act_or_page(act, lambda wrong: _preview(request.form, wrong))


@pages.get("/findings/<int:finding_id>")
@policy("finding.read")
def show(finding_id: int) -> str:
    return _page(finding_id)


@pages.post("/findings/<int:finding_id>/merging")
@policy("case.merge")
def merge_pair(finding_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        master = detection.accept_pair(
            session, world(), finding_id, number(_text("master")) or 0, _text("reason"), viewer=viewer(), now=now()
        )
        return Done(url_for("cases.show", case_id=master.id), _("Merged: %(number)s goes on.", number=master.number))

    return _act(finding_id, act)


@pages.post("/findings/<int:finding_id>/linking")
@policy("case.merge")
def link(finding_id: int) -> Response | tuple[str, int]:
    chosen = [each for raw in request.form.getlist("case") if (each := number(raw)) is not None]

    def act(session: Session) -> Done:
        done = detection.link_cluster(
            session,
            world(),
            finding_id,
            chosen,
            _text("master"),
            _text("title"),
            _text("reason"),
            viewer=viewer(),
            now=now(),
        )
        said = ngettext(
            "%(num)d case is linked under %(number)s.",
            "%(num)d cases are linked under %(number)s.",
            done.linked,
            number=done.master.number,
        )
        if done.refused:
            said += " " + _("Could not be linked now: %(numbers)s.", numbers=_("; ").join(done.refused))
        return Done(url_for("findings.show", finding_id=finding_id), said)

    return _act(finding_id, act)


@pages.post("/findings/<int:finding_id>/cases")
@policy("case.merge")
def file_about_cause(finding_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        case = detection.look_at_cause(
            session, world(), finding_id, _text("title"), _text("description"), viewer=viewer(), now=now()
        )
        return Done(url_for("cases.show", case_id=case.id), _("Filed as %(number)s.", number=case.number))

    return _act(finding_id, act)


@pages.post("/findings/<int:finding_id>/answer")
@policy("finding.read")
def answer(finding_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        detection.answer_surge(session, finding_id, _text("reason"), viewer=viewer(), now=now())
        return Done(url_for("findings.show", finding_id=finding_id), _("Noted. The post-mortem goes on."))

    return _act(finding_id, act)


@pages.post("/findings/<int:finding_id>/dismissal")
@policy("finding.read")
def dismiss(finding_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        detection.dismiss(session, world(), finding_id, _text("reason"), viewer=viewer(), now=now())
        return Done(url_for("findings.show_list"), _("Dismissed. The same is not proposed again."))

    return _act(finding_id, act)


@pages.post("/cases/<int:case_id>/merging")
@policy("case.merge")
def merge(case_id: int) -> Response | tuple[str, int]:
    """By hand: the number of the case that goes on."""

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        master_id = seen_number(session, _text("number"))
        master = process.merge(session, world(), case_id, master_id, _text("reason"), viewer=viewer(), now=now())
        process.tell_joined(session, master, viewer=viewer(), now=now())
        return Done(url_for("cases.show", case_id=master.id), _("Merged: %(number)s goes on.", number=master.number))

    return act_or_page(act, lambda wrong: page_of(case_id, wrong))


@pages.post("/cases/<int:case_id>/splitting")
@policy("case.merge")
def split(case_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.split(session, world(), case_id, _text("reason"), viewer=viewer(), now=now())
        return Done(url_for("cases.show", case_id=case_id), _("The case is on its own again, with clocks of its own."))

    return act_or_page(act, lambda wrong: page_of(case_id, wrong))


def _act(finding_id: int, act: Callable[[Session], Done]) -> Response | tuple[str, int]:
    try:
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(finding_id, wrong=refusal.facts["fields"]), 422


def _page(finding_id: int, *, wrong: Any = None) -> str:
    with looking() as session:
        seen = detection.see(session, viewer(), finding_id)
        finding = seen.finding
        open_still = finding.state == "open"
        return render_template(
            "findings/finding.html",
            seen=seen,
            finding=finding,
            open_still=open_still,
            deciding=open_still and detection.may_decide(viewer(), world(), finding),
            place_of={case.id: _line(case.place_id, seen.units) for case in seen.cases},
            decided_by=names(session, [finding.decided_by]).get(finding.decided_by) if finding.decided_by else None,
            title=_proposed_title(seen),
            wrong=wrong or {},
            typed=request.form,
        )


def _proposed_title(seen: detection.Seen) -> str:
    """What a case about all of them would be called; whoever files it may write something else."""
    words = {"place": place_line(seen.place, 2), "category": word(seen.finding.category, "category")}
    if seen.finding.kind == FindingKind.RETURN:
        return _("%(place)s: why “%(category)s” comes back", **words)
    return _("%(place)s: %(category)s, reported by many", **words)


def _line(place_id: str, units: Mapping[str, Unit]) -> Sequence[Unit]:
    return [units[each] for each in reversed(ancestors(place_id)) if each in units]


def _preview(sent: MultiDict[str, str], wrong: Wrong | None = None) -> str:
    verdict, chosen = _selection(sent)
    with looking() as session:
        outcomes, units = detection.choose(session, world(), chosen, verdict, viewer=viewer())
        return render_template(
            "findings/selection.html",
            verdict=verdict,
            chosen=chosen,
            outcomes=outcomes,
            place_of=_places([each.line for each in outcomes], units),
            came_from=_came_from(sent),
            refusal_text=sentence_of,
            wrong=wrong or {},
            typed=request.form,
        )


def _selection(sent: MultiDict[str, str]) -> tuple[Verdict, list[int]]:
    asked = sent.get("act", "")
    if asked not in tuple(Verdict):
        raise Invalid("finding.verdict", "Choose what to do with the findings.")
    chosen = dict.fromkeys(number(raw) for raw in sent.getlist("finding"))
    return Verdict(asked), [each for each in chosen if each is not None][: detection.MOST_AT_ONCE]


def _came_from(sent: MultiDict[str, str]) -> dict[str, Any]:
    """What the list was sifted by."""
    return {key: sent[key] for key in ("kind", "unit") if sent.get(key)}


def _places(lines: Sequence[detection.Line], units: Mapping[str, Unit]) -> dict[int, Sequence[Unit]]:
    return {line.finding.id: _line(line.finding.unit_id, units) for line in lines}


def _mine(found: detection.Queue) -> set[int]:
    """Those that the viewer decides on."""
    return {line.finding.id for line in found.lines if detection.may_decide(viewer(), world(), line.finding)}


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:4000]
