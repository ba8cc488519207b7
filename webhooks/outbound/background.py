"""What the scheduler does for receivers: sending what is due, and forgetting what was done with long ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from engine import deliveries
from engine.clock import Clock
from engine.deliveries import Courier, Worker
from engine.outward import Outward
from engine.process import World
from engine.scheduler import Job
from engine.store import Store


def jobs(store: Store, world: World, clock: Clock, *, given: Mapping[str, str] | None = None) -> Sequence[Job]:
    """`given` has the secrets of signed receivers that are named in a configuration, by their names."""
    config = world.config
    courier = Courier(
        Outward(config.outbound.inside), clock, root=config.server.secret_key.get_secret_value(), given=given
    )
    worker = Worker(store, clock, courier)

    def forget() -> int:
        with store.transaction() as session:
            return deliveries.forget_old(session, before=clock.now() - timedelta(days=config.outbound.keep_days))

    return (
        Job("deliveries", worker.tick, timedelta(seconds=1), stop=worker.stop, woken_by=deliveries.NEXT_DUE),
        Job("old-deliveries", forget, timedelta(hours=1), in_portions=True),
    )
