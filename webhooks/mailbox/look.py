"""Looking into the boxes, as the scheduler has it done: read, file, mark. What goes wrong with one mail stops no other.

A mail is settled in its box only after the transaction that filed it. What dies in between looks at it again and finds
it filed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.errors import Refusal, Unavailable
from engine.process import World
from engine.store import Store
from webhooks.mailbox import drop, imap
from webhooks.mailbox.filing import Arrival, note_sender, outcome_of, papers_of, refuse, take
from webhooks.mailbox.letter import Letter, Unreadable, key_of, read
from webhooks.mailbox.model import Outcome
from webhooks.mailbox.rows import note_look

OLDEST = timedelta(days=30)
"""Time limits count from when a box took a mail: one that lay there longer would be overdue as soon as it is filed."""
MOST = 50
"""Mails in one look; the next one goes on."""

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[\x21-\x7e]{1,180}>)", re.IGNORECASE | re.MULTILINE)

log = structlog.get_logger("mailbox")


def _called(head: bytes, number: str) -> str:
    """By what a mail is found again in its box: its Message-ID, else the number it has now."""
    found = _MESSAGE_ID.search(head[:65_536])
    return found[1].decode("ascii") if found else f"UID {number}"


class Mailbox:
    """The boxes of one installation. Any number of nodes may look at once: a mail is claimed in the database."""

    def __init__(self, store: Store, world: World, clock: Clock) -> None:
        self.store = store
        self.world = world
        self.clock = clock

    def look(self) -> int:
        """Looks into every box that is configured; gives how many mails it settled. Harmless twice or late."""
        config = self.world.config.mailbox
        done = 0
        if config.host:
            done += self._noted("imap", self._read_box)
        if config.drop is not None:
            done += self._noted("drop", self._read_drop)
        return done

    def _noted(self, came_by: str, reading: Callable[[], int]) -> int:
        """Writes down what was in the way, for the operator's page."""
        trouble, done = "", 0
        try:
            done = reading()
        except (imap.BoxTrouble, OSError) as fault:
            trouble = f"{fault}"[:400] or type(fault).__name__
            log.warning("mailbox.trouble", box=came_by, said=trouble)
        except Unavailable as refusal:
            trouble = refusal.sentence[:400]
            log.warning("mailbox.trouble", box=came_by, said=refusal.code)
        with self.store.transaction() as session:
            note_look(session, came_by, trouble, now=self.clock.now())
        return done

    def _read_box(self) -> int:
        config = self.world.config.mailbox
        done = 0
        with imap.opened(config) as box:
            for number in box.unread(MOST):
                weighed = box.weigh(number)
                if weighed is None:
                    continue
                size, came = weighed
                if size > config.max_bytes:
                    raw, head = b"", box.head(number)
                    key = hashlib.sha256(b"%d\n" % size + head).hexdigest()
                else:
                    raw = head = box.content(number)
                    key = key_of(raw)
                outcome = self._settle(raw, Arrival(key, "imap", _called(head, number), size, came))
                if outcome is Outcome.REFUSED:
                    box.put_aside(number)
                else:
                    box.settle(number)
                done += 1
        return done

    def _read_drop(self) -> int:
        config = self.world.config.mailbox
        assert config.drop is not None
        done = 0
        for path in drop.waiting(config.drop, MOST):
            try:
                size = path.stat().st_size
                raw = path.read_bytes() if size <= config.max_bytes else b""
            except FileNotFoundError:
                continue
            key = key_of(raw) if raw else hashlib.sha256(f"{path.name}\n{size}".encode("utf-8", "replace")).hexdigest()
            outcome = self._settle(raw, Arrival(key, "drop", drop.name_of(path, key), size, self.clock.now()))
            drop.put(path, outcome, key)
            done += 1
        return done

    def _settle(self, raw: bytes, arrival: Arrival) -> Outcome:
        """What becomes of one mail. Raises Unavailable when the database cannot say: it is looked at again."""
        now = self.clock.now()
        with self.store.reading() as session:
            known = outcome_of(session, arrival.key)
        if known not in (None, Outcome.REFUSED):
            return known
        letter: Letter | None = None
        try:
            letter = self._letter(raw, arrival)
            return self._taken(letter, arrival, now)
        except Unreadable as fault:
            why = fault.why
        except Refusal as refusal:
            if isinstance(refusal, Unavailable) and refusal.code != "mail.too_many":
                raise
            log.warning("mail.refused", mail=arrival.key[:16], code=refusal.code)
            why = refusal.code
        except Exception as fault:
            log.error("mail.failed", mail=arrival.key[:16], error=type(fault).__name__, exc_info=True)
            why = "fault"
        with self.store.transaction() as session:
            return refuse(session, arrival, why, letter=letter, now=now)

    def _letter(self, raw: bytes, arrival: Arrival) -> Letter:
        if self.clock.now() - arrival.received_at > OLDEST:
            raise Unreadable("old")
        if arrival.size_bytes > self.world.config.mailbox.max_bytes:
            raise Unreadable("large")
        ours = {self.world.config.mailbox.user.lower(), self.world.config.notify.smtp.sender.lower()}
        return read(raw, ours=frozenset(each for each in ours if "@" in each))

    def _taken(self, letter: Letter, arrival: Arrival, now: datetime) -> Outcome:
        if not letter.machine:
            with self.store.transaction() as session:
                note_sender(session, letter, now=now)
        papers, refused = papers_of(self.world, letter) if not letter.machine else ([], [])

        def act(session: Session) -> Outcome:
            return take(session, self.world, letter, arrival, papers, refused, now=now)

        return self.store.run(act)
