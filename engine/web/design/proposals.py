"""A proposal from its beginning to its publication: what it changes, whether it passes, what may be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time
from itertools import groupby

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deploy, design
from engine.errors import Conflict, Invalid, NotAllowed
from engine.web.context import looking, now, viewer, world
from engine.web.design.blueprint import day, may_miss, pages, people_of, text
from engine.web.design.change_words import told
from engine.web.design.releases import both_sides
from engine.web.language import _, bilingual
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of


@pages.post("/proposals")
@policy("process.publish")
def begin() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        made = design.begin_proposal(session, text("title"), author_id=viewer().person_id, now=now())
        return Done(url_for("design.proposal", proposal_id=made.id), _("Begun. Nothing changes until it is published."))

    return once(act)


@pages.get("/proposals/<int:proposal_id>")
@policy("process.publish")
def proposal(proposal_id: int) -> str:
    return _page(proposal_id)


@pages.get("/proposals/<int:proposal_id>/difference/<path:path>")
@policy("process.publish")
def proposal_difference(proposal_id: int, path: str) -> str:
    """Both diagrams side by side: as the release has it, and as proposed."""
    with looking() as session:
        found = design.get_proposal(session, proposal_id)
        old, new = deploy.files_of(session, found.base_id), design.files_of(session, found)
        title, base_id = found.title, found.base_id
    sides = {}
    if path in old:
        sides["old"] = url_for("design.release_file", release_id=base_id, path=path)
    if path in new:
        sides["new"] = url_for("design.file", proposal_id=proposal_id, path=path)
    return both_sides(path, old, new, sides, (title, url_for("design.proposal", proposal_id=proposal_id)))


@pages.post("/proposals/<int:proposal_id>/publication")
@policy("process.publish")
def publish(proposal_id: int) -> Response | tuple[str, int]:
    with looking() as session:
        files = design.files_of(session, design.get_proposal(session, proposal_id))
    deploy.judge(files, limits_may_miss=may_miss())  # here, so that nobody waits for it under the lock of the act

    def act(session: Session) -> Done:
        release = design.publish_proposal(
            session,
            proposal_id,
            seen=text("seen"),
            reason=text("reason"),
            actor_id=viewer().person_id,
            four_eyes=world().config.publishing.four_eyes,
            now=now(),
            effective_at=_effective_at(),
            limits_may_miss=may_miss(),
        )
        if release is None:
            return Done(_home(proposal_id), _("Planned. It is checked again when its day comes."))
        said = _("Release %(number)d is in force. Running cases keep theirs.", number=release.id)
        return Done(url_for("design.release", release_id=release.id), said)

    return acted(proposal_id, act)


@pages.post("/proposals/<int:proposal_id>/recall")
@policy("process.publish")
def recall(proposal_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        design.recall(session, proposal_id, actor_id=viewer().person_id, now=now())
        return Done(_home(proposal_id), _("Recalled. It can be worked on again."))

    return acted(proposal_id, act)


@pages.post("/proposals/<int:proposal_id>/adoption")
@policy("process.publish")
def adopt(proposal_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        mine, theirs = _decided("mine:"), _decided("theirs:")
        design.adopt_release(
            session, proposal_id, keep_mine=mine, take_theirs=theirs, actor_id=viewer().person_id, now=now()
        )
        return Done(_home(proposal_id), _("It stands on the release in force now."))

    return acted(proposal_id, act)


@pages.post("/proposals/<int:proposal_id>/title")
@policy("process.publish")
def rename(proposal_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        design.rename_proposal(session, proposal_id, text("title"), now=now())
        return Done(_home(proposal_id), _("Renamed."))

    return acted(proposal_id, act)


@pages.post("/proposals/<int:proposal_id>/dropping")
@policy("process.publish")
def drop(proposal_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        design.drop_proposal(session, proposal_id, actor_id=viewer().person_id, now=now())
        return Done(_home(proposal_id), _("Given up. Its files can still be read."))

    return acted(proposal_id, act)


def acted(proposal_id: int, act: Callable[[Session], Done]) -> Response | tuple[str, int]:
    """A refusal stands on the page of the proposal, with what was typed."""
    try:
        return once(act)
    except (Invalid, Conflict, NotAllowed) as refusal:
        return _page(proposal_id, refused=refusal), refusal.status


def _page(proposal_id: int, *, refused: Invalid | Conflict | NotAllowed | None = None) -> str:
    with looking() as session:
        found = design.get_proposal(session, proposal_id)
        base, files = deploy.files_of(session, found.base_id), design.files_of(session, found)
        authors, log = design.authors_of(session, proposal_id), design.acts_of(session, proposal_id)
        open_ = found.state == design.ProposalState.OPEN
        changed = sorted(path for path in {*base, *files} if base.get(path) != files.get(path))
        fields = refused.facts.get("fields") if refused else None
        processes = world().releases.current(session).package.processes.values()
        return render_template(
            "design/proposal.html",
            named={each.path.partition("/")[0]: bilingual(each.name) for each in processes},
            proposal=found,
            open=open_,
            changed=changed,
            gone=[path for path in changed if path not in files],
            files=told(design.difference(base, files)),
            folders=_by_process({*files, *changed}),
            mark=deploy.fingerprint(files),
            verdict=deploy.judge(files, limits_may_miss=may_miss()) if changed else None,
            behind=design.stale(session, found) if open_ or found.state == design.ProposalState.PLANNED else None,
            four_eyes=world().config.publishing.four_eyes,
            is_author=viewer().person_id in authors,
            authors=authors,
            log=log,
            people=people_of(session, {*authors, found.approver_id, *(each.actor_id for each in log)}),
            refused=refused,
            refused_words=sentence_of(refused) if refused else "",
            wrong=fields or {},
            raw=request.form if refused else {},
        )


def _decided(word: str) -> list[str]:
    """The paths of files that both changed, for which somebody chose so."""
    return [value.removeprefix(word) for value in request.form.values() if value.startswith(word)]


def _by_process(paths: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The folder of each process with its files: diagram, tables and limits, then forms, then scenarios."""

    def process(path: str) -> str:
        return path.partition("/")[0]

    ordered = sorted(paths, key=lambda path: (process(path), path.count("/"), path))
    return [(name, list(found)) for name, found in groupby(ordered, key=process)]


def _home(proposal_id: int) -> str:
    return url_for("design.proposal", proposal_id=proposal_id)


def _effective_at() -> datetime | None:
    """From the beginning of the day that was chosen; None for at once."""
    return datetime.combine(day("on"), time(0), tzinfo=world().calendar.tz) if text("on") else None
