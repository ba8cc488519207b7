"""Running cases on older releases, and their way to another one. Numbers and reasons; case numbers for operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deploy, process
from engine.errors import Conflict, Invalid, NotFound
from engine.process import Migration, MigrationState, Outcome
from engine.web.context import looking, now, viewer, world
from engine.web.design.blueprint import pages, people_of, text
from engine.web.design.migration_words import OUTCOMES, REASONS, STATES
from engine.web.language import _, bilingual
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of

Refused = Invalid | Conflict | NotFound


@pages.get("/migrations")
@policy("case.migrate")
def migrations() -> str:
    return _list()


@pages.post("/migrations")
@policy("case.migrate")
def begin_migration() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        made = process.begin_migration(
            session,
            world(),
            from_id=number(text("from")) or 0,
            to_id=number(text("to")) or 0,
            process_id=text("process") or None,
            viewer=viewer(),
            now=now(),
        )
        return Done(url_for("design.migration", migration_id=made.id), _("Looking. No case is moved yet."))

    try:
        return once(act)
    except (Invalid, Conflict, NotFound) as refusal:
        return _list(refused=refusal), refusal.status


@pages.get("/migrations/<int:migration_id>")
@policy("case.migrate")
def migration(migration_id: int) -> str:
    return _page(migration_id)


@pages.post("/migrations/<int:migration_id>/start")
@policy("case.migrate")
def start_migration(migration_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        process.start_migration(session, migration_id, reason=text("reason"), viewer=viewer(), now=now())
        return Done(_home(migration_id), _("The cases are being moved."))

    return _acted(migration_id, act)


@pages.post("/migrations/<int:migration_id>/stop")
@policy("case.migrate")
def stop_migration(migration_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        process.stop_migration(session, migration_id, viewer=viewer(), now=now())
        return Done(_home(migration_id), _("Stopped. What has moved stays where it is."))

    return _acted(migration_id, act)


@pages.post("/migrations/<int:migration_id>/undoing")
@policy("case.migrate")
def undo_migration(migration_id: int) -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        process.undo_migration(session, migration_id, reason=text("reason"), viewer=viewer(), now=now())
        return Done(_home(migration_id), _("What has not gone on since is being taken back."))

    return _acted(migration_id, act)


def _acted(migration_id: int, act: Callable[[Session], Done]) -> Response | tuple[str, int]:
    """A refusal stands on the page, with what was typed."""
    try:
        return once(act)
    except (Invalid, Conflict) as refusal:
        return _page(migration_id, refused=refusal), refusal.status


def _list(*, refused: Refused | None = None) -> str:
    with looking() as session:
        running = process.running(session)
        found = process.recent_migrations(session)
        releases = deploy.recent_releases(session)
        current = world().releases.current(session)
        names = {each.id: bilingual(each.name) for each in current.package.processes.values()}
        return render_template(
            "design/migrations.html",
            running={key: counts for key, counts in sorted(running.items()) if counts},
            on=sorted({release_id for counts in running.values() for release_id in counts}, reverse=True),
            releases=releases,
            names=names,
            migrations=found,
            people=people_of(session, {each.begun_by for each in found}),
            states=STATES,
            raw=request.form if refused else {},
            refused_words=sentence_of(refused) if refused else "",
        )


def _page(migration_id: int, *, refused: Refused | None = None) -> str:
    with looking() as session:
        found = process.get_migration(session, migration_id)
        figures = process.migration_figures(session, found, viewer=viewer())
        shown = _shown(figures.by_outcome)
        sees_numbers = viewer().may("system.operate")
        cases, following = [], None
        if sees_numbers and shown:
            listed, following = process.migration_cases(
                session, migration_id, shown, viewer=viewer(), after=number(request.args.get("after")) or 0
            )
            cases = list(listed)
        return render_template(
            "design/migration.html",
            migration=found,
            figures=figures,
            working=found.state in (MigrationState.LOOKING, MigrationState.MOVING, MigrationState.UNDOING),
            can_undo=found.started_at is not None
            and found.state in (MigrationState.DONE, MigrationState.STOPPED)
            and figures.by_outcome.get(Outcome.MOVED, 0) > 0,
            names=_names(session, found),
            outcomes=OUTCOMES,
            reasons=REASONS,
            states=STATES,
            sees_numbers=sees_numbers,
            shown=shown,
            cases=cases,
            following=following,
            people=people_of(session, {found.begun_by, found.started_by, found.undone_by}),
            refused=refused,
            refused_words=sentence_of(refused) if refused else "",
            wrong=refused.facts.get("fields", {}) if refused else {},
            raw=request.form if refused else {},
        )


def _shown(by_outcome: Mapping[str, int]) -> str | None:
    """The outcome whose cases are listed: the one asked for, or else those that stay."""
    asked = request.args.get("outcome")
    order = (asked, *(outcome.value for outcome in (Outcome.CANNOT, Outcome.STAYED, Outcome.KEPT)), *by_outcome)
    return next((each for each in order if each in by_outcome), None)


def _names(session: Session, found: Migration) -> dict[str, Any]:
    package = world().releases.get(session, found.from_id).package
    return {each.id: bilingual(each.name) for each in package.processes.values()}


def _home(migration_id: int) -> str:
    return url_for("design.migration", migration_id=migration_id)
