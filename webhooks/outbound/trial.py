"""A trial of a receiver, sent within the request that asks for it, between two transactions."""

from __future__ import annotations

import secrets

from engine import deliveries
from engine.deliveries import Courier, Sent
from engine.outward import Outward
from engine.web.context import edge, looking, now, world
from webhooks.outbound import keeping
from webhooks.outbound.event import CONTENT_TYPE, ping_of
from webhooks.outbound.kinds import PING


def send_trial(subscription_id: int) -> Sent:
    """Raises NotFound."""
    with looking() as session:
        receiver_id = keeping.get(session, subscription_id).receiver.id
    key = f"msg_{secrets.token_hex(16)}"
    courier = Courier(Outward(world().config.outbound.inside), edge().clock, root=root_secret())
    body = ping_of(key, now=now(), public_url=world().config.server.public_url)
    return deliveries.send_now(
        edge().store, courier, receiver_id, key=key, kind=PING, body=body, content_type=CONTENT_TYPE, now=now()
    )


def root_secret() -> str:
    """What the secrets of all receivers are derived from, together with a salt of their own."""
    return world().config.server.secret_key.get_secret_value()
