"""The scenarios of a proposal: how they went, what they reach on the diagram, and each as a text to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import jsonify, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deploy, design
from engine.deploy import LoadedRelease, Played, Verdict
from engine.deploy.scenarios import Coverage, coverage, play, read_scenario
from engine.errors import Conflict, Invalid, NotFound, Refusal
from engine.web.context import looking, now, viewer
from engine.web.design.blueprint import MISNAMED, may_miss, pages, seen, text
from engine.web.design.files import answers_json, by_whom, file_of
from engine.web.design.scenario_words import fault_words, flow_words, line_words, name_of
from engine.web.language import _, bilingual
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of

BLANK = """name: "名称 / Name"
given:
  process: {process}
  data: {{case_id: 1, tier: grid, top: false, severity: 1, size: small, track: dispute_small, urgent: false, confirm: false, signed_in: false, repeat: false}}
steps:
then:
  open: []
"""  # noqa: E501 – one line of a file


@dataclass(frozen=True, slots=True)
class Tab:
    """One process: how its scenarios went and how much of its diagram all of them reach, in percent."""

    process_id: str
    name: str
    passed: int
    failed: int
    reached: int


@pages.get("/proposals/<int:proposal_id>/scenarios")
@policy("process.publish")
def scenarios(proposal_id: int) -> str:
    """`process` is the one to look at, `scenario` the one whose path is drawn instead of all of them."""
    return _list(proposal_id, request.args.get("process"))


@pages.post("/proposals/<int:proposal_id>/scenarios")
@policy("process.publish")
def add_scenario(proposal_id: int) -> Response | tuple[str, int]:
    """A blank one for the process, to be written."""
    process_id = text("process")
    with looking() as session:
        files = design.files_of(session, design.get_proposal(session, proposal_id))
    folder = _folder(deploy.ready(files), process_id)

    def act(session: Session) -> Done:
        path = f"{folder}/scenarios/{text('file')}.yaml"
        content = BLANK.format(process=process_id).encode()
        design.add_file(session, proposal_id, path, content, actor_id=viewer().person_id, now=now())
        return Done(url_for("design.edit_scenario", proposal_id=proposal_id, path=path), _("Saved in the proposal."))

    try:
        return once(act)
    except Invalid as refusal:
        return _list(proposal_id, process_id, wrong={"file": _misnamed(refusal)}), refusal.status


@pages.post("/proposals/<int:proposal_id>/samples/<int:sample_id>")
@policy("process.publish")
def adopt_sample(proposal_id: int, sample_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        kept = design.adopt_sample(
            session, proposal_id, sample_id, text("file"), actor_id=viewer().person_id, now=now()
        )
        where = url_for("design.edit_scenario", proposal_id=proposal_id, path=kept.path)
        return Done(where, _("Kept as a scenario of the proposal."))

    try:
        return once(act)
    except Invalid as refusal:
        wrong = {f"sample-{sample_id}": _misnamed(refusal)}
        return _list(proposal_id, text("process"), wrong=wrong), refusal.status


@pages.post("/proposals/<int:proposal_id>/samples/<int:sample_id>/dropping")
@policy("process.publish")
def drop_sample(proposal_id: int, sample_id: int) -> Response:
    """Lays it aside for everybody."""

    def act(session: Session) -> Done:
        sample = deploy.close_sample(session, sample_id)
        where = url_for("design.scenarios", proposal_id=proposal_id, process=sample.process_id)
        return Done(where, _("Laid aside."))

    return once(act)


def _misnamed(refusal: Invalid) -> Mapping[str, str]:
    """What is wrong with the name of a file; every other refusal has a page of its own."""
    fields: Mapping[str, Mapping[str, str]] = refusal.facts.get("fields") or {}
    if refusal.code != "file.place" and "file" not in fields:
        raise refusal
    return fields.get("file", MISNAMED)


def _list(proposal_id: int, asked: str | None, *, wrong: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """`wrong` names the field of a file's name that was refused."""
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        files, base = design.files_of(session, proposal), deploy.files_of(session, proposal.base_id)
        samples = deploy.waiting_samples(session)
    verdict = deploy.judge(files, limits_may_miss=may_miss())
    release = None if verdict.errors else deploy.ready(files)
    common = {"proposal": proposal, "open": proposal.state == design.ProposalState.OPEN, "verdict": verdict}
    if release is None:
        return render_template("design/scenarios.html", release=None, **common)
    found = coverage(release, verdict.scenarios)
    chosen = asked or _first_touched(release, files, base)
    if chosen not in found:
        raise NotFound("process.unknown", "There is no such process.")
    facts, reached = release.package.processes[chosen], found[chosen]
    shown = next((each for each in verdict.scenarios if each.path == request.args.get("scenario")), None)
    return render_template(
        "design/scenarios.html",
        release=release,
        tabs=[_tab(release, verdict, process_id, each) for process_id, each in sorted(found.items())],
        chosen=chosen,
        name=bilingual(facts.name),
        source=url_for("design.file", proposal_id=proposal_id, path=facts.path),
        mine=[each for each in verdict.scenarios if each.path.startswith(f"{_folder(release, chosen)}/")],
        shown=shown,
        states=_walked(chosen, shown) if shown else _tested(reached),
        counts={} if shown else {**reached.elements, **reached.flows},
        untested=[(each, name_of(release, each, chosen)) for each in reached.untested_elements],
        untested_flows=[(each, flow_words(release, chosen, each)) for each in reached.untested_flows],
        samples=[(each, read_scenario(each.content)) for each in samples if each.process_id == chosen],
        wrong=wrong or {},
        **common,
    )


@pages.get("/proposals/<int:proposal_id>/scenarios/<path:path>")
@policy("process.publish")
def edit_scenario(proposal_id: int, path: str) -> str:
    return _page(proposal_id, path)


@pages.post("/proposals/<int:proposal_id>/scenarios/<path:path>")
@policy("process.publish")
def save_scenario(proposal_id: int, path: str) -> Response | tuple[str, int]:
    """A draft may be wrong. Another `file` renames it."""
    folder = path.rpartition("/")[0]
    to = f"{folder}/{text('file')}.yaml" if text("file") else path
    content = request.form.get("text", "").replace("\r\n", "\n").encode()

    def act(session: Session) -> Done:
        file_of(session, design.get_proposal(session, proposal_id), path)
        common: dict[str, Any] = {"seen": seen(), "actor_id": viewer().person_id, "now": now()}
        if to == path:
            design.save_file(session, proposal_id, path, content, **common)
        else:
            design.move_file(session, proposal_id, path, to, content, **common)
        return Done(url_for("design.edit_scenario", proposal_id=proposal_id, path=to), _("Saved in the proposal."))

    return _acted(proposal_id, path, act)


@pages.post("/proposals/<int:proposal_id>/removals/<path:path>")
@policy("process.publish")
def remove_scenario(proposal_id: int, path: str) -> Response | tuple[str, int]:
    _must_be_scenario(path)

    def act(session: Session) -> Done:
        file_of(session, design.get_proposal(session, proposal_id), path)
        design.remove_file(session, proposal_id, path, seen=seen(), actor_id=viewer().person_id, now=now())
        return Done(url_for("design.scenarios", proposal_id=proposal_id), _("Taken out of the proposal."))

    return _acted(proposal_id, path, act)


@pages.post("/proposals/<int:proposal_id>/trials/<path:path>")
@policy("process.publish")
@answers_json
def try_scenario(proposal_id: int, path: str) -> Response:
    """How the scenario goes as it stands in the editor. Nothing is kept."""
    with looking() as session:
        files = design.files_of(session, design.get_proposal(session, proposal_id))
    played = play(deploy.ready(files), path, request.form.get("text", "").replace("\r\n", "\n").encode())
    faults = [{"line": each.line, "where": line_words(each), "said": fault_words(each)} for each in played.faults]
    return jsonify(passed=played.passed, said=_("passed") if played.passed else _("failed"), faults=faults)


def _acted(proposal_id: int, path: str, act: Any) -> Response | tuple[str, int]:
    """A refusal stands on the page of the scenario, with what was typed."""
    try:
        return once(act)
    except (Invalid, Conflict) as refusal:
        return _page(proposal_id, path, refused=refusal), refusal.status


def _page(proposal_id: int, path: str, *, refused: Invalid | Conflict | None = None) -> str:
    _must_be_scenario(path)
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        content, revision = file_of(session, proposal, path)
        files = design.files_of(session, proposal)
    typed = request.form.get("text") if refused else None
    shown = content if typed is None else typed.replace("\r\n", "\n").encode()
    release, broken = _loaded(files)
    return render_template(
        "design/scenario.html",
        proposal=proposal,
        open=proposal.state == design.ProposalState.OPEN,
        path=path,
        file=request.form.get("file") if refused else path.rpartition("/")[2].removesuffix(".yaml"),
        revision=revision,
        text=shown.decode("utf-8", "replace"),
        played=play(release, path, shown) if release else None,
        broken=broken,
        process_id=next((id_ for id_ in (_processes_beside(release, path) if release else ())), ""),
        refused=refused,
        refused_words=sentence_of(refused) if refused else "",
        whom=by_whom(refused) if refused else {},
        wrong=(refused.facts.get("fields") or {}) if refused else {},
    )


def _loaded(files: Mapping[str, bytes]) -> tuple[LoadedRelease | None, Refusal | None]:
    try:
        return deploy.ready(files), None
    except Refusal as refusal:
        return None, refusal


def _tab(release: LoadedRelease, verdict: Verdict, process_id: str, reached: Coverage) -> Tab:
    folder = f"{_folder(release, process_id)}/"
    mine = [each for each in verdict.scenarios if each.path.startswith(folder)]
    failed = sum(not each.passed for each in mine)
    name = bilingual(release.package.processes[process_id].name)
    return Tab(process_id, name, len(mine) - failed, failed, int(reached.share * 100))


def _tested(reached: Coverage) -> dict[str, str]:
    counts = {**reached.elements, **reached.flows}
    return {each: "tested" if count else "untested" for each, count in counts.items()}


def _walked(process_id: str, played: Played) -> dict[str, str]:
    return {each: "done" for process, each in (*played.visited, *played.taken) if process == process_id}


def _first_touched(release: LoadedRelease, files: Mapping[str, bytes], base: Mapping[str, bytes]) -> str:
    """A process that the proposal changes, or else the first."""
    touched = {path.partition("/")[0] for path in {*files, *base} if files.get(path) != base.get(path)}
    processes: Sequence[str] = sorted(release.package.processes)
    return next((each for each in processes if _folder(release, each) in touched), processes[0])


def _processes_beside(release: LoadedRelease, path: str) -> list[str]:
    folder = path.partition("/")[0]
    return [each for each in release.package.processes if _folder(release, each) == folder]


def _folder(release: LoadedRelease, process_id: str) -> str:
    facts = release.package.processes.get(process_id)
    if facts is None:
        raise NotFound("process.unknown", "There is no such process.")
    return facts.path.rpartition("/")[0]


def _must_be_scenario(path: str) -> None:
    if "/scenarios/" not in path or not path.endswith(".yaml"):
        raise NotFound("file.unknown", "There is no such scenario.")
