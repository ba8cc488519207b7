"""serve and work: the two ways to run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from engine.cli.output import database, refusals
from engine.cli.starting import configured, fill_demo, prepared
from engine.config import refuse_unsafe


@click.command()
@click.option("--host", help="Listen on this address instead of the configured one.")
@click.option("--port", type=int, help="Listen on this port instead of the configured one.")
@click.option("--demo", is_flag=True, help="Demo mode: fill an empty database with a lively district first.")
@click.option("--no-scheduler", is_flag=True, help="Only pages; `maplebridge work` ticks elsewhere.")
@click.option("--threads", default=8, show_default=True, help="Requests answered at the same time.")
@database
@click.pass_obj
def serve(
    config_file: Path | None,
    host: str | None,
    port: int | None,
    demo: bool,
    no_scheduler: bool,
    threads: int,
    database: str | None,
) -> None:
    """Serve the pages and the JSON API, and fire what is due."""
    import waitress

    with refusals():
        config = configured(config_file, database, demo=demo)
        refuse_unsafe(config)
        application = prepared(config)
        if config.demo:
            fill_demo(application)
        server = waitress.create_server(
            application.web(),
            host=host or config.server.host,
            port=config.server.port if port is None else port,
            threads=threads,
        )
        address = f"http://{shown(server.effective_host)}:{server.effective_port}/"
        with until_told():
            if not no_scheduler:
                application.scheduler.start()
            click.echo(f"Maplebridge serves at {address}", err=True)
            if config.demo:
                click.echo("Demo mode: choose one of the demo people on the sign-in page.", err=True)
            server.run()
        server.close()
        application.scheduler.stop()


@click.command()
@database
@click.pass_obj
def work(config_file: Path | None, database: str | None) -> None:
    """Fire what is due, without pages; any number may run on one PostgreSQL."""
    with refusals():
        config = configured(config_file, database)
        refuse_unsafe(config)
        application = prepared(config)
        with until_told():
            application.scheduler.start()
            click.echo(f"Maplebridge works as {application.scheduler.name}", err=True)
            threading.Event().wait()
        application.scheduler.stop()


@contextmanager
def until_told() -> Iterator[None]:
    """What is done inside ends at SIGTERM or Ctrl-C. A second signal while it stops ends the process at once."""

    def stop(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with suppress(KeyboardInterrupt):
        yield


def shown(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1") else host  # noqa: S104 - shown, not listened on
