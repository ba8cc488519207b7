"""No statement about deliveries reads the whole log, however much was delivered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import event, insert, text

from engine import deliveries
from engine.clock import ManualClock
from engine.deliveries import Attempt, Courier, Delivery, Letter, Worker
from engine.outward import Answer, Outward
from engine.store import Store, table_of

MANY = 4000
READS_ALL = re.compile(
    r"seq scan on delivery|^scan delivery\w*$|^scan delivery\w* (?!using)", re.IGNORECASE | re.MULTILINE
)


class Nobody(Outward):
    def send(self, *_given: Any, **_more: Any) -> Answer:
        return Answer(500, "", 1)


def test_no_statement_reads_the_whole_log(each_store: Store, clock: ManualClock) -> None:
    now = clock.now()
    with each_store.transaction() as session:
        to = deliveries.receiver(session, "a", url="https://a.example/", kind="channel", signed=False, now=now).id
        rows = [
            {"id": number, "receiver_id": to, "key": f"k{number}", "kind": "case.filed", "body": "{}",
             "content_type": "a", "state": "delivered", "created_at": now, "next_at": now, "attempts": 1,
             "done_at": now + timedelta(seconds=number)}
            for number in range(1, MANY)
        ]  # fmt: skip
        session.execute(insert(table_of(Delivery)), rows)
        tries = [{"delivery_id": n, "at": now, "ms": 1, "status": 200, "answer": ""} for n in range(1, MANY)]
        session.execute(insert(table_of(Attempt)), tries)
        deliveries.enqueue(session, [Letter(to, "new", "case.filed", "{}", now)])
    with each_store.transaction() as session:
        session.execute(text("ANALYZE"))
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if "delivery" in statement and not many and statement.lower().startswith(("select", "update", "delete")):
            asked.append((statement, parameters))

    with each_store.transaction() as session:
        engines = {each_store.engine, session.get_bind()}  # SQLite writes through one of its own
    for each in engines:
        event.listen(each, "before_cursor_execute", note)
    try:
        Worker(each_store, clock, Courier(Nobody(), clock, root="")).work()
        with each_store.transaction() as session:
            deliveries.health_of(session, [to])
            deliveries.in_trouble(session)
            deliveries.count_failed(session)
            deliveries.count_waiting(session)
            deliveries.deliveries_of(session, to)
            deliveries.deliveries_of(session, to, state="failed")
            deliveries.resume(session, to, now=now)
            deliveries.redeliver_failed(session, to, now=now)
            deliveries.forget_old(session, before=now + timedelta(seconds=20))
    finally:
        for each in engines:
            event.remove(each, "before_cursor_execute", note)
    assert len(asked) > 10
    explain = "EXPLAIN QUERY PLAN " if each_store.dialect == "sqlite" else "EXPLAIN "
    bad = []
    with each_store.engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(explain + statement, parameters).all()
            told = "\n".join(str(row[-1]) for row in plan)
            bad += [f"{statement}\n{told}"] if READS_ALL.search(told) else []
    assert not bad, "\n\n".join(bad)
