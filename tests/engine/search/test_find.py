"""Finding cases on both databases: what is found, by whom, in which order, and what never is."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from engine.cases import Case, Party
from engine.deploy import Release
from engine.people import Viewer
from engine.search import Asked, CaseText, fill_index, find, found_in, index_case, newest, phrases_of
from engine.store import Store
from engine.tasks import visible_cases
from engine.territory import Unit
from tests.web import district as town

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
GRID, NEIGHBOUR, COMMUNITY = "LHQ.MZ.01.01.01", "LHQ.MZ.01.01.02", "LHQ.MZ.01"
STREET, OTHER_STREET, DISTRICT = "LHQ.MZ", "LHQ.GL", "LHQ"


def viewer(*memberships: tuple[str, str]) -> Viewer:
    return Viewer(1, "某", "Some", None, memberships)


LEAD = viewer((GRID, "lead"))
LEADER = viewer((DISTRICT, "leader"))


@pytest.fixture
def settled(each_store: Store) -> Store:
    """Units and a release: all that cases and tasks stand on."""
    with each_store.transaction() as session:
        for number, (unit, zh, en) in enumerate(town.UNITS):
            parent, tier = unit.rpartition(".")[0] or None, town.TIERS[5 - unit.count(".")]
            session.add(Unit(id=unit, parent_id=parent, tier=tier, seq=number, name_zh=zh, name_en=en))
            session.flush()
        session.add(Release(fingerprint="", published_at=NOW, reason="", changed=""))
    return each_store


def add(
    session: Session, title: str, place: str = GRID, *, party: str = "", protected: bool = False, **more: Any
) -> Case:
    case = town.add_case(session, now=NOW, title=title, place=place, **{"description": "详见附件。", **more})
    if party:
        session.add(Party(case_id=case.id, role="applicant", name=party, phone="13912345678", protected=protected))
        index_case(session, case)
    return case


def titles(session: Session, who: Viewer, asked: str, **more: Any) -> list[str]:
    return [hit.case.title for hit in find(session, who, Asked(asked, **more)).rows]


def test_a_case_is_found_by_everything_it_says(settled: Store) -> None:
    with settled.transaction() as session:
        case = add(
            session,
            "夜间装修噪音 Night Noise",
            description="楼上每晚十点后施工，持续三周。",
            demand="要求停止施工",
            address_text="3-2-501",
            external_no="GD-77812",
            party="欧阳修",
        )
        add(session, "别的事情")
    with settled.reading() as session:
        for asked in (
            case.number,
            case.number.lower(),
            case.number[:12],
            "噪音",
            "ｎｉｇｈｔ",
            "noise night",
            "装修 施工",
            "停止施工",
            "欧阳",
            "民治街道",
            "民治 和悦 噪音",
            "Heyue Community",
            "77812",
        ):
            assert "夜间装修噪音 Night Noise" in titles(session, LEADER, asked), asked
        for asked in (
            "噪音扰",
            "观澜",
            "欧阳询",
            "%",
            "_",
            "'",
            '"',
            "§open",
            "OR",
            "noise NOT night",
            "a:* | b",
        ):
            assert "夜间装修噪音 Night Noise" not in titles(session, LEADER, asked), asked


def test_the_newest_comes_first_and_an_exact_number_before_it(settled: Store) -> None:
    with settled.transaction() as session:
        first = add(session, "噪音 1")
        add(session, f"噪音 2 见 {first.number}")
        add(session, "噪音 3")
    with settled.reading() as session:
        assert titles(session, LEADER, "噪音") == ["噪音 3", f"噪音 2 见 {first.number}", "噪音 1"]
        assert titles(session, LEADER, first.number) == ["噪音 1", f"噪音 2 见 {first.number}"]


WHO = [
    viewer((GRID, "lead")),
    viewer((NEIGHBOUR, "handler")),
    viewer((COMMUNITY, "lead"), (OTHER_STREET, "liaison")),
    viewer((STREET, "dispatcher")),
    viewer((OTHER_STREET, "lead")),
    viewer((DISTRICT, "leader")),
    viewer((DISTRICT, "confidential_clerk")),
    viewer((DISTRICT, "operator")),
    viewer(),
]


def test_nobody_finds_what_they_may_not_see(settled: Store) -> None:
    """A search gives exactly the cases among those one may see; a confidential one is not even in the index."""
    places = ("LHQ.MZ.01.01.01.01", GRID, NEIGHBOUR, COMMUNITY, "LHQ.MZ.02", "LHQ.GL.01.01.01", OTHER_STREET, DISTRICT)
    with settled.transaction() as session:
        for place in places:
            add(session, f"噪音 {place}", place)
        add(session, "噪音 密", GRID, confidential=True)
        asked = add(session, "噪音 问", GRID)
        town.add_task(session, asked, now=NOW, unit="LHQ.GL.01.01.01", form=None, due=None)
        index_case(session, asked)
        about = add(session, "噪音 告", GRID)
        session.add(Party(case_id=about.id, role="respondent", name="本网格", type="org", unit_id=GRID))
    with settled.reading() as session:
        for who in WHO:
            seen = session.scalars(
                select(Case.title).where(visible_cases(who), ~Case.confidential).order_by(Case.id.desc())
            )
            assert titles(session, who, "噪音") == list(seen), who
            assert titles(session, who, "密") == [], who
        assert session.scalar(select(CaseText.case_id).join(Case).where(Case.confidential)) is None


def test_a_protected_name_is_found_by_those_only_whom_it_is_told(settled: Store) -> None:
    with settled.transaction() as session:
        add(session, "漏水", holder=STREET, party="司马光", protected=True, address_text="丁香花园五栋")
        for number in range(3):
            add(session, f"别的 {number}", holder=STREET, party="上官婉", protected=True)
        add(session, "停车", holder=STREET, party="司马懿", description="电话13912345678，证440300198503121238。")
    working, dispatching, looking = viewer((STREET, "lead")), viewer((STREET, "dispatcher")), viewer((GRID, "lead"))
    with settled.reading() as session:
        for who in (working, dispatching):
            assert titles(session, who, "司马") == ["漏水", "停车"]
            assert titles(session, who, "司马光 漏水") == ["漏水"]
            assert titles(session, who, "丁香花园") == ["漏水"]
            assert titles(session, who, "139 1234-5678")[::4] == ["停车", "漏水"]
        assert titles(session, looking, "司马") == ["停车"]
        assert titles(session, looking, "司马光") == []
        many = find(session, looking, Asked("上官婉"), most=1)
        assert (list(many.rows), many.next) == ([], None)
        assert titles(session, working, "上官婉") == ["别的 2", "别的 1", "别的 0"]
        assert titles(session, looking, "丁香花园") == []
        assert titles(session, looking, "13912345678") == []
        assert titles(session, looking, "漏水") == ["漏水"]
        index = str(session.execute(text("SELECT words FROM case_text")).all())
        assert "1391234" not in index
        assert "19850312" not in index


def test_filters_narrow_and_are_exact(settled: Store) -> None:
    with settled.transaction() as session:
        add(session, "噪音 一", category="noise.renovation", filed=timedelta(days=400))
        add(session, "噪音 二", category="noise.social", state="closed")
        add(session, "噪音 三", "LHQ.MZ.02", category="noises", filed=timedelta(days=40))
        add(session, "噪音 四", category="noise.social", filed=timedelta(days=40))
    with settled.reading() as session:

        def found(**more: Any) -> str:
            return "".join(title[-1] for title in titles(session, LEADER, "噪音", **more))

        assert found() == "四三二一"
        assert found(state="open") == "四三一"
        assert found(state="closed") == "二"
        assert found(category="noise") == "四二一"
        assert found(category="noise.social") == "四二"
        assert found(place_id=COMMUNITY) == "四二一"
        assert found(since=NOW - timedelta(days=50), until=NOW) == "四三二"
        assert found(since=NOW - timedelta(days=500), until=NOW - timedelta(days=40)) == "四三一"
        assert found(since=NOW - timedelta(days=400), until=NOW - timedelta(days=400)) == "一"


def test_pages_follow_each_other_without_gap_or_repeat(settled: Store) -> None:
    with settled.transaction() as session:
        for number in range(23):
            add(session, f"噪音 {number}", GRID if number % 3 else OTHER_STREET)
    with settled.reading() as session:
        for who, expected in ((LEADER, range(23)), (LEAD, [n for n in range(23) if n % 3])):
            told, before = [], None
            while True:
                page = find(session, who, Asked("噪音", before=before), most=5)
                told += [int(hit.case.title.split()[1]) for hit in page.rows]
                before = page.next
                if before is None:
                    break
            assert told == sorted(expected, reverse=True)


def test_a_search_goes_back_through_ever_larger_stretches(settled: Store) -> None:
    """Cases far apart are found all the same, and each once."""
    ids = [1, 2, 2047, 2048, 2049, 16_384, 20_000, 131_072, 400_000, 1_048_575, 1_048_576, 5_000_000, 40_000_000]
    with settled.transaction() as session:
        for id_ in ids:
            add(session, f"远近 {id_}", id=id_)
        add(session, "别的", id=50_000_000)
    with settled.reading() as session:
        assert [hit.case.id for hit in find(session, LEADER, Asked("远近")).rows] == ids[::-1]
        assert [hit.case.id for hit in find(session, LEAD, Asked("远近", before=131_073)).rows] == ids[:8][::-1]


def test_beginnings_of_words_and_periods_of_the_past_reach_as_far(settled: Store) -> None:
    """What is asked in another way of the newest stretch, and what lies above the end of a period."""
    ids = [1, 2048, 40_000, 400_000, 5_000_000, 40_000_000]
    with settled.transaction() as session:
        for id_ in ids:
            add(session, f"水管 leaking {id_}", id=id_, filed=timedelta(days=200))
            add(session, f"水管 leaking {id_} anew", id=id_ + 1, state="closed")
    old, new = [f"水管 leaking {id_}" for id_ in reversed(ids)], [f"水管 leaking {id_} anew" for id_ in reversed(ids)]
    past = {"since": NOW - timedelta(days=300), "until": NOW - timedelta(days=100)}
    with settled.reading() as session:
        for who in (LEADER, LEAD):
            for asked in ("水", "leak", "管 lea"):
                assert titles(session, who, asked, state="closed") == new, asked
                assert titles(session, who, asked, **past) == old, asked
                assert len(titles(session, who, asked, until=NOW)) == 2 * len(ids), asked
                assert titles(session, who, asked, before=40_000, **past) == old[-2:], asked
            closed, before = newest(session, who, Asked("", state="closed"), most=4)
            assert ([case.title for case in closed], before) == (new[:4], ids[2] + 1)


def test_a_period_of_the_past_holds_what_was_filed_late(settled: Store) -> None:
    """Whether much was received since, or nothing: the newest ids are then those of that time."""
    past = {"since": NOW - timedelta(days=800), "until": NOW - timedelta(days=400)}

    def found(session: Session) -> list[str]:
        return titles(session, LEADER, "漏水", **past) + titles(session, LEADER, "漏", **past)

    with settled.transaction() as session:
        add(session, "漏水 昔", id=10, filed=timedelta(days=500))
        add(session, "漏水 缓", id=20_000, received_at=NOW - timedelta(hours=9601), filed=timedelta(hours=9590))
        assert found(session) == 2 * ["漏水 缓", "漏水 昔"]
        add(session, "漏水 今", id=100_000, filed=timedelta(days=1))
        add(session, "漏水 迟", id=200_000, received_at=NOW - timedelta(days=600), filed=timedelta(days=0))
        assert found(session) == 2 * ["漏水 迟", "漏水 缓", "漏水 昔"]


def test_the_index_follows_the_life_of_a_case(settled: Store) -> None:
    """Filing, closing and asking a unit of elsewhere write the index in the same transaction; a rolled back one not."""
    with settled.transaction() as session:
        case = add(session, "噪音 生")
        case.state = "closed"
        index_case(session, case)
    with settled.reading() as session:
        assert titles(session, LEAD, "噪音", state="open") == []
        assert titles(session, LEAD, "噪音", state="closed") == ["噪音 生"]
    with pytest.raises(ZeroDivisionError), settled.transaction() as session:
        add(session, f"噪音 不算 {add(session, '噪音 也不').id // 0}")
    with settled.transaction() as session:
        row = session.get_one(Case, case.id)
        row.title = "改了题目"
        index_case(session, row)
    with settled.reading() as session:
        assert titles(session, LEAD, "噪音") == []
        assert titles(session, LEAD, "改了题目") == ["改了题目"]
    with settled.transaction() as session:
        row = session.get_one(Case, case.id)
        row.confidential = True
        index_case(session, row)
    with settled.reading() as session:
        assert session.get(CaseText, case.id) is None


BEGINNINGS = ["noi", "nz", "night noi", "噪", "noi 噪", "zz", "2026", "noise"]


@pytest.mark.parametrize("most", [0, 100])
def test_a_beginning_finds_the_same_whether_the_words_of_a_unit_are_few_or_too_many(
    settled: Store, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Of too many words a beginning stays one; of a few, each is asked for: what a look at each case finds, for all."""
    monkeypatch.setattr(importlib.import_module("engine.search.vocabulary"), "MOST", most)
    places = ("LHQ.MZ.01.01.01.01", GRID, NEIGHBOUR, "LHQ.MZ.02", "LHQ.GL.01.01.01", DISTRICT)
    with settled.transaction() as session:
        for number, place in enumerate(places):
            add(session, f"Night Noise{number} 噪音{number} {place}", place)
            add(session, f"nzb{number} 2026{number}", place, party=f"噪{number}")
        asked = add(session, "Noisy night, asked elsewhere 噪声", GRID)
        town.add_task(session, asked, now=NOW, unit="LHQ.GL.01.01.01", form=None, due=None)
        index_case(session, asked)
    with settled.reading() as session:
        parties = {party.case_id: party.name for party in session.scalars(select(Party))}
        for who in WHO:
            seen = session.scalars(select(Case).where(visible_cases(who)).order_by(Case.id.desc())).all()
            for words in BEGINNINGS:
                fits = [case.title for case in seen if _says(words, case.number, case.title, parties.get(case.id, ""))]
                assert titles(session, who, words) == fits, (who, words)


def _says(asked: str, *texts: str) -> bool:
    return all(any(found_in(text, [phrase]) for text in texts) for phrase in phrases_of(asked))


def test_the_migration_makes_the_words_of_units_that_are_kept_from_then_on(settled: Store) -> None:
    with settled.transaction() as session:
        for place in (GRID, "LHQ.GL.01.01.01", DISTRICT):
            asked = add(session, f"Night noise 噪音 {place}", place, party="欧阳", protected=place == GRID)
        town.add_task(session, asked, now=NOW, unit="LHQ.MZ.02", form=None, due=None)
        index_case(session, asked)
        kept = _words_of_units(session)
        session.execute(text("DROP TABLE unit_word"))
        made = importlib.import_module("engine.store.migrations.versions.0017_search_words")
        with Operations.context(MigrationContext.configure(session.connection())):
            made.upgrade()
        assert _words_of_units(session) == kept
    assert ("LHQ.MZ.02", "noise") in kept
    assert not any(word.startswith("¤") or "2026" in word for _unit, word in kept)


def _words_of_units(session: Session) -> set[tuple[str, str]]:
    return {(unit, word) for unit, word in session.execute(text("SELECT unit_id, word FROM unit_word"))}


def test_an_index_that_is_missing_is_filled(settled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("engine.search.index"), "AT_ONCE", 4)
    with settled.transaction() as session:
        for number in range(10):
            add(session, f"噪音 {number}")
        add(session, "噪音 密", confidential=True)
        session.execute(text("DELETE FROM case_text"))
    told: list[int] = []
    assert fill_index(settled, on_progress=told.append) == 10
    assert told == [4, 8, 10]
    assert fill_index(settled) == 0
    with settled.transaction() as session:
        session.execute(update(Case).values(title="新题"))
    assert fill_index(settled, anew=True) == 11
    with settled.reading() as session:
        assert titles(session, LEAD, "噪音") == []
        assert len(titles(session, LEAD, "新题")) == 10
