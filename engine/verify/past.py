"""One pass over the history of a case: is the chain whole, and what does it say happened."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from engine import history
from engine.process import OUTWARD

MOVES = frozenset({"case.raised", "case.returned", "case.downgraded", "case.moved", "case.reopened"})


class Past:
    """What the entries of one case add up to. Memory grows with its tasks and visits, not with its entries."""

    def __init__(self, case_id: int) -> None:
        self.case_id = case_id
        self.seq = 0
        self.hash = ""
        self.replayed: dict[str, Any] = {}
        self.filed_at_seq: list[int] = []
        self.ends: list[tuple[int, str]] = []
        """Closings and reopenings, in order."""
        self.outward: dict[int, str] = {}
        self.moves: dict[int, list[tuple[int, str, dict[str, Any]]]] = {}
        """By the number of the visit that began: (seq, act, facts)."""
        self.completed: dict[int, list[tuple[int, str]]] = {}
        """By task: (seq, hash of the answers)."""
        self.papers: dict[int, str] = {}
        """By document: the hash of its content as it was added."""
        self.hidden: set[int] = set()
        self.breached: Counter[tuple[Any, ...]] = Counter()
        self.breached_at: dict[tuple[Any, ...], int] = {}

    def read(self, entries: Iterable[Any]) -> Iterator[tuple[int, str]]:
        """Takes in the entries by number and tells each fault of the chain as (number, sentence)."""
        for entry in entries:
            try:
                facts, after = json.loads(entry.facts), json.loads(entry.after)
            except (TypeError, ValueError):
                yield entry.seq, "the entry holds no readable facts"
                facts, after = {}, {}
            yield from self._chain(entry, facts, after)
            self.seq, self.hash = entry.seq, entry.hash
            if isinstance(facts, dict) and isinstance(after, dict):
                self._note(entry.seq, entry.act, facts, after)

    def _chain(self, entry: Any, facts: Any, after: Any) -> Iterator[tuple[int, str]]:
        if entry.seq != self.seq + 1:
            yield entry.seq, f"entry {self.seq + 1} is missing"
        if entry.previous_hash != self.hash:
            yield entry.seq, "the hash before it is not the hash of the entry before it"
        row = {
            "case_id": self.case_id,
            "seq": entry.seq,
            "at": entry.at,
            "actor_id": entry.actor_id,
            "act": entry.act,
            "facts": facts,
            "after": after,
            "previous_hash": entry.previous_hash,
        }
        if history.digest(row) != entry.hash:
            yield entry.seq, "its hash is not that of what it says"

    def _note(self, seq: int, act: str, facts: dict[str, Any], after: dict[str, Any]) -> None:
        self.replayed.update(after)
        if act in OUTWARD:
            self.outward[seq] = act
        if act == "case.filed":
            self.filed_at_seq.append(seq)
        if act in ("case.closed", "case.reopened"):
            self.ends.append((seq, act))
        if act in MOVES:
            self.moves.setdefault(int(facts.get("visit") or 0), []).append((seq, act, facts))
        elif act == "task.completed":
            self.completed.setdefault(int(facts.get("task") or 0), []).append((seq, str(facts.get("answers"))))
        elif act == "document.added":
            self.papers[int(facts.get("document") or 0)] = str(facts.get("sha256"))
        elif act == "document.hidden":
            self.hidden.add(int(facts.get("document") or 0))
        elif act == "clock.breached":
            key = facts.get("step"), facts.get("tier"), facts.get("due_at")
            self.breached[key] += 1
            self.breached_at[key] = seq
