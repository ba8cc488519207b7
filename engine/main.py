"""The composition root: config → store, clock, world, web, scheduler. Nothing else builds these."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from sqlalchemy.orm import Session

import engine
import webhooks
from engine import inspections, logs, notify, outbox, telemetry
from engine.clock import Clock, SystemClock
from engine.config import Config, load_config, refuse_unsafe
from engine.deadlines import WorkingCalendar, YearTable, load_year_tables, packaged_year_tables, read_year_table
from engine.deliveries import Receiver
from engine.errors import Invalid
from engine.outward import Outward
from engine.people import Viewer
from engine.process import World
from engine.scheduler import Job, Scheduler
from engine.store import Store, must_be_migrated, open_store


@dataclass(frozen=True, slots=True)
class Application:
    """A running product without its web pages: what every command needs."""

    config: Config
    store: Store
    world: World
    clock: Clock
    scheduler: Scheduler

    def web(self, *, leaving: threading.Event | None = None) -> WSGIApplication:
        """The pages and the JSON API, which say that they leave once that is set.

        Imported late: commands without pages start faster.
        """
        from engine.web import create_app

        webhooks.must_be_ready(self.config, os.environ)
        return create_app(self.store, self.world, self.clock, beyond=webhooks.pages(), leaving=leaving)

    def follow(self, session: Session, unit_id: str, *, viewer: Viewer, now: datetime) -> Receiver:
        """Has a system that does not exist follow a demonstration."""
        root = self.config.server.secret_key.get_secret_value()
        return webhooks.outbound.follow(session, unit_id, root, viewer=viewer, now=now)

    def connect(self, session: Session, *, now: datetime) -> None:
        """Has a hotline and a mailbox that do not exist send reports to a demonstration."""
        webhooks.inbound.demonstrate(session, self.world, now=now)
        webhooks.mailbox.demonstrate(session, now=now)


def build(
    config: Config, *, clock: Clock | None = None, store: Store | None = None, durable: bool = True
) -> Application:
    """Puts the parts together. The database must exist and be migrated (`store.migrate`)."""
    store = store or open_store(config.database.url, durable=durable)
    clock = clock or SystemClock()
    inspections.catalogue(config.inspections)  # a fault in a file of the office's own is told now, not to an inspector
    webhooks.must_be_sound(config)
    with store.reading() as session:
        calendar = read_calendar(session, config)
    world = World(config, calendar)
    name = f"{socket.gethostname()}:{os.getpid()}"

    def refresh() -> None:
        """What other nodes may have changed: memberships and year tables."""
        world.forget_people()
        with store.reading() as session:
            world.calendar = read_calendar(session, config)

    def post(session: Session, parcels: Sequence[outbox.Parcel]) -> None:
        notify.post(session, parcels, tiers=world.tiers)
        notify.spread(session, parcels, calendar=world.calendar, now=clock.now())
        webhooks.post(session, parcels, world)

    tick = timedelta(seconds=config.scheduler.tick_seconds)
    courier = _courier(store, world, clock)
    jobs = (Job("messages", courier.work, tick, stop=courier.stop), *webhooks.jobs(store, world, clock))
    scheduler = Scheduler(store, world, clock, name=name, post=post, refresh=refresh, jobs=jobs)
    return Application(config, store, world, clock, scheduler)


def _courier(store: Store, world: World, clock: Clock) -> notify.Courier:
    """Who brings messages to people. Their words are of the pages, which are loaded when there is something to say."""

    @cache
    def words() -> notify.Teller:
        from engine.web import words_of_news

        return words_of_news(store, world, clock)

    def tell(session: Session, channel: notify.NoticeChannel, told: Sequence[notify.Told]) -> notify.Said:
        return words()(session, channel, told)

    config = world.config.notify
    ours = (urlsplit(base).hostname for base in (config.dingtalk, config.wecom, config.feishu))
    inside = world.config.outbound.inside
    return notify.Courier(
        store,
        clock,
        config,
        tell,
        robots=Outward((*inside, *(host for host in ours if host))),
        webhooks=Outward(inside),
    )


def served() -> WSGIApplication:
    """The pages for another WSGI server, `gunicorn 'engine.main:served()'`, configured as the command is; `maplebridge
    work` ticks beside it. Called in each of its processes: no connection is shared between them."""
    here = Path("config.yaml")
    config = load_config(here if here.exists() else None, os.environ)
    refuse_unsafe(config)
    logs.configure(config.logs.form, error_texts=config.logs.error_texts)
    store = open_store(config.database.url)
    must_be_migrated(store)
    application = build(config, store=store)
    telemetry.begin(config.telemetry, node=application.scheduler.name)
    pages = application.web()
    collect_rarely()
    return pages


def collect_rarely() -> None:
    """What is loaded by now stays, so the collector never looks through it again; and it looks through the rest seldom.

    Left to itself it has a page wait now and then for a full round, which finds nothing but caches.
    """
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)


def read_calendar(session: Session | None, config: Config) -> WorkingCalendar:
    """The working days: the shipped (or configured) year tables, overlaid with those an operator has loaded."""
    folder = config.calendar.year_tables
    paths = packaged_year_tables() if folder is None else sorted(Path(folder).glob("*.yaml"))
    tables = {table.year: table for table in load_year_tables(paths)}
    if session is not None:
        for row in session.query(YearTable).order_by(YearTable.year):
            tables[row.year] = read_year_table(row.text, f"the loaded table of {row.year}")
    if not tables:
        raise Invalid("calendar.empty", f"calendar.year_tables: there is no table of a year (2026.yaml) in {folder}.")
    return WorkingCalendar(
        tables=tuple(tables[year] for year in sorted(tables)),
        sessions=config.working_hours,
        tz=config.tz,
        weekend=config.calendar.weekend_days,
        roll_forward=config.calendar.roll_forward,
    )


def load_every_table() -> None:
    """For whoever copies a whole database: tables are known once their modules are loaded, wherever they stand."""
    for package in (engine, webhooks):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                importlib.import_module(found.name)
