"""account, units, mediation and assignments: who may come in, how the units lie, who stands for what, by tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.cli.output import as_json, database, refusals, say
from engine.cli.starting import configured, prepared
from engine.errors import Invalid

Command = Callable[..., None]
Plan = TypeVar("Plan")


def _brings_in(table: str) -> Callable[[Command], click.Command]:
    """A command that takes a table, and only shows what it would change where it is asked to."""

    def make(act: Command) -> click.Command:
        path = click.Path(exists=True, dir_okay=False, path_type=Path)
        act = database(click.pass_obj(act))
        act = click.option("--dry-run", is_flag=True, help="Only show what would change.")(as_json(act))
        return click.command()(click.argument("table", type=path, metavar=table)(act))

    return make


def _text(table: Path) -> str:
    from engine.territory import table_text

    return table_text(table.read_bytes())


def _planned(application: Any, dry_run: bool, plan: Callable[[Any], Plan], bring_in: Callable[[Any], Plan]) -> Plan:
    if dry_run:
        with application.store.reading() as session:
            return plan(session)
    with application.store.transaction() as session:
        return bring_in(session)


@click.command()
@click.argument("username")
@click.option("--name-zh", required=True, help="The name in Chinese.")
@click.option("--name-en", required=True, help="The name in English.")
@click.option("--unit", help="The id of the unit of a first role, LHQ for example.")
@click.option("--role", help="That role: operator for the first person of an installation.")
@as_json
@database
@click.pass_obj
def account(
    config_file: Path | None,
    username: str,
    name_zh: str,
    name_en: str,
    unit: str | None,
    role: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Open an account. The first password is shown once; it opens for a day, and only to choose another."""
    from engine.people import Account, accounts
    from engine.territory import children

    with refusals(as_json):
        if (unit is None) != (role is None):
            raise Invalid("role.half", "Name a unit and a role, or neither.")
        application = prepared(configured(config_file, database))
        now = application.clock.now()
        with application.store.transaction() as session:
            if unit is not None and not children(session, None):
                raise Invalid(
                    "unit.none", "There is no unit yet: bring units in first, with `maplebridge units UNITS.csv`."
                )
            wanted = Account(username, name_zh, name_en)
            person, password = accounts.open_account(session, wanted, viewer=None, now=now)
            if unit is not None and role is not None:
                accounts.give_role(session, person.id, unit, role, "maplebridge account", viewer=None, now=now)
        say(as_json, {"person": person.id, "password": password}, password)


@_brings_in("UNITS.csv")
def units(config_file: Path | None, table: Path, dry_run: bool, database: str | None, as_json: bool) -> None:
    """Bring in the tree of units: new, renamed, moved and closed ones; each change is logged."""
    from engine import process

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        text, now = _text(table), application.clock.now()
        plan = _planned(
            application,
            dry_run,
            lambda session: process.plan_units(session, application.world, text, now=now),
            lambda session: process.import_units(session, application.world, text, viewer=None, now=now),
        )
        changes = dataclasses.asdict(plan.changes)
        counts = {key: value if isinstance(value, int) else len(value) for key, value in changes.items()}
        lines = [f"{key:>9}: {count}" for key, count in counts.items()]
        lines += [f"{unit} still holds {count} open matter(s)" for unit, count in plan.open_matters.items()]
        say(as_json, {**counts, "open_matters": dict(plan.open_matters)}, "\n".join(lines))


@_brings_in("TABLE.csv")
def mediation(config_file: Path | None, table: Path, dry_run: bool, database: str | None, as_json: bool) -> None:
    """Bring in organisations that mediate, or mediators; which of them, the names of the columns say."""
    from engine import mediation

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        text, now = _text(table), application.clock.now()
        plan = _planned(
            application,
            dry_run,
            lambda session: mediation.plan_register(session, text),
            lambda session: mediation.import_register(session, text, viewer=None, now=now),
        )
        counts = {"added": len(plan.added), "changed": len(plan.changed), "same": plan.same}
        _say_counts(as_json, {"what": plan.what, **counts}, counts)


@_brings_in("TABLE.csv")
def channels(config_file: Path | None, table: Path, dry_run: bool, database: str | None, as_json: bool) -> None:
    """Bring in where people and units are told of news: mail addresses, group robots, webhooks."""
    from engine import notify

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        text, config = _text(table), application.config
        said = {"locale": config.locale, "now": application.clock.now()}
        plan = _planned(
            application,
            dry_run,
            lambda session: notify.plan_channels(session, text, config.notify, **said),
            lambda session: notify.import_channels(session, text, config.notify, **said),
        )
        counts = {"added": len(plan.added), "same": plan.same}
        _say_counts(as_json, counts, counts)


@_brings_in("TABLE.csv")
def assignments(config_file: Path | None, table: Path, dry_run: bool, database: str | None, as_json: bool) -> None:
    """Bring in who stands for which unit and place: officers, instructors, people sent to grids, delegates, leaders."""
    from engine import staffing

    with refusals(as_json):
        application = prepared(configured(config_file, database))
        text, now = _text(table), application.clock.now()
        today = now.astimezone(application.config.tz).date()
        plan = _planned(
            application,
            dry_run,
            lambda session: staffing.plan_postings(session, text, today=today),
            lambda session: staffing.import_postings(session, text, viewer=None, now=now, today=today),
        )
        counts = {"added": len(plan.added), "ended": len(plan.ended), "same": plan.same}
        _say_counts(as_json, counts, counts)


def _say_counts(as_json: bool, document: Mapping[str, object], counts: Mapping[str, int]) -> None:
    say(as_json, document, "\n".join(f"{key:>9}: {count}" for key, count in counts.items()))
