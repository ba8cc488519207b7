"""What leaves by HTTP, one row each: queued with the act, sent in the background, tried again, logged.

A *receiver* is an address with its health; a *delivery* is one message for one receiver, under a key that stays the
same on every try. Whoever has something to send makes its receiver once (`receiver`) and queues in the transaction of
the act (`enqueue`); a second time under the same key is harmless. Everything else happens here:

- A receiver is served by one thread of one node at a time, in order; twenty that hang do not delay a healthy one.
- What fails is tried on the schedule of Standard Webhooks (`schedule.TRIES`, three days), then given up and shown.
- A receiver that fails five times in a row rests, up to half an hour; when it answers again all that waited follows.
- 410 ends it until a person resumes it; Retry-After is honoured. While it is paused, what comes is kept for it.
- While the outbox is held (after a restore), nothing is sent.

A crash between sending and marking sends again under the same key.
"""

from engine.deliveries.enqueue import NEXT_DUE, Letter, enqueue, receiver
from engine.deliveries.keeping import (
    count_failed,
    count_waiting,
    end_old_key,
    forget,
    forget_old,
    pause,
    redeliver,
    redeliver_failed,
    resume,
    rotate_key,
)
from engine.deliveries.keys import new_key, secret_text
from engine.deliveries.log import Entry, Health, attempts_of, deliveries_of, get_delivery, health_of, in_trouble
from engine.deliveries.model import Attempt, Delivery, DeliveryState, Receiver, ReceiverState
from engine.deliveries.sending import Courier, Sent
from engine.deliveries.worker import Worker, send_now

__all__ = [
    "NEXT_DUE",
    "Attempt",
    "Courier",
    "Delivery",
    "DeliveryState",
    "Entry",
    "Health",
    "Letter",
    "Receiver",
    "ReceiverState",
    "Sent",
    "Worker",
    "attempts_of",
    "count_failed",
    "count_waiting",
    "deliveries_of",
    "end_old_key",
    "enqueue",
    "forget",
    "forget_old",
    "get_delivery",
    "health_of",
    "in_trouble",
    "new_key",
    "pause",
    "receiver",
    "redeliver",
    "redeliver_failed",
    "resume",
    "rotate_key",
    "secret_text",
    "send_now",
]
