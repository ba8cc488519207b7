"""The library: every process with what is in force, who put it there and why, how it stands, and what is worked on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, render_template
from sqlalchemy.orm import Session

from engine import deploy, design, process
from engine.deploy import LoadedRelease, Release, Verdict
from engine.runtime import ProcessFacts
from engine.web.context import looking, world
from engine.web.design.blueprint import may_miss, pages, people_of
from engine.web.language import bilingual
from engine.web.policy import policy


@dataclass(frozen=True, slots=True)
class Shelf:
    """One process as the library shows it. `release` is the last one that changed its folder."""

    id: str
    name: str
    facts: ProcessFacts
    release: Release
    running: Mapping[int, int]
    """Release id → how many run on it, newest first."""
    callers: Sequence[str]
    """The names of the processes it runs inside of; such a run is counted as one of theirs."""
    errors: int
    warnings: int
    passed: int
    failed: int
    proposals: Sequence[design.Proposal]

    @property
    def folder(self) -> str:
        return self.facts.path.partition("/")[0]


@pages.get("/processes")
@policy("process.publish")
def library() -> str:
    with looking() as session:
        loaded, releases = world().releases.current(session), deploy.recent_releases(session)
        shelves = _shelves(session, loaded, releases)
        proposals = design.open_proposals(session)
        people = people_of(session, {each.published_by for each in releases} | {each.author_id for each in proposals})
        return render_template(
            "design/library.html",
            shelves=shelves,
            newest=releases[0],
            releases=releases[:5],
            proposals=proposals,
            people=people,
        )


@pages.get("/processes/<process_id>")
@policy("process.publish")
def process_page(process_id: str) -> str:
    with looking() as session:
        loaded, releases = world().releases.current(session), deploy.recent_releases(session)
        loaded.process_file(process_id)
        shelf = next(each for each in _shelves(session, loaded, releases) if each.id == process_id)
        verdict = deploy.judge(loaded.files, limits_may_miss=may_miss())
        folder = f"{shelf.folder}/"
        return render_template(
            "design/process.html",
            shelf=shelf,
            newest=releases[0],
            releases=[each for each in releases if shelf.folder in each.changed.split(",")],
            findings=[each for each in verdict.findings if each.file.startswith(folder)],
            scenarios=[each for each in verdict.scenarios if each.name.startswith(folder)],
            people=people_of(session, {each.published_by for each in releases}),
        )


@pages.get("/processes/<process_id>/diagram.bpmn")
@policy("process.publish")
def diagram(process_id: str) -> Response:
    with looking() as session:
        data = world().releases.current(session).process_file(process_id)
    return Response(data, mimetype="application/xml")


def _shelves(session: Session, loaded: LoadedRelease, releases: Sequence[Release]) -> list[Shelf]:
    verdict = deploy.judge(loaded.files, limits_may_miss=may_miss())
    running, touched = process.running(session), design.touched(session)
    return [
        _shelf(facts, releases, verdict, running.get(process_id, {}), touched, _callers(loaded, process_id))
        for process_id, facts in sorted(loaded.package.processes.items())
    ]


def _shelf(
    facts: ProcessFacts,
    releases: Sequence[Release],
    verdict: Verdict,
    running: Mapping[int, int],
    touched: Mapping[str, Sequence[design.Proposal]],
    callers: Sequence[str],
) -> Shelf:
    folder = facts.path.partition("/")[0]
    mine = [each for each in verdict.findings if each.file.startswith(f"{folder}/")]
    played = [each for each in verdict.scenarios if each.name.startswith(f"{folder}/")]
    return Shelf(
        id=facts.id,
        name=bilingual(facts.name),
        facts=facts,
        release=next((each for each in releases if folder in each.changed.split(",")), releases[-1]),
        running=running,
        callers=callers,
        errors=sum(each.severity == "error" for each in mine),
        warnings=sum(each.severity == "warning" for each in mine),
        passed=sum(each.passed for each in played),
        failed=sum(not each.passed for each in played),
        proposals=touched.get(folder, ()),
    )


def _callers(loaded: LoadedRelease, process_id: str) -> list[str]:
    return [
        bilingual(facts.name)
        for facts in loaded.package.processes.values()
        if any(element.calls == process_id for element in facts.elements.values())
    ]
