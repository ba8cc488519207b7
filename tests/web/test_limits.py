"""Time limits of a proposal as a table: changed without a script, compared with what is in force, wrong at the cell."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from engine import design
from engine.clock import ManualClock
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
LIMITS = "small/limits.yaml"
INPUT = re.compile(r'<input name="(amount [^"]+)" value="([^"]*)"')
UNIT = re.compile(r'<select name="(unit [^"]+)".*?<option value="(\w+)" selected', re.DOTALL)


@pytest.fixture
def proposal(district: District, clock: ManualClock) -> int:
    with district.store.transaction() as session:
        return design.begin_proposal(session, "更快", author_id=district.people["designer"], now=clock.now()).id


@pytest.fixture
def page(visit: Visit, proposal: int) -> Callable[..., Any]:
    """Fills the table in as a browser would, changes some cells, and sends it."""
    designer = visit("designer")

    def send(path: str = LIMITS, **changes: str) -> tuple[Visitor, Any]:
        address = f"/proposals/{proposal}/limits/{path}"
        text = designer.get(address).text
        fields = dict(INPUT.findall(text)) | dict(UNIT.findall(text))
        fields["seen"] = re.findall(r'name="seen" value="(\d+)"', text)[0]
        for name, value in changes.items():
            kind, _, cell = name.partition("__")
            fields[f"{kind} {cell.replace('__', ' ')}" if cell else kind] = value
        return designer, designer.post(address, fields)

    return send


def kept(district: District, proposal: int, path: str = LIMITS) -> str:
    with district.store.reading() as session:
        return design.files_of(session, design.get_proposal(session, proposal))[path].decode()


def test_a_length_is_changed_and_nothing_else_moves(
    page: Callable[..., Any], district: District, proposal: int
) -> None:
    before = kept(district, proposal)
    designer, answer = page(
        amount__handle__grid="1", amount__contact__default="36", amount__ack__zone="2", unit__ack__zone="wh"
    )
    assert answer.status_code == 302
    after = before.replace("grid: 2wd", "grid: 1wd").replace("contact: 24h", "contact: 36h")
    assert kept(district, proposal) == after.replace("  default: 4wh", "  zone: 2wh\n  default: 4wh")
    shown = words(designer.get(f"/proposals/{proposal}/limits/{LIMITS}"))
    assert "现行：2 个工作日" in shown
    assert "现行：无" in shown


def test_what_a_step_is_for_stands_beside_it(page: Callable[..., Any]) -> None:
    designer, _answer = page()
    assert "handle 本级办理" in words(designer.get("/proposals/1/limits/small/limits.yaml"))


def test_what_is_no_length_is_marked_at_its_cell_and_stays(
    page: Callable[..., Any], district: District, proposal: int
) -> None:
    before = kept(district, proposal)
    typed = {
        "building": "0",
        "grid": "-3",
        "zone": "soon",
        "community": "1.5",
        "street": "100000",
        "district": "5 days",
    }
    _designer, answer = page(**{f"amount__handle__{tier}": text for tier, text in typed.items()})
    assert answer.status_code == 422
    for tier, text in typed.items():
        assert f'id="wrong-amount handle {tier}"' in html.unescape(answer.text)
        assert f'name="amount handle {tier}" value="{"".join(text.split())}"' in answer.text
    assert kept(district, proposal) == before


def test_a_length_may_be_typed_with_its_unit(page: Callable[..., Any], district: District, proposal: int) -> None:
    _designer, answer = page(amount__handle__grid="3 cd")
    assert answer.status_code == 302
    assert "grid: 3cd" in kept(district, proposal)


def test_steps_are_added_and_taken_out(page: Callable[..., Any], district: District, proposal: int) -> None:
    _designer, answer = page(**{"step": "visit", "amount__+__default": "3", "amount__contact__default": ""})
    assert answer.status_code == 302
    assert "visit: 3wd\n" in kept(district, proposal)
    assert "contact" not in kept(district, proposal)


def test_a_new_step_needs_a_name_of_its_own_and_a_length(page: Callable[..., Any]) -> None:
    for step, amount in (("two words", "3"), ("handle", "3"), ("", "3"), ("visit", "")):
        _designer, answer = page(**{"step": step, "amount__+__default": amount})
        assert answer.status_code == 422, step
        assert "aria-invalid" in answer.text, step
    _designer, answer = page(step="two words")
    assert answer.text.count("aria-invalid") == 2


def test_who_saved_in_between_is_named_and_saving_again_puts_mine_in_place(
    page: Callable[..., Any], visit: Visit, district: District, proposal: int, clock: ManualClock
) -> None:
    theirs = kept(district, proposal).replace("grid: 2wd", "grid: 4wd").encode()
    page()
    with district.store.transaction() as session:
        design.save_file(
            session, proposal, LIMITS, theirs, seen=0, actor_id=district.people["operator"], now=clock.now()
        )
    _designer, answer = page(seen="0", amount__handle__grid="1")
    assert answer.status_code == 409
    assert "郑子涵" in words(answer)
    assert "已存：4 个工作日" in words(answer)
    assert "grid: 4wd" in kept(district, proposal)
    _designer, answer = page(amount__handle__grid="1")
    assert answer.status_code == 302
    assert "grid: 1wd" in kept(district, proposal)


def test_a_revision_that_is_no_number_is_the_one_of_the_release(page: Callable[..., Any]) -> None:
    _designer, answer = page(seen="9" * 5_000, amount__handle__grid="1")
    assert answer.status_code == 302


def test_a_file_that_is_no_table_is_mended_as_a_text(visit: Visit, district: District, proposal: int) -> None:
    designer = visit("designer")
    address = f"/proposals/{proposal}/limits/{LIMITS}"
    designer.get(address)
    assert designer.post(address, {"text": "handle: [1\r\n", "seen": "0"}).status_code == 302
    broken = designer.get(address)
    assert "无法显示为表格" in words(broken)
    assert "handle: [1" in broken.text
    assert designer.post(address, {"text": "handle: {grid: soon}\r\n", "seen": "1"}).status_code == 302
    assert 'id="wrong-amount handle grid"' in designer.get(address).text
    assert designer.post(address, {"text": "handle: 1wd\r\n", "seen": "2"}).status_code == 302
    assert kept(district, proposal) == "handle: 1wd\n"
    assert "timer" not in words(designer.get(address)), "what diagrams miss stands at the diagrams"


def test_steps_divided_by_something_else_have_a_table_of_their_own(visit: Visit, proposal: int) -> None:
    text = words(visit("designer").get(f"/proposals/{proposal}/limits/case/limits.yaml"))
    assert "consult suggestion help petition 其他层级" in text


def test_a_closed_proposal_is_only_read(visit: Visit, proposal: int) -> None:
    designer = visit("designer")
    designer.get(f"/proposals/{proposal}")
    designer.post(f"/proposals/{proposal}/dropping")
    page = designer.get(f"/proposals/{proposal}/limits/{LIMITS}").text
    assert "readonly" in page
    assert "保存" not in page.partition("<main")[2]
    assert designer.post(f"/proposals/{proposal}/limits/{LIMITS}", {"text": "", "seen": "0"}).status_code == 409


def test_only_limits_and_tables_that_are_there_have_pages(visit: Visit, proposal: int) -> None:
    designer = visit("designer")
    for address in ("limits/small/small.bpmn", "limits/none/limits.yaml", "tables/case/case.bpmn", "tables/a/b.dmn"):
        assert designer.get(f"/proposals/{proposal}/{address}").status_code == 404, address


def test_tables_can_be_read_without_a_script(visit: Visit, proposal: int) -> None:
    page = visit("designer").get(f"/proposals/{proposal}/tables/case/triage.dmn")
    assert "unsafe-eval" not in page.headers["Content-Security-Policy"]
    shown = words(page)
    assert "R02_people_5_29" in shown
    assert "[5..29]" in shown
    assert "COLLECT MAX" in shown
