"""What every command does around its act: refusals as one sentence, JSON for machines, progress for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from engine.errors import Refusal

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document for machines.")
database = click.option("--database", metavar="URL", help="Use this database instead of the configured one.")

DAY = click.DateTime(formats=["%Y-%m-%d"])
since = click.option("--from", "since", type=DAY, required=True, help="Cases closed on this day or later.")
until = click.option("--to", "until", type=DAY, required=True, help="Cases closed on this day or earlier.")


def say(as_json: bool, document: Mapping[str, Any], sentence: str) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=plain) if as_json else sentence)


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def refusals(as_json: bool = False) -> Iterator[None]:
    """Turns a refusal into one sentence on standard error and exit code 1."""
    try:
        yield
    except Refusal as refusal:
        if as_json:
            document = {"ok": False, "code": refusal.code, "message": refusal.sentence, "facts": dict(refusal.facts)}
            click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=plain))
        else:
            click.secho(refusal.sentence, fg="red", err=True)
            for name, said in (refusal.facts.get("fields") or {}).items():
                click.echo(f"  {name}: {said['en'] if isinstance(said, dict) else said}", err=True)
        sys.exit(1)


@contextmanager
def progress_line(verb: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int, str], None]]:
    """A line on standard error that counts, on a terminal in place and elsewhere now and then."""
    shown = {"next": 0}
    live = sys.stderr.isatty()

    def say(done: int, what: str = "") -> None:
        if quiet or done < shown["next"]:
            return
        shown["next"] = done + (1 if live else max((total or 1000) // 10, 1))
        of = f" of {total}" if total else ""
        click.echo(
            f"\r{verb} {done}{of} {what}".ljust(72) if live else f"{verb} {done}{of} {what}", err=True, nl=not live
        )

    yield say
    if live and not quiet:
        click.echo(err=True)
