"""Mail becomes cases: read from a mailbox by IMAP, or from a folder in which somebody lays `.eml` files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from engine.clock import Clock
from engine.process import World
from engine.scheduler import Job
from engine.store import Store
from webhooks.mailbox.demonstration import demonstrate
from webhooks.mailbox.look import Mailbox
from webhooks.mailbox.model import Mail, MailLook, Outcome

__all__ = ["Mail", "MailLook", "Mailbox", "Outcome", "demonstrate", "jobs"]


def jobs(store: Store, world: World, clock: Clock) -> Sequence[Job]:
    """Looking into the boxes, where any is configured."""
    config = world.config.mailbox
    if not config.is_read:
        return ()
    return (Job("mailbox", Mailbox(store, world, clock).look, timedelta(seconds=config.every_seconds)),)
