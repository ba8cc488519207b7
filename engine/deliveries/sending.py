"""One try: signed where it is to be, called by the guarded client, told as it went. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.clock import Clock
from engine.deliveries.keys import given_secret, secrets_of, signature
from engine.deliveries.model import Receiver
from engine.outward import Line, Outward, Refused, Unreached

KEPT_OF_ANSWER = 1000
NO_SECRET = "deliveries.secret"  # noqa: S105 - a code


@dataclass(frozen=True, slots=True)
class Item:
    """A delivery as it is carried. `attempts` so far."""

    id: int
    key: str
    body: str
    content_type: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Sent:
    """How a try went. Either `status` or `trouble`."""

    item: Item
    at: datetime
    ms: int
    status: int | None = None
    trouble: str | None = None
    answer: str = ""
    retry_after: str | None = None

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def said(self) -> str:
        """Why it failed: a code, or `http.503`."""
        return self.trouble or f"http.{self.status}"


class Courier:
    """`root` is the installation's own secret; `given` has the secrets of receivers named in a configuration."""

    def __init__(self, outward: Outward, clock: Clock, *, root: str, given: Mapping[str, str] | None = None) -> None:
        self._outward = outward
        self._clock = clock
        self._root = root
        self._given = {name: given_secret(text) for name, text in (given or {}).items()}

    def carry(self, receiver: Receiver, item: Item, line: Line | None = None) -> Sent:
        """Never raises for what the other side does. `line` serves several deliveries to one receiver."""
        now = self._clock.now()
        headers = {"Content-Type": item.content_type}
        body = item.body.encode()
        if receiver.signed:
            secrets = self._secrets(receiver, now)
            if not secrets:
                return Sent(item, now, 0, trouble=NO_SECRET)
            timestamp = int(now.timestamp())
            headers["webhook-id"] = item.key
            headers["webhook-timestamp"] = str(timestamp)
            headers["webhook-signature"] = signature(item.key, timestamp, body, secrets)
        try:
            answer = self._outward.send(receiver.url, body, headers, line=line)
        except Refused as refusal:
            return Sent(item, now, 0, trouble=refusal.code)
        except Unreached as refusal:
            return Sent(item, now, int(refusal.facts.get("ms", 0)), trouble=refusal.code)
        text = answer.body.replace("\x00", "\ufffd")  # PostgreSQL keeps no NUL
        return Sent(item, now, answer.ms, answer.status, None, text[:KEPT_OF_ANSWER], answer.retry_after)

    def _secrets(self, receiver: Receiver, now: datetime) -> Sequence[bytes]:
        if receiver.name in self._given:
            return [self._given[receiver.name]]
        return secrets_of(self._root, receiver.keys, now=now)
