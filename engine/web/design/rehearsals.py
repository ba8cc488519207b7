"""Rehearsals: what a proposal or a release would have done to closed cases. Figures and anonymous courses only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import deploy, design, rehearsal
from engine.cases import FEWEST
from engine.errors import Conflict, Invalid, NotFound
from engine.rehearsal import Rehearsal, RehearsedCase
from engine.territory import Unit, units_by_id
from engine.web.context import looking, now, viewer, world
from engine.web.design.blueprint import day, pages, people_of, text
from engine.web.design.rehearsal_words import ENDED, MEANS, MEASURES, STATES, STEPS, bars, class_words, difference
from engine.web.language import _, bilingual
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of
from engine.web.show import minutes_per_day, tier_name

DAYS = 90
SHOWN = 50
"""So many of the cases that differ are listed."""


@pages.get("/proposals/<int:proposal_id>/rehearsals")
@policy("process.publish")
def proposal_rehearsals(proposal_id: int) -> str:
    return _list(proposal_id=proposal_id)


@pages.get("/releases/<int:release_id>/rehearsals")
@policy("process.publish")
def release_rehearsals(release_id: int) -> str:
    return _list(release_id=release_id)


@pages.post("/proposals/<int:proposal_id>/rehearsals")
@policy("process.publish")
def rehearse_proposal(proposal_id: int) -> BaseResponse | tuple[str, int]:
    return _asked(proposal_id=proposal_id)


@pages.post("/releases/<int:release_id>/rehearsals")
@policy("process.publish")
def rehearse_release(release_id: int) -> BaseResponse | tuple[str, int]:
    return _asked(release_id=release_id)


@pages.get("/rehearsals/<int:rehearsal_id>")
@policy("process.publish")
def show_rehearsal(rehearsal_id: int) -> str:
    with looking() as session:
        found = rehearsal.get(session, rehearsal_id)
        result = found.result or {}
        differing = rehearsal.differing(session, rehearsal_id, most=SHOWN) if found.result else []
        units = units_by_id(session, {found.unit_id, *(row["unit"] for row in result.get("units", ()))})
        return render_template(
            "design/rehearsal.html",
            rehearsal=found,
            working=found.under_way,
            changed=not rehearsal.tried(found, _files(session, found.proposal_id, found.release_id)),
            states=STATES,
            whose=_whose(session, found),
            person=people_of(session, [found.asked_by]).get(found.asked_by),
            unit=units.get(found.unit_id),
            units=units,
            first=_day_of(found.since),
            last=_day_of(found.until - timedelta(seconds=1)),
            result=result,
            measures=MEASURES,
            means=MEANS,
            ended=ENDED,
            bars=bars(result["days"]) if result else (),
            class_words=class_words,
            difference=difference,
            differing=differing,
            others=rehearsal.OTHERS,
            days=_days,
            fewest=FEWEST,
            tiers_of=_tiers_of,
            assumed=_assumed(result) if result else (),
        )


@pages.post("/rehearsals/<int:rehearsal_id>/cancellation")
@policy("process.publish")
def cancel_rehearsal(rehearsal_id: int) -> BaseResponse:
    def act(session: Session) -> Done:
        rehearsal.cancel(session, rehearsal_id, now=now())
        return Done(url_for("design.show_rehearsal", rehearsal_id=rehearsal_id), _("Called off."))

    return once(act)


@pages.get("/rehearsals/<int:rehearsal_id>/cases/<int:number>")
@policy("process.publish")
def rehearsed_case(rehearsal_id: int, number: int) -> str:
    """One case on both diagrams: as it was, and as it would be."""
    with looking() as session:
        found = rehearsal.get(session, rehearsal_id)
        case = rehearsal.traced(session, rehearsal_id, number)
        before, after = rehearsal.neighbours(session, rehearsal_id, number)
        whose = _whose(session, found)
    trace = case.trace or {}
    processes = {**trace["before"]["processes"], **trace["after"]["processes"]}
    chosen = request.args.get("process") or _where_it_differs(trace, processes)
    if chosen not in processes:
        raise NotFound("diagram.unknown", "This case was never in such a process.")
    return render_template(
        "design/rehearsed_case.html",
        rehearsal=found,
        whose=whose,
        case=case,
        chosen=chosen,
        processes=processes,
        sides=_sides(found, trace, chosen),
        stops={side: trace[side]["stops"] for side in ("before", "after")},
        parted=_parted(trace),
        previous=before,
        following=after,
        ended=ENDED,
        steps=STEPS,
        days=_days,
    )


@pages.get("/rehearsals/<int:rehearsal_id>/files/<path:path>")
@policy("process.publish")
def rehearsed_file(rehearsal_id: int, path: str) -> Response:
    """A diagram as it was rehearsed, whatever became of the proposal since."""
    with looking() as session:
        found = rehearsal.get(session, rehearsal_id)
        if path not in found.files or not path.endswith(".bpmn"):
            raise NotFound("file.unknown", "There is no such diagram in this rehearsal.")
        data = deploy.contents_of(session, {path: found.files[path]})[path]
    return Response(data, mimetype="application/xml", headers={"Content-Disposition": "attachment"})


def _list(*, refused: Invalid | Conflict | None = None, **whose: int) -> str:
    with looking() as session:
        title, home = _title(session, **whose)
        found = rehearsal.of(session, **whose)
        areas = _areas(session)
        units = {unit.id: unit for unit in areas} | units_by_id(session, {each.unit_id for each in found})
        today = now().astimezone(world().calendar.tz).date()
        return render_template(
            "design/rehearsals.html",
            title=title,
            home=home,
            found=found,
            under_way=any(each.under_way for each in found),
            states=STATES,
            areas=areas,
            units=units,
            highest=min((unit.id.count(".") for unit in areas), default=0),
            people=people_of(session, {each.asked_by for each in found}),
            since=request.form.get("since") or (today - timedelta(days=DAYS)).isoformat(),
            until=request.form.get("until") or (today - timedelta(days=1)).isoformat(),
            chosen=request.form.get("unit", ""),
            refused=refused,
            refused_words=sentence_of(refused) if refused else "",
            wrong=refused.facts.get("fields", {}) if refused else {},
            day_of=_day_of,
            second=timedelta(seconds=1),
        )


def _asked(**whose: int) -> BaseResponse | tuple[str, int]:
    with looking() as session:
        files = _files(session, **whose)
        unit_id = text("unit") if text("unit") in {unit.id for unit in _areas(session)} else ""

    def act(session: Session) -> Done:
        made = rehearsal.ask(
            session,
            world(),
            files,
            since=day("since"),
            until=day("until"),
            unit_id=unit_id,
            asked_by=viewer().person_id,
            now=now(),
            **whose,
        )
        return Done(url_for("design.show_rehearsal", rehearsal_id=made.id), _("The rehearsal begins at once."))

    try:
        return once(act)
    except (Invalid, Conflict) as refusal:
        return _list(refused=refusal, **whose), refusal.status


def _areas(session: Session) -> Sequence[Unit]:
    return rehearsal.areas(session, world(), viewer().units({"designer"}))


def _files(session: Session, proposal_id: int | None = None, release_id: int | None = None) -> dict[str, bytes]:
    if proposal_id is not None:
        return design.files_of(session, design.get_proposal(session, proposal_id))
    return deploy.files_of(session, release_id or 0)


def _title(session: Session, *, proposal_id: int | None = None, release_id: int | None = None) -> tuple[str, str]:
    """Whose files are rehearsed, and the page of it."""
    if proposal_id is not None:
        found = design.get_proposal(session, proposal_id)
        return found.title, url_for("design.proposal", proposal_id=found.id)
    release = deploy.get_release(session, release_id or 0)
    return _("Release %(number)d", number=release.id), url_for("design.release", release_id=release.id)


def _whose(session: Session, found: Rehearsal) -> tuple[str, str, str]:
    if found.proposal_id is not None:
        listed = url_for("design.proposal_rehearsals", proposal_id=found.proposal_id)
        return (*_title(session, proposal_id=found.proposal_id), listed)
    release_id = found.release_id or 0
    listed = url_for("design.release_rehearsals", release_id=release_id)
    return (*_title(session, release_id=release_id), listed)


def _day_of(at: datetime) -> date:
    return at.astimezone(world().calendar.tz).date()


def _days(minutes: float | None) -> str:
    """Working days with one digit after the point."""
    return "—" if minutes is None else f"{minutes / minutes_per_day():.1f}"


def _assumed(result: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Tasks by name with how many answers there are assumed, most first."""
    found: Counter[str] = Counter()
    for key, count in result["assumed"]["at"].items():
        found[bilingual(result["names"].get(key, key))] += count
    return found.most_common()


def _tiers_of(case: RehearsedCase, side: str) -> list[str]:
    """The tiers of a course, in the order in which the case came there."""
    sketch: Mapping[str, Any] = case.before if side == "before" else case.after
    return [tier_name(stay[0]) for stay in sketch["stays"]]


def _parted(trace: Mapping[str, Any]) -> int:
    """How many stops both courses have in common before they part."""
    was, would = (
        [(stop["process"], stop["element"], stop["ended"], stop["minutes"]) for stop in trace[side]["stops"]]
        for side in ("before", "after")
    )
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(was, would, strict=False)))


def _where_it_differs(trace: Mapping[str, Any], processes: Mapping[str, Any]) -> str:
    """The process of the first stop that is another one."""
    parted = _parted(trace)
    later = [stop for side in ("after", "before") for stop in trace[side]["stops"][parted : parted + 1]]
    return str(later[0]["process"] if later else next(iter(processes)))


def _sides(found: Rehearsal, trace: Mapping[str, Any], chosen: str) -> list[dict[str, Any]]:
    """Each diagram with what to mark on it; one that the case never entered is not drawn."""
    reached = {side: set(trace[side]["elements"].get(chosen, ())) for side in ("before", "after")}
    sides = []
    for side, other in (("before", "after"), ("after", "before")):
        drawn: dict[str, Any] = {"side": side, "src": None}
        if chosen in trace[side]["processes"]:
            path = trace[side]["processes"][chosen][1]
            drawn["src"] = (
                url_for("design.release_file", release_id=trace["release"], path=path)
                if side == "before"
                else url_for("design.rehearsed_file", rehearsal_id=found.id, path=path)
            )
            fired = {
                stop["element"]
                for stop in trace[side]["stops"]
                if stop["process"] == chosen and stop["ended"] == "fired"
            }
            drawn["states"] = {
                element: "removed" if element in fired else "done" if element in reached[other] else "changed"
                for element in sorted(reached[side])
            }
        sides.append(drawn)
    return sides
