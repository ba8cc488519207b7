"""Reports in, events out: everything that arrives from or leaves for another system.

Three things reach the composition root: the pages and doors, what is written down for each message of the outbox,
and the jobs that send it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from engine import outbox
from engine.clock import Clock
from engine.config import Config
from engine.errors import Invalid
from engine.process import World
from engine.scheduler import Job
from engine.store import Store
from webhooks import inbound, mailbox, open311, outbound

if TYPE_CHECKING:
    from flask import Blueprint


def must_be_sound(config: Config) -> None:
    """Raises Invalid `config.invalid` naming what no other system could be served by."""
    inbound.must_be_sound(config)


def must_be_ready(config: Config, environment: Mapping[str, str]) -> None:
    """Raises Invalid `config.unsafe` where the environment lacks a secret that a door needs. None is repeated."""
    missing = [*inbound.unready(config.inbound.sources, environment), *open311.unready(config.open311, environment)]
    if missing:
        lines = "\n".join(f"- {path}: {said}" for path, said in missing)
        raise Invalid("config.unsafe", f"Some doors have no secret to check signatures with:\n{lines}")


def pages() -> Sequence[Blueprint]:
    """All that answers a request. Imported late: commands without pages start faster."""
    from webhooks.inbound.doors import doors as inbound_doors
    from webhooks.inbound.pages import pages as inbound_pages
    from webhooks.mailbox.pages import pages as mailbox_pages
    from webhooks.open311.pages import pages as open311_pages
    from webhooks.outbound.pages import pages as outbound_pages

    return (inbound_doors, inbound_pages, mailbox_pages, open311_pages, outbound_pages)


def post(session: Session, parcels: Sequence[outbox.Parcel], world: World) -> None:
    """Writes down who outside is to hear of messages, in the transaction that claims them. Harmless a second time."""
    if parcels:
        case_ids, latest = {each.case_id for each in parcels}, max(each.created_at for each in parcels)
        inbound.wake(session, case_ids, now=latest)
        inbound.tell(session, world, case_ids, now=latest)
        outbound.post(session, parcels, public_url=world.config.server.public_url)


def jobs(store: Store, world: World, clock: Clock) -> Sequence[Job]:
    """What the scheduler does for other systems in the background."""
    settler = inbound.Settler(store, world, clock)
    return (
        Job("inbound", settler.run, timedelta(seconds=0.5)),
        Job("inbound-sweep", lambda: inbound.sweep(store, world, clock), timedelta(hours=1)),
        *mailbox.jobs(store, world, clock),
        Job(
            "inbound-followed",
            partial(inbound.tell_followed, store, world, clock),
            timedelta(seconds=10),
            in_portions=True,
        ),
        *outbound.jobs(store, world, clock, given=inbound.secrets_for(world.config)),
    )
