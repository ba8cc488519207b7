"""The large district of the benches is made of copies: each of them is a whole case, and can be worked on."""

from __future__ import annotations

import random
from datetime import timedelta

from bench import ground
from bench.filling import Filling
from engine import search, verify
from engine.clock import ManualClock
from engine.demo import copying
from engine.store import Store

WORDS = copying.Words(
    "抄来的标题", "抄来的内容。", None, "noise.social", [("applicant", "孙某", "person", "13800000000")]
)


def test_a_copy_is_whole_and_can_be_worked_on(each_store: Store, database_url: str) -> None:
    clock = ManualClock(ground.MONDAY)
    ground.settle_in(each_store)
    with ground.ground(database_url, clock=clock) as g:
        filed = [g.file(place=place) for place in ground.GRIDS[:3]]
        g.advance(filed[1], "t_handle")
        while g.open_tasks(filed[2]):
            g.complete(g.open_tasks(filed[2])[0].id)
        clock.advance(timedelta(days=3))
        g.app.scheduler.tick()
        with g.store.reading() as session:
            patterns = copying.read_patterns(session)
        last = {name: max((row["id"] for p in patterns for row in p.rows.get(name, ())), default=0) for name in NAMES}
        rows: dict[str, list[list[object]]] = {}
        elsewhere = copying.Elsewhere(ground.UNITS, 3, random.Random(1))
        ids = copying.Ids(dict(last))
        for number, pattern in enumerate(patterns):
            units = elsewhere.mapping(pattern, ground.GRIDS[3])
            assert units is not None
            assert units[pattern.case["place_id"]] == ground.GRIDS[3]
            later = timedelta(weeks=-10) if pattern.case["closed_at"] else timedelta()
            for name, row in copying.copy(
                pattern, ids, units=units, people=lambda old: old, words=WORDS, number=f"D-COPY-{number}",
                later=later, with_past=True,
            ):  # fmt: skip
                rows.setdefault(name, []).append(row)
        filling = Filling(g.store)
        for name, made in rows.items():
            filling.write(name, copying.NAMES[name], made)
        filling.end()
        assert search.fill_index(g.store) == 3
        assert verify.check(g.store, g.app.world, now=clock.now()) == []
        copies = range(last["case"] + 1, last["case"] + 4)
        (task,) = g.open_tasks(copies[1])
        assert task.unit_id.startswith("D.S.2")
        assert g.complete(task.id) is not None
        assert verify.check(g.store, g.app.world, now=clock.now()) == []


NAMES = tuple(name for name, columns in copying.NAMES.items() if "id" in columns)
