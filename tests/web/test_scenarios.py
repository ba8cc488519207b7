"""Scenarios of a proposal: how they go and what they reach, written with exact lines, recorded by going through."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from engine import deploy, design
from engine.clock import ManualClock
from engine.deploy import scenarios
from engine.web.design import scenario_words
from tests.web.district import BPMN, District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
PATH = "small/scenarios/settled.yaml"


@pytest.fixture
def number(district: District, clock: ManualClock) -> int:
    with district.store.transaction() as session:
        return design.begin_proposal(session, "试", author_id=district.people["designer"], now=clock.now()).id


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return html.unescape(found[1])


class Player:
    """Goes through a process as the page does without a script."""

    def __init__(self, visitor: Visitor, number: int) -> None:
        self.visitor, self.address = visitor, f"/proposals/{number}/player"
        visitor.get(f"{self.address}?process=p_small")
        self.page = visitor.post(
            self.address, {"process": "p_small", "given-tier": "grid", "given-size": "small", "play-do": "start"}
        )

    def __call__(self, do: str, **fields: Any) -> Any:
        if do == "complete":
            do = self.waiting()
        sent = {"play-recording": hidden(self.page.text, "play-recording"), "play-do": do, **fields}
        self.page = self.visitor.post(self.address, sent)
        return self.page

    def waiting(self) -> str:
        found = re.search(r'value="(complete:t\d+)"', self.page.text)
        assert found
        return found[1]


def files(district: District, number: int) -> dict[str, bytes]:
    with district.store.reading() as session:
        return design.files_of(session, design.get_proposal(session, number))


def test_every_fault_has_words_with_the_same_places() -> None:
    places = re.compile(r"%\((\w+)\)")
    assert scenario_words.FAULTS.keys() == scenarios.SENTENCES.keys()
    for code, sentence in scenarios.SENTENCES.items():
        assert set(places.findall(str(scenario_words.FAULTS[code]._args[0]))) <= set(places.findall(sentence)), code
    assert scenario_words.EXPECTATIONS.keys() == set(scenarios.EXPECTATIONS)


def test_the_page_says_how_they_go_and_what_none_reaches(
    visit: Visit, district: District, clock: ManualClock, number: int
) -> None:
    visitor = visit("designer")
    page = visitor.get(f"/proposals/{number}/scenarios?process=p_small")
    said = words(page)
    number_of_all = len(list(BPMN.glob("*/scenarios/*.yaml")))
    for each in (f"{number_of_all} 个场景中 {number_of_all} 个通过", "每个元素都走到了", "等待期间收到补充", "100 %"):
        assert each in said, each
    assert "&#34;t_sign_in&#34;: &#34;tested&#34;" in page.text

    with district.store.transaction() as session:
        common: dict[str, Any] = {"actor_id": district.people["designer"], "now": clock.now()}
        for path in scenarios.scenario_paths(design.files_of(session, design.get_proposal(session, number))):
            if path.startswith("small/scenarios/") and "became_big" not in path:
                design.remove_file(session, number, path, seen=0, **common)
            if path.startswith(("case/", "big/", "joint/")):
                design.remove_file(session, number, path, seen=0, **common)
    page = visitor.get(f"/proposals/{number}/scenarios?process=p_small")
    assert "s_close" in page.text
    assert "&#34;t_sign_in&#34;: &#34;tested&#34;" in page.text
    assert "&#34;t_handle&#34;: &#34;untested&#34;" in page.text
    one = visitor.get(f"/proposals/{number}/scenarios?process=p_small&scenario=small/scenarios/became_big.yaml")
    assert "&#34;be_overdue&#34;: &#34;done&#34;" in one.text
    assert "t_handle&#34;" not in one.text.partition("data-states")[2].partition("data-counts")[0]
    assert visitor.get(f"/proposals/{number}/scenarios?process=p_nothing").status_code == 404


def test_a_scenario_is_changed_renamed_and_deleted_and_says_its_faults_by_line(
    visit: Visit, district: District, number: int
) -> None:
    visitor = visit("designer")
    address = f"/proposals/{number}/scenarios/{PATH}"
    page = visitor.get(address)
    text = html.unescape(page.text.partition("spellcheck")[2].partition(">")[2].partition("</textarea>")[0])
    wrong = text.replace("outcome: resolved", "outcome: solved")
    line = wrong[: wrong.index("solved")].count("\n")

    trial = visitor.post(f"/proposals/{number}/trials/{PATH}", {"text": wrong})
    assert trial.json["faults"][0]["line"] == line
    assert "不接受“solved”" in trial.json["faults"][0]["said"]
    assert visitor.post(f"/proposals/{number}/trials/{PATH}", {"text": text}).json["passed"] is True

    done = visitor.post(address, {"text": wrong, "file": "settled", "seen": "0"})
    assert done.headers["Location"].endswith(address)
    assert f"第 {line} 行" in words(visitor.get(address))
    assert "不接受“solved”" in words(visitor.get(f"/proposals/{number}"))

    late = visitor.post(address, {"text": text, "file": "settled", "seen": "0"})
    assert (late.status_code, "许思源" in late.text) == (409, True)
    taken = visitor.post(address, {"text": text, "file": "referred", "seen": "1"})
    assert (taken.status_code, "已有同名文件" in taken.text) == (422, True)
    moved = visitor.post(address, {"text": text, "file": "done", "seen": "1"})
    assert moved.headers["Location"].endswith("/done.yaml")
    assert PATH not in files(district, number)

    visitor.get(f"/proposals/{number}/scenarios/small/scenarios/done.yaml")
    visitor.post(f"/proposals/{number}/removals/small/scenarios/done.yaml", {"seen": "1"})
    assert "small/scenarios/done.yaml" not in files(district, number)
    assert visitor.get(f"/proposals/{number}/scenarios/small/limits.yaml").status_code == 404


def test_a_name_that_is_taken_is_said_at_its_field(visit: Visit, number: int) -> None:
    visitor, address = visit("designer"), f"/proposals/{number}/scenarios"
    assert visitor.get(address).status_code == 200
    for name, said in (("settled", "已有同名文件"), ("two words", "由字母、数字")):
        page = visitor.post(address, {"process": "p_small", "file": name})
        assert (page.status_code, said in page.text, f'value="{name}"' in page.text) == (422, True, True)
    assert visitor.post(address, {"process": "p_small", "file": "blank"}).headers["Location"].endswith("/blank.yaml")


def test_a_scenario_is_recorded_by_going_through_the_process(visit: Visit, district: District, number: int) -> None:
    visitor = visit("designer")
    play = Player(visitor, number)
    assert "签收" in words(play.page)
    missing = play("complete", note="写了一半")
    assert (missing.status_code, "请选择" in missing.text, ">写了一半<" in missing.text) == (422, True, True)
    assert "首次联系" in words(play("complete", action="sign"))
    assert "时限到期：" in words(play("fire:be_overdue"))
    assert "raise_tier: [{tier: zone, top: false, signed_in: false}]" in hidden(play.page.text, "play-recording")

    assert "- fire: be_overdue" not in hidden(play("undo").text, "play-recording")
    play("fire:be_overdue")
    number_of = re.search(r'name="gave-(\d+)-tier"', play.page.text)
    assert number_of
    play(f"answer:{number_of[1]}", **{f"gave-{number_of[1]}-tier": "community"})
    assert "raise_tier: [{tier: community, top: false" in hidden(play.page.text, "play-recording")
    recording = hidden(play.page.text, "play-recording")
    kept = {"play-recording": recording, "keep-name": "超时 / Overdue", "keep-expect": ["open", "path", "deadlines"]}
    address = f"/proposals/{number}/recordings"
    bad = visitor.post(address, {**kept, "keep-file": "../x"})
    assert (bad.status_code, "文件名由" in bad.text) == (422, True)
    nameless = visitor.post(address, {**kept, "keep-name": " ", "keep-file": "mine"})
    assert (nameless.status_code, "请起一个名称" in nameless.text) == (422, True)
    done = visitor.post(address, {**kept, "keep-file": "mine"})
    assert "scenario=small/scenarios/mine.yaml" in done.headers["Location"]

    content = files(district, number)["small/scenarios/mine.yaml"]
    assert scenarios.play(deploy.load(0, files(district, number)), "x", content).said == ""
    assert b"open: [t_sign_in]" in content


def test_what_cannot_be_played_is_said_and_nothing_has_moved(visit: Visit, number: int) -> None:
    visitor = visit("designer")
    play = Player(visitor, number)
    before = hidden(play.page.text, "play-recording")
    for do in ("fire:be_nothing", "deliver:m_nothing", "complete:t99"):
        page = play(do)
        assert page.status_code == 422, do
        assert 'class="summary"' in page.text
        assert hidden(page.text, "play-recording") == before
    for recording in ("", "given: 5", "x" * 600_000, "given: {process: p_small, data: {tier: [[1]]}}"):
        page = visitor.post(play.address, {"play-recording": recording, "play-do": "undo"})
        assert page.status_code == 422, recording[:20]


def test_a_diagram_that_never_rests_is_stopped_and_said(
    visit: Visit, district: District, clock: ManualClock, number: int
) -> None:
    with district.store.transaction() as session:
        path = "small/small.bpmn"
        drawn = files(district, number)[path]
        loop = drawn.replace(b'id="gw_in"', b'id="gw_in" default="f_gw_in__tier_visit"', 1)
        flow = b"""<bpmn:sequenceFlow id="f_loop" sourceRef="gw_in" targetRef="gw_in">
            <bpmn:conditionExpression>${tier == "grid"}</bpmn:conditionExpression></bpmn:sequenceFlow>"""
        after = b'<bpmn:sequenceFlow id="f_gw_in__tier_visit"'
        loop = loop.replace(after, flow + after)
        assert loop != drawn
        who = district.people["designer"]
        design.save_file(session, number, path, loop, seen=0, actor_id=who, now=clock.now())
    visitor = visit("designer")
    visitor.get(f"/proposals/{number}/player?process=p_small")
    sent = {"process": "p_small", "given-tier": "grid", "given-size": "small", "play-do": "start"}
    answer = visitor.post(f"/proposals/{number}/player", sent)
    assert (answer.status_code, "被拒绝" in answer.text, "gw_in" in answer.text) == (422, True, True)


def test_a_scenario_is_opened_in_the_player(visit: Visit, district: District, number: int) -> None:
    visitor = visit("designer")
    visitor.get(f"/proposals/{number}/scenarios/{PATH}")
    text = files(district, number)[PATH].decode()
    page = visitor.post(f"/proposals/{number}/player", {"play-do": "open", "text": text})
    assert page.status_code == 200
    assert "已结束" in words(page)
    assert visitor.post(f"/proposals/{number}/player", {"play-do": "open", "text": "no"}).status_code == 422


def test_only_designers(visit: Visit, number: int) -> None:
    for who in ("grid", "operator", "district"):
        for page in ("scenarios", "player", f"scenarios/{PATH}"):
            assert visit(who).get(f"/proposals/{number}/{page}").status_code == 403
