"""A proposal keeps what differs from its release, and lets nobody overwrite what they have not seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine import deploy, design
from engine.clock import ManualClock
from engine.errors import Conflict, Invalid, NotFound
from engine.people import Person
from engine.store import Store

FILES = {"small/small.bpmn": b"<small/>", "small/limits.yaml": b"handle: 2wd\n", "forms/handle.form": b"{}"}
LIMITS = "small/limits.yaml"


@pytest.fixture
def designers(each_store: Store, clock: ManualClock) -> tuple[int, int]:
    with each_store.transaction() as session:
        people = [Person(username=name, name_zh=name, name_en=name) for name in ("xu", "luo")]
        session.add_all(people)
        session.flush()
        release(session, FILES, clock)
        return people[0].id, people[1].id


def release(session: Session, files: dict[str, bytes], clock: ManualClock) -> int:
    return deploy.store_release(session, files, reason="r", actor_id=None, now=clock.now()).id


def begin(session: Session, author: int, clock: ManualClock) -> design.Proposal:
    return design.begin_proposal(session, "  更短的 时限 ", author_id=author, now=clock.now())


def test_a_proposal_is_its_release_with_its_own_files_over_it(
    each_store: Store, designers: tuple[int, int], clock: ManualClock
) -> None:
    with each_store.transaction() as session:
        proposal = begin(session, designers[0], clock)
        assert (proposal.title, design.files_of(session, proposal)) == ("更短的 时限", FILES)
        common: dict[str, Any] = {"actor_id": designers[0], "now": clock.now()}
        design.save_file(session, proposal.id, LIMITS, b"handle: 1wd\n", seen=0, **common)
        design.save_file(session, proposal.id, "small/forms/new.form", b"{}", seen=0, **common)
        design.remove_file(session, proposal.id, "forms/handle.form", seen=0, **common)
        assert design.files_of(session, proposal) == {
            "small/small.bpmn": b"<small/>",
            LIMITS: b"handle: 1wd\n",
            "small/forms/new.form": b"{}",
        }
        assert deploy.files_in_force(session) == FILES


def test_two_designers_on_one_file_get_a_clear_conflict(
    each_store: Store, designers: tuple[int, int], clock: ManualClock
) -> None:
    xu, luo = designers
    with each_store.transaction() as session:
        proposal_id = begin(session, xu, clock).id
        assert save(session, proposal_id, b"a", 0, xu, clock).revision == 1
        assert save(session, proposal_id, b"b", 1, luo, clock).revision == 2
        assert save(session, proposal_id, b"b", 0, xu, clock).revision == 2  # it is what it should become
        with pytest.raises(Conflict) as refused:
            save(session, proposal_id, b"c", 1, xu, clock)
    assert refused.value.code == "proposal.file_moved_on"
    assert (refused.value.facts["by"], refused.value.facts["revision"]) == (luo, 2)


def save(
    session: Session, proposal_id: int, content: bytes, seen: int, who: int, clock: ManualClock
) -> design.ProposalFile:
    return design.save_file(session, proposal_id, LIMITS, content, seen=seen, actor_id=who, now=clock.now())


@pytest.mark.parametrize(
    "path",
    ["../small.bpmn", "small.bpmn", "small/small.py", "/etc/limits.yaml", "small/other.yaml", "small/../x/limits.yaml",
     "small/forms/a.form/b", "small/forms/.form", "a b/limits.yaml", "small/limits.yaml\n", "x/y/z.bpmn"],
)  # fmt: skip
def test_a_file_has_its_place(path: str, each_store: Store, designers: tuple[int, int], clock: ManualClock) -> None:
    with each_store.transaction() as session:
        number = begin(session, designers[0], clock).id
        with pytest.raises(Invalid) as refused:
            design.save_file(session, number, path, b"", seen=0, actor_id=designers[0], now=clock.now())
    assert refused.value.code == "file.place"


def test_a_huge_file_is_refused(each_store: Store, designers: tuple[int, int], clock: ManualClock) -> None:
    with each_store.transaction() as session, pytest.raises(Invalid) as refused:
        save(session, begin(session, designers[0], clock).id, b" " * (design.MAX_BYTES + 1), 0, designers[0], clock)
    assert refused.value.code == "file.too_large"


def test_a_proposal_follows_a_newer_release_where_it_changed_nothing(
    each_store: Store, designers: tuple[int, int], clock: ManualClock
) -> None:
    with each_store.transaction() as session:
        proposal = begin(session, designers[0], clock)
        save(session, proposal.id, b"mine", 0, designers[0], clock)
        newer = {**FILES, "small/small.bpmn": b"<newer/>"}
        number = release(session, newer, clock)
        behind = design.stale(session, proposal)
        assert behind == design.Stale(number - 1, number, ("small/small.bpmn",), ())
        clock.advance(timedelta(minutes=1))
        assert design.adopt_release(session, proposal.id, actor_id=designers[0], now=clock.now()) == behind
        assert design.files_of(session, proposal) == {**newer, LIMITS: b"mine"}
        assert design.adopt_release(session, proposal.id, actor_id=designers[0], now=clock.now()) is None


def test_a_clash_is_decided_by_a_person(each_store: Store, designers: tuple[int, int], clock: ManualClock) -> None:
    with each_store.transaction() as session:
        proposal = begin(session, designers[0], clock)
        save(session, proposal.id, b"mine", 0, designers[0], clock)
        release(session, {**FILES, LIMITS: b"theirs"}, clock)
        with pytest.raises(Conflict) as refused:
            design.adopt_release(session, proposal.id, actor_id=designers[0], now=clock.now())
        assert refused.value.facts["paths"] == [LIMITS]
        design.adopt_release(session, proposal.id, keep_mine=[LIMITS], actor_id=designers[0], now=clock.now())
        assert design.files_of(session, proposal)[LIMITS] == b"mine"
        again = release(session, {**FILES, LIMITS: b"theirs again"}, clock)
        design.adopt_release(session, proposal.id, take_theirs=[LIMITS], actor_id=designers[0], now=clock.now())
        assert design.files_of(session, proposal) == deploy.files_of(session, again)
        with pytest.raises(Conflict):  # an editor that still has what was mine
            save(session, proposal.id, b"mine still", 1, designers[0], clock)


def test_what_is_given_up_is_not_changed_any_more(
    each_store: Store, designers: tuple[int, int], clock: ManualClock
) -> None:
    xu, luo = designers
    with each_store.transaction() as session:
        kept, dropped = begin(session, xu, clock), begin(session, luo, clock)
        design.drop_proposal(session, dropped.id, actor_id=xu, now=clock.now())
        design.drop_proposal(session, dropped.id, actor_id=luo, now=clock.now())
        assert (dropped.closed_by, [each.id for each in design.open_proposals(session)]) == (xu, [kept.id])
        for change in (
            lambda: save(session, dropped.id, b"x", 0, xu, clock),
            lambda: design.rename_proposal(session, dropped.id, "x", now=clock.now()),
            lambda: design.adopt_release(session, dropped.id, actor_id=luo, now=clock.now()),
        ):
            with pytest.raises(Conflict) as refused:
                change()
            assert refused.value.code == "proposal.closed"


def test_there_must_be_something_to_propose_a_change_of(each_store: Store, clock: ManualClock) -> None:
    with each_store.transaction() as session:
        session.add(Person(username="xu", name_zh="许", name_en="Xu"))
        session.flush()
        with pytest.raises(NotFound):
            begin(session, 1, clock)
        with pytest.raises(NotFound):
            design.get_proposal(session, 1)


@pytest.mark.parametrize("title", ["", "   ", "x" * 121])
def test_a_proposal_has_a_title(title: str, each_store: Store, designers: tuple[int, int], clock: ManualClock) -> None:
    with each_store.transaction() as session, pytest.raises(Invalid):
        design.begin_proposal(session, title, author_id=designers[0], now=clock.now())
