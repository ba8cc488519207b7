"""Events out: who outside subscribed to what, the thin messages they get, and the pages to manage that.

A subscription is a receiver of `engine.deliveries` with the kinds of events and the unit it follows. `post` turns each
message of the outbox into deliveries in the transaction that claims it; sending, trying again and the log are theirs.
"""

from webhooks.outbound.background import jobs
from webhooks.outbound.demonstration import follow
from webhooks.outbound.keeping import Wanted, make
from webhooks.outbound.model import Subscription
from webhooks.outbound.post import post

__all__ = ["Subscription", "Wanted", "follow", "jobs", "make", "post"]
