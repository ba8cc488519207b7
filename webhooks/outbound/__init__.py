"""Events out: who outside subscribed to what, the thin messages they get, and the pages to manage that."""

from webhooks.outbound.model import Subscription

__all__ = ["Subscription"]
