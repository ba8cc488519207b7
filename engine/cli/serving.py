"""serve and work: the two ways to run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, NoReturn

import click

from engine import logs, telemetry
from engine.cli.listening import answer, listen, until_told
from engine.cli.output import database, refusals
from engine.cli.starting import configured, fill_demo, prepared
from engine.config import Config, refuse_unsafe

if TYPE_CHECKING:
    from engine.main import Application


@click.command()
@click.option("--host", help="Listen on this address instead of the configured one.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen on this port instead of the configured one.")
@click.option("--demo", is_flag=True, help="Demo mode: fill an empty database with a lively district first.")
@click.option("--no-scheduler", is_flag=True, help="Only pages; `maplebridge work` ticks elsewhere.")
@click.option("--threads", default=8, show_default=True, help="Requests answered at the same time.")
@click.option(
    "--drain",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="Told to stop, go on so many seconds while /health/ready says 503, for a balancer that asks it.",
)
@click.option(
    "--finish",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="Told to stop, give requests under way so many seconds at most.",
)
@database
@click.pass_obj
def serve(
    config_file: Path | None,
    host: str | None,
    port: int | None,
    demo: bool,
    no_scheduler: bool,
    threads: int,
    drain: float,
    finish: float,
    database: str | None,
) -> None:
    """Serve the pages and the JSON API, and fire what is due."""
    import waitress

    from engine.main import collect_rarely

    with refusals():
        config = configured(config_file, database, demo=demo)
        refuse_unsafe(config)
        _say_events(config)
        application = prepared(config)
        telemetry.begin(config.telemetry, node=application.scheduler.name)
        if config.demo:
            fill_demo(application)
        with until_told() as told:
            listening = listen(host or config.server.host, config.server.port if port is None else port)
            server = waitress.create_server(
                application.web(leaving=told),
                sockets=[listening],
                threads=threads,
                max_request_body_size=config.largest_request,  # more is refused before a byte of it lies on the disk
            )
            address = f"http://{shown(server.effective_host)}:{server.effective_port}/"
            collect_rarely()
            if not no_scheduler:
                application.scheduler.start()
            click.echo(f"Maplebridge serves at {address}", err=True)
            if config.demo:
                click.echo("Demo mode: choose one of the demo people on the sign-in page.", err=True)
            answer(server, listening, told, drain=drain, finish=finish)
        application.scheduler.stop()
        _end(application)


@click.command()
@database
@click.pass_obj
def work(config_file: Path | None, database: str | None) -> None:
    """Fire what is due, without pages; any number may run on one PostgreSQL."""
    with refusals():
        config = configured(config_file, database)
        refuse_unsafe(config)
        _say_events(config)
        application = prepared(config)
        telemetry.begin(config.telemetry, node=application.scheduler.name)
        with until_told() as told:
            application.scheduler.start()
            click.echo(f"Maplebridge works as {application.scheduler.name}", err=True)
            while not told.is_set():
                sleep(1.0)  # not `wait`: a signal that comes while it takes its lock would wait for itself
        application.scheduler.stop()
        _end(application)


def _end(application: Application) -> NoReturn:
    """All is done and committed. The interpreter is not taken down part by part: once that was seen to hang, with no
    Python frame left, in a node that was stopped under load on PostgreSQL (Python 3.11, psycopg 3.3, its own libpq).

    The cause is not known. Some two hundred ends under such load went well without this, sixty of them with
    `--finish 0`, since the scheduler no longer waits for itself. What speaks for it all the same: a request that lasts
    longer than `--finish` is then still at work in a daemon thread of waitress, and Python ends such a thread wherever
    it is, be it in foreign code that holds a lock.
    """
    telemetry.end()
    application.store.dispose()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _say_events(config: Config) -> None:
    logs.configure(config.logs.form, error_texts=config.logs.error_texts)


def shown(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1") else host  # noqa: S104 - shown, not listened on
