"""Faults to plant in a node, to show that the harness would notice them. Applied in a forked child, never undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Select

from bench.ground import Ground
from engine import deadlines, outbox, process, tasks
from engine.deadlines import Deadline
from engine.process import acts, settle
from engine.process.model import Instance
from engine.store import Store


def split_transaction(ground: Ground) -> None:
    """The state is committed before tasks and clocks are."""
    save = settle._save

    def saved(session: Session, *rest: Any) -> None:
        save(session, *rest)
        session.commit()

    settle._save = saved


def schedule_after_commit(ground: Ground) -> None:
    """Clocks are armed in a transaction of their own, after the act."""
    _put_off(ground, deadlines, "arm")


def outbox_after_commit(ground: Ground) -> None:
    """What must leave is written down after the act."""

    def later(session: Session, case: Any, topic: str, **more: Any) -> None:
        held = type("Held", (), {"id": case.id, "history_seq": case.history_seq})()
        session.info.setdefault("later", []).append((held, topic, more))

    put = outbox.put
    outbox.put = later

    def write(info: dict[Any, Any]) -> None:
        with _quiet(ground.store).transaction() as session:
            for held, topic, more in info.get("later", ()):
                put(session, held, topic, **more)

    ground.store.after_commit.append(write)


def delete_first(ground: Ground) -> None:
    """A clock is taken off the table before what it stands for is done, as job stores do it."""
    fire = acts.fire_deadline

    def fired(session: Session, world: Any, case: Any, deadline: Deadline, *, now: Any) -> None:
        session.execute(
            update(Deadline).where(Deadline.id == deadline.id).values(state="breached", closed_at=now, lateness_s=0.0)
        )
        session.commit()
        fire(session, world, case, deadline, now=now)

    process.fire_deadline = fired


def no_lock(ground: Ground) -> None:
    """No row is locked, no state is looked at again, and the revision is not compared."""
    Select.with_for_update = lambda self, **_: self  # type: ignore[method-assign]
    tasks.must_be_open = lambda task: None
    ground.store._queue = None
    ground.store._writers.configure(bind=ground.store.engine)

    def saved(session: Session, instance: Instance, advance: Any, now: Any) -> None:
        session.execute(
            update(Instance)
            .where(Instance.id == instance.id)
            .values(state=advance.state, revision=Instance.revision + 1, ended_at=now if advance.ended else None)
            .execution_options(synchronize_session=False)
        )
        session.expire(instance)

    settle._save = saved


def acknowledge_first(ground: Ground) -> None:
    """The client is answered before the commit."""
    from bench.prove import node

    complete_in = Ground.complete_in

    def answered(self: Ground, session: Session, task_id: int, **more: Any) -> Any:
        done = complete_in(self, session, task_id, **more)
        session.info["answered"] = task_id
        return done

    Ground.complete_in = answered  # type: ignore[method-assign]
    commit = Session.commit

    def committed(session: Session) -> None:
        if "answered" in session.info:
            node.acknowledge_now({"completed": session.info["answered"]})
        commit(session)

    Session.commit = committed  # type: ignore[method-assign]


def _put_off(ground: Ground, module: Any, name: str) -> None:
    act = getattr(module, name)

    def later(session: Session, rows: Any) -> None:
        session.info.setdefault(name, []).extend(rows)

    setattr(module, name, later)

    def write(info: dict[Any, Any]) -> None:
        if info.get(name):
            with _quiet(ground.store).transaction() as session:
                act(session, info[name])

    ground.store.after_commit.append(write)


def _quiet(store: Store) -> Store:
    """The same database without listeners."""
    return Store(store.engine)


FAULTS: Mapping[str, Callable[[Ground], None]] = {
    "split transaction": split_transaction,
    "schedule after commit": schedule_after_commit,
    "outbox after commit": outbox_after_commit,
    "delete first": delete_first,
    "no row lock": no_lock,
    "acknowledge first": acknowledge_first,
}
