"""The way from one release to another, for one instance after the other: what changes in it, or why it stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from engine import runtime, tasks
from engine.deadlines import DeadlineState
from engine.deploy import LoadedRelease
from engine.errors import NotFound, Refusal, Unavailable
from engine.process.model import Instance
from engine.process.push import Push
from engine.process.settle import names_of, unit_for
from engine.runtime import Obstacle, WaitingTask
from engine.tasks import Form, Task
from engine.vocabulary import WORDS

log = structlog.get_logger("migration")

OBSTACLES: Mapping[str, str] = {
    **runtime.OBSTACLES,
    "clock.stopped": "a clock that stands still would be lost",
    "form.other": "somebody has begun on its form, which is another one there",
    "instance.ended": "it has ended",
    "instance.elsewhere": "it runs on another release already",
    "instance.not_begun": "a fault has kept it from beginning",
    "rows.differ": "its tasks and clocks are not what its saved state says",
    "moved.since": "it has gone on since",
}
"""Everything that can keep an instance where it is, in words for the command line."""


@dataclass(frozen=True, slots=True)
class Crossed:
    """The instance in the new release: its state, and by token the fields of tasks and clocks that differ there."""

    state: bytes
    withdrawn: Collection[str]
    """Tokens of clocks that end."""
    began: Sequence[runtime.WaitingTimer]
    tasks: Mapping[str, Mapping[str, Any]]
    clocks: Mapping[str, Mapping[str, Any]]
    elements: tuple[Sequence[str], Sequence[str]]
    """The elements whose watchers end and begin, for the history."""


@dataclass(slots=True)
class Crossing:
    """From `old` to `new`. Forms are compared once, and states of one shape judged once for all crossings."""

    old: LoadedRelease
    new: LoadedRelease
    _forms: dict[tuple[str, str | None, str | None], bool] = field(default_factory=dict)

    def cross(
        self, push: Push, open_tasks: Mapping[str, Task], begun_on: Collection[int], clocks: Mapping[str, str]
    ) -> Crossed | Obstacle:
        """Changes nothing. `begun_on` are the ids of tasks with a draft, `clocks` the states of live clocks by token.

        The first obstacle, when there are several. An instance nobody can make sense of is an obstacle too: it must not
        hold up the others.
        """
        try:
            return self._cross(push, open_tasks, begun_on, clocks)
        except (SQLAlchemyError, Unavailable):
            raise
        except _Kept as kept:
            return kept.obstacle
        except Refusal as refusal:
            return Obstacle("fact.unknown", str(refusal.facts.get("element", "")))
        except Exception:  # whatever a broken state or row makes us stumble over
            log.exception("instance.cannot_go", instance=push.instance.id, release=self.new.id)
            return Obstacle("state.broken")

    def _cross(
        self, push: Push, open_tasks: Mapping[str, Task], begun_on: Collection[int], clocks: Mapping[str, str]
    ) -> Crossed | Obstacle:
        standing = _standing(push.instance, self.old.id)
        if standing is not None:
            return standing
        state = push.instance.state
        taken = runtime.transplant(
            self.old.package,
            state,
            self.new.package,
            push.host(),
            _verdicts(self.old.package, self.new.package),
            self._sources,
        )
        if taken.obstacles:
            return taken.obstacles[0]
        was, becomes = runtime.inspect(self.old.package, state), runtime.inspect(self.new.package, taken.state)
        before = {timer.token: timer for timer in was.timers}
        after = {timer.token: timer for timer in becomes.timers}
        if clocks.keys() != before.keys() or open_tasks.keys() != {task.token for task in was.tasks}:
            return Obstacle("rows.differ")
        gone = before.keys() - after.keys()
        for token in sorted(gone):
            if clocks[token] == DeadlineState.PAUSED:
                return Obstacle("clock.stopped", before[token].element)
        changed = dict(self._tasks(push, was.tasks, becomes.tasks, open_tasks, begun_on))
        other = {
            token: {"interrupting": timer.interrupting}
            for token, timer in after.items()
            if token in before and before[token].interrupting != timer.interrupting
        }
        began = [timer for token, timer in after.items() if token not in before]
        return Crossed(taken.state, gone, began, changed, other, (taken.withdrawn, taken.added))

    @property
    def _sources(self) -> runtime.Sources:
        """What the new release's forms and the engine's services give to a diagram."""

        def form(process: str, key: str) -> Collection[str]:
            found = _form(self.new, process, key)[1]
            return () if found is None else found.variables({})

        def service(name: str) -> Collection[str]:
            known = WORDS.services.get(name)
            return () if known is None else known.gives

        return runtime.Sources(form, service)

    def _tasks(
        self,
        push: Push,
        was: Sequence[WaitingTask],
        becomes: Sequence[WaitingTask],
        rows: Mapping[str, Task],
        begun_on: Collection[int],
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for before, after in zip(was, becomes, strict=True):
            row = rows[after.token]
            in_hand = row.claimed_by is not None or row.id in begun_on
            if in_hand and not self._same_form(before.process, before.form, after.form):
                raise _Kept(Obstacle("form.other", after.element, after.name))
            wanted: dict[str, Any] = {}
            if (before.name, before.properties) != (after.name, after.properties):
                wanted["name_zh"], wanted["name_en"] = names_of(after)
            if before.form != after.form:
                wanted["form"] = after.form
            if before.roles != after.roles:
                wanted["roles"] = tasks.pack_roles(after.roles or ("lead",))
            words = [each.properties.get("unit", "holder") for each in (before, after)]
            if row.claimed_by is None and (words[0] != words[1] or "roles" in wanted):
                asked, _person = tasks.split_invitee(unit_for(push, words[1]))
                near = push.world.nearest_staffed(push.session, asked, after.roles or ("lead",), push.wall)
                wanted["unit_id"] = near or asked
            if wanted:
                yield after.token, wanted

    def _same_form(self, process: str, before: str | None, after: str | None) -> bool:
        key = process, before, after
        if key not in self._forms:
            self._forms[key] = _form(self.old, process, before) == _form(self.new, process, after)
        return self._forms[key]


@lru_cache(maxsize=4)
def _verdicts(_old: runtime.Package, _new: runtime.Package) -> runtime.Verdicts:
    """What is known of states between two packages, from one chunk to the next."""
    return {}


class _Kept(Exception):
    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.code)
        self.obstacle = obstacle


def _standing(instance: Instance, from_id: int) -> Obstacle | None:
    if instance.ended_at is not None:
        return Obstacle("instance.ended")
    if instance.release_id != from_id:
        return Obstacle("instance.elsewhere")
    return Obstacle("instance.not_begun") if instance.begins_with is not None else None


def _form(release: LoadedRelease, process: str, key: str | None) -> tuple[str, Form | None]:
    if key is None:
        return "", None
    try:
        return key, release.form(process, key)
    except NotFound:
        return key, None
