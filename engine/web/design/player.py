"""The player: going through a process of a proposal step by step, and keeping what happened as a scenario.

The page carries the recording with it, as the YAML of a scenario; the server keeps nothing and plays it anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deploy, design, runtime
from engine.deploy import LoadedRelease
from engine.deploy.scenarios import (
    EXPECTATIONS,
    Act,
    Differs,
    Said,
    Scenario,
    Stage,
    answered_otherwise,
    expectation,
    open_recording,
    read_scenario,
    recorded,
    replay,
    undone,
    write_scenario,
)
from engine.errors import Conflict, Invalid, NotFound
from engine.tasks import Choice, Form, Words
from engine.web.context import looking, now, viewer, world
from engine.web.design import scenario_words
from engine.web.design.blueprint import MISNAMED, pages, text
from engine.web.design.given import given_fields, given_from, typed_like
from engine.web.language import _, bilingual
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of

STAND_INS = tuple(Choice(f"U.{nth}", Words(f"单位 {nth}", f"Unit {nth}")) for nth in (1, 2, 3))
PARTIES = tuple(Choice(str(nth), Words(f"当事人 {nth}", f"Party {nth}")) for nth in (1, 2))
CHOICES: Mapping[str, Sequence[Choice]] = {
    "community_units": STAND_INS,
    "mediation_organisations": STAND_INS,
    "mediators": tuple(Choice(str(nth), Words(f"调解员 {nth}", f"Mediator {nth}")) for nth in (1, 2)),
    "parties": PARTIES,
}
"""What a form finds for a case, where there is none."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the page shows of a recording that was played to where it stands."""

    stage: Stage
    recording: Scenario
    task: runtime.WaitingTask | None
    """The one whose form is open."""
    form: Form | None
    process_id: str
    """Whose diagram is shown."""


@pages.get("/proposals/<int:proposal_id>/player")
@policy("process.publish")
def player(proposal_id: int) -> str:
    """Where a case begins: the process and what is known at its start."""
    release, proposal, files = _at_hand(proposal_id)
    process_id = request.args.get("process") or min(release.package.processes)
    if process_id not in release.package.processes:
        raise NotFound("process.unknown", "There is no such process.")
    return _start_page(proposal, release, files, process_id)


@pages.post("/proposals/<int:proposal_id>/player")
@policy("process.publish")
def play(proposal_id: int) -> str | tuple[str, int]:
    """One step further, or back: `play-do` names it. What cannot be done is said on the page, and nothing has moved."""
    release, proposal, files = _at_hand(proposal_id)
    tiers = world().tiers.names
    do, _colon, what = text("play-do").partition(":")
    wrong: Mapping[str, Mapping[str, str]] = {}
    refused: list[str] = []
    before = _before(release, do, files)
    try:
        stage = _played(release, before)
    except Invalid as refusal:
        if do != "start":
            raise
        return _start_page(proposal, release, files, before.process, faults=refusal.facts["faults"]), 422
    try:
        wanted = _next(release, stage, before, do, what)
        if wanted is not before:
            stage = replay(release, wanted, tiers)
    except Differs as differs:
        refused = [scenario_words.fault_words(fault) for fault in differs.faults]
    except Invalid as refusal:
        wrong = refusal.facts.get("fields") or {}
        refused = [] if wrong else [sentence_of(refusal)]
    scene = _scene(release, stage, do, what, stay=bool(wrong))
    page = _page(proposal, scene, wrong=wrong, refused=refused)
    by_script = "X-Player" in request.headers  # a browser writes a refused request of a script onto its console
    return (page, 422) if (wrong or refused) and not by_script else page


@pages.post("/proposals/<int:proposal_id>/recordings")
@policy("process.publish")
def keep_recording(proposal_id: int) -> Response | tuple[str, int]:
    """What was recorded becomes a scenario of the proposal, with the expectations that were ticked."""
    release, proposal, _files = _at_hand(proposal_id)
    stage = _played(release, _sent())
    wanted = [each for each in EXPECTATIONS if each in request.form.getlist("keep-expect")]
    facts = release.package.processes[stage.scenario.process]
    folder = facts.path.rpartition("/")[0]
    kept = replace(recorded(stage), name=text("keep-name")[:200], then=expectation(stage, wanted))

    def act(session: Session) -> Done:
        if not kept.name:
            said = {"zh": "请起一个名称。", "en": "Give it a name."}
            raise Invalid("field.required", "A scenario needs a name.", fields={"name": said})
        path = f"{folder}/scenarios/{text('keep-file')}.yaml"
        content = write_scenario(kept)
        design.add_file(session, proposal_id, path, content, actor_id=viewer().person_id, now=now())
        where = url_for("design.scenarios", proposal_id=proposal_id, process=facts.id, scenario=path)
        return Done(where, _("Kept as a scenario of the proposal."))

    try:
        return once(act)
    except (Invalid, Conflict) as refusal:
        wrong = {f"keep-{key}": said for key, said in (refusal.facts.get("fields") or {}).items()}
        if refusal.code == "file.place":
            wrong = {"keep-file": MISNAMED}
        scene = _scene(release, stage, "", "")
        return _page(proposal, scene, wrong=wrong, refused=[] if wrong else [sentence_of(refusal)]), refusal.status


def _start_page(
    proposal: design.Proposal,
    release: LoadedRelease,
    files: Mapping[str, bytes],
    process_id: str,
    *,
    faults: Sequence[Said] = (),
) -> str:
    return render_template(
        "design/player_start.html",
        proposal=proposal,
        processes=[(each, bilingual(facts.name)) for each, facts in sorted(release.package.processes.items())],
        process_id=process_id,
        fields=given_fields(files, release, process_id, world().tiers.names),
        variable_words=scenario_words.variable_words,
        faults=faults,
    )


def _at_hand(proposal_id: int) -> tuple[LoadedRelease, design.Proposal, Mapping[str, bytes]]:
    """Raises Invalid `package.refused` while an error keeps the files from running."""
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        files = design.files_of(session, proposal)
    return deploy.ready(files), proposal, files


def _played(release: LoadedRelease, recording: Scenario) -> Stage:
    """What the page sent was played before; it plays again unless somebody changed it, or the files beneath it."""
    try:
        return replay(release, recording, world().tiers.names)
    except Differs as differs:
        raise differs.refusal() from differs


def _sent() -> Scenario:
    return _read(request.form.get("play-recording", ""))


def _read(written: str) -> Scenario:
    try:
        return read_scenario(written.replace("\r\n", "\n").encode(), unfinished=True)
    except Differs as differs:
        raise differs.refusal() from differs


def _before(release: LoadedRelease, do: str, files: Mapping[str, bytes]) -> Scenario:
    """The recording as the page had it; a new one, or one made from the text of a scenario."""
    if do == "start":
        process_id = text("process")
        if process_id not in release.package.processes:
            raise NotFound("process.unknown", "There is no such process.")
        fields = given_fields(files, release, process_id, world().tiers.names)
        return Scenario("", process_id, given_from(fields, request.form, world().tiers.names))
    if do == "open":
        try:
            return open_recording(release, _read(request.form.get("text", "")))
        except Differs as differs:
            raise differs.refusal() from differs
    return _sent()


def _next(release: LoadedRelease, stage: Stage, before: Scenario, do: str, what: str) -> Scenario:
    """The recording with one thing more, less or different. Raises Invalid with `fields` for a form that is wrong."""
    going_on = recorded(stage)
    match do:
        case "complete":
            task = _task(stage, what)
            form = form_to_play(release, task)
            answers = _answers(form) if form else {}
            return replace(going_on, acts=(*going_on.acts, Act("complete", task.element, answers, task.item)))
        case "fire" | "deliver":
            return replace(going_on, acts=(*going_on.acts, Act(do, what)))
        case "undo":
            return undone(before)
        case "answer" if stage.answered:
            asked = number(what) or 0
            nth = asked if asked < len(stage.answered) else 0
            each = stage.answered[nth]
            gave = {
                key: typed_like(value, request.form.get(f"gave-{nth}-{key}", "")) for key, value in each.gave.items()
            }
            return answered_otherwise(going_on, each.call.name, each.place, gave)
        case _:
            return before


def _task(stage: Stage, token: str) -> runtime.WaitingTask:
    found = next((each for each in stage.advance.tasks if each.token == token), None)
    if found is None:
        raise Invalid("task.gone", "This task does not wait any more.")
    return found


def form_to_play(release: LoadedRelease, task: runtime.WaitingTask) -> Form | None:
    """The task's own form. Nobody has to write what never reaches the diagram, and papers are not asked for."""
    if task.form is None:
        return None
    return release.form(task.process, task.form).for_play()


def _answers(form: Form) -> dict[str, Any]:
    """What a scenario keeps: chosen values, ticks and numbers; no text that somebody wrote."""
    answers = form.check(_typed(form), choices=CHOICES, zone=world().calendar.tz)
    return {key: value for key, value in form.variables(answers).items() if value is not None}


def _typed(form: Form) -> dict[str, Any]:
    return {key: values if len(values) > 1 else values[0] for key, values in request.form.lists() if key in form.fields}


def _scene(release: LoadedRelease, stage: Stage, do: str, what: str, *, stay: bool = False) -> Scene:
    """`stay` keeps the task open whose form was wrong; else the one asked for, or the first."""
    tasks = stage.advance.tasks
    chosen = next((each for each in tasks if (do == "show" or stay) and each.token == what), None)
    task = chosen or (tasks[0] if tasks else None)
    at_work = task.process if task else next((each.process for each in stage.advance.timers), None)
    process_id = at_work or stage.scenario.process
    if do == "view" and what in release.package.processes:
        process_id = what
    form = form_to_play(release, task) if task else None
    return Scene(stage, recorded(stage), task, form, process_id)


def _page(
    proposal: design.Proposal,
    scene: Scene,
    *,
    wrong: Mapping[str, Mapping[str, str]],
    refused: Sequence[str],
) -> str:
    stage, release = scene.stage, scene.stage.release
    facts = release.package.processes[scene.process_id]
    tiers = world().tiers.names
    seen = [stage.scenario.process, *(process for process, _element in +stage.visited)]
    return render_template(
        "design/player.html",
        proposal=proposal,
        open=proposal.state == design.ProposalState.OPEN,
        scene=scene,
        stage=stage,
        recording=write_scenario(scene.recording).decode(),
        source=url_for("design.file", proposal_id=proposal.id, path=facts.path),
        states=_states(stage, scene.process_id),
        seen=[(each, bilingual(release.package.processes[each].name)) for each in dict.fromkeys(seen)],
        choices=CHOICES,
        raw=_typed(scene.form) if wrong and scene.form else None,
        wrong=wrong,
        refused=refused,
        named=_namer(release),
        told=lambda act: scenario_words.act_words(release, act),
        variable_words=scenario_words.variable_words,
        expectations=_offered(stage),
        tiers=tiers,
    )


def _offered(stage: Stage) -> list[tuple[str, Any, str]]:
    """(key, words, what it would say), of what there is to expect."""
    found = expectation(stage)
    shown = {key: ", ".join(map(str, value)) if isinstance(value, list | dict) else "" for key, value in found.items()}
    if "deadlines" in found:
        shown["deadlines"] = ", ".join(f"{key} {length}" for key, length in found["deadlines"].items())
    if "data" in found:
        shown["data"] = ", ".join(f"{key}: {value}" for key, value in found["data"].items())
    return [(key, scenario_words.EXPECTATIONS[key], shown[key]) for key in found]


def _namer(release: LoadedRelease) -> Callable[..., str]:
    return lambda element, process="": scenario_words.name_of(release, element, process)


def _states(stage: Stage, process_id: str) -> dict[str, str]:
    """How each element of one diagram is drawn: gone through, waiting for a person, or for a clock or a message."""
    release, advance = stage.release, stage.advance
    walked = (*+stage.visited, *+stage.taken)
    states = {each: "done" for process, each in walked if process == process_id}
    elements = release.package.processes[process_id].elements
    states |= {each.element: "waiting" for each in advance.messages if each.element in elements}
    states |= {each.element: "waiting" for each in advance.timers if each.process == process_id}
    states |= {each.element: "active" for each in advance.tasks if each.process == process_id}
    inside = {each.process for each in advance.tasks} | {each.process for each in advance.timers}
    states |= {each.id: "active" for each in elements.values() if each.calls and _leads_to(release, each.calls, inside)}
    return states


def _leads_to(release: LoadedRelease, process_id: str, wanted: Collection[str]) -> bool:
    """Whether a called process, or one that it calls in its turn, is among those."""
    seen = [process_id]
    for each in seen:
        elements = release.package.processes[each].elements.values()
        seen += [element.calls for element in elements if element.calls and element.calls not in seen]
    return any(each in wanted for each in seen)
