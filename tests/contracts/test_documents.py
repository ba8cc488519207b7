"""Documents of a case on both databases: each content once in sight, hidden and added anew, missing files found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import documents
from engine.config import DocumentsConfig
from engine.errors import Conflict, Invalid, NotFound
from engine.store import Store
from engine.territory import Unit
from tests.web import district as town

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_a_case_shows_each_content_once(each_store: Store, tmp_path: Path) -> None:
    limits = DocumentsConfig(folder=tmp_path, per_case=2)
    with each_store.transaction() as session:
        for unit, zh, en in town.UNITS[:5]:
            tier = town.TIERS[len(town.TIERS) - 1 - unit.count(".")]
            parent = unit.rpartition(".")[0] or None
            session.add(Unit(id=unit, parent_id=parent, tier=tier, seq=1, name_zh=zh, name_en=en))
            session.flush()
        case_id = town.add_case(session, now=NOW).id
    kept = documents.keep(limits, "a.txt", b"what was said")
    other = documents.keep(limits, "b.txt", b"what was meant")

    def add(what: documents.Kept = kept, *, signs: str | None = None, protected: bool = False) -> int:
        with each_store.transaction() as session:
            return documents.attach(
                session, case_id, what, limits=limits, actor_id=None, now=NOW, signs=signs, protected=protected
            ).id

    first = add()
    assert add() == first
    assert add(protected=True) == first  # the stricter wish counts
    signature = add(signs="0" * 64)
    assert (signature != first, add(signs="0" * 64)) == (True, signature)
    with pytest.raises(Conflict, match="at most 2"):
        add(other)
    with each_store.reading() as session:
        assert [each.id for each in documents.of_case(session, case_id, identity_shown=False)] == [signature]
        with pytest.raises(NotFound):
            documents.see(session, case_id, first, identity_shown=False)
        assert documents.see(session, case_id, first, identity_shown=True).name == "a.txt"
    with each_store.transaction() as session, pytest.raises(Conflict, match="stays"):
        documents.hide(session, case_id, signature, "wrong", actor_id=1, now=NOW)
    with each_store.transaction() as session, pytest.raises(Invalid):
        documents.hide(session, case_id, first, "  ", actor_id=1, now=NOW)
    path = tmp_path / kept.sha256[:2] / kept.sha256
    path.unlink()
    with each_store.reading() as session:
        known = documents.named(session, kept.sha256[0])
    assert list(documents.sweep(limits, kept.sha256[0], known, now=NOW)) == [("missing", path)]
