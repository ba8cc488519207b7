"""A manual says what the files say: who, what, until when at each tier, and what follows."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from engine import deploy
from engine.deploy import LoadedRelease
from engine.design import manual, picture
from engine.design.manual import Manual, Step
from engine.design.word_file import Heading, Paragraph, Picture, Table, write_word
from engine.errors import NotFound

BPMN = Path(__file__).parents[3] / "bpmn"
TIERS = ("building", "grid", "zone", "community", "street", "district")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def release() -> LoadedRelease:
    return deploy.load(1, deploy.read_folder(BPMN))


@pytest.fixture(scope="module")
def small(release: LoadedRelease) -> Manual:
    return manual.describe(release, "p_small", TIERS)


def step(found: Manual, element: str) -> Step:
    return next(each for each in found.steps if each.element == element)


def test_every_step_of_every_process_is_told_once(release: LoadedRelease) -> None:
    for process_id, facts in release.package.processes.items():
        found = manual.describe(release, process_id, TIERS)
        told = [each.element for each in found.steps]
        wanted = {
            e.id for e in facts.elements.values() if e.kind.endswith(("Task", "Process", "Activity", "CatchEvent"))
        }
        assert sorted(told) == sorted(wanted), process_id
        assert all(way.to for each in found.steps for way in each.ways)


def test_a_step_says_who_is_asked_what_and_until_when(small: Manual) -> None:
    sign_in = step(small, "t_sign_in")
    assert (sign_in.unit, sign_in.roles, sign_in.frame) == (
        "holder",
        ("lead", "deputy", "handler"),
        "本级办理 / Visit to one tier",
    )
    assert [field.key for field in sign_in.fields] == ["action", "reason_code", "proper_unit", "note"]
    (ack,) = sign_in.clocks
    assert (ack.step, ack.by_tier, ack.ends_step) == ("ack", True, False)
    assert [way.to for way in ack.ways] == ["提醒副职 / Remind deputy"]
    assert step(small, "t_decide_upgrade").clocks[0].ends_step


def test_what_comes_next_names_the_questions_on_the_way(small: Manual) -> None:
    ways = {way.to: way.said for way in step(small, "t_handle").ways}
    assert ways["暂停计时 / Clock stops"] == (("下一步? / Next?", "其他 / Other"), ("继续? / How?", "等待 / Wait"))
    assert step(small, "tier_visit").exits[0].kind == "escalation"


def test_limits_are_told_per_tier_or_once(small: Manual) -> None:
    assert small.limits["handle"]["grid"] == "2wd"
    assert small.limits["contact"] == {"": "24h"}
    assert "case_outer" not in small.limits


def test_a_process_that_is_not_there_is_said(release: LoadedRelease) -> None:
    with pytest.raises(NotFound):
        manual.describe(release, "p_nowhere", TIERS)


@pytest.mark.parametrize(("locale", "letters"), [("zh_CN", "Microsoft YaHei"), ("en", "Calibri")])
def test_the_word_file_holds_every_block_as_text(locale: str, letters: str) -> None:
    drawing = picture.draw("small.bpmn", (BPMN / "small/small.bpmn").read_bytes(), locale)
    assert drawing is not None
    hostile = "<w:p/>&\x07 居委会"
    blocks = [
        Heading("章 / One"),
        Paragraph(hostile),
        Table(("A", "B"), ((("签收",), ("一", "二")), (("x",), ())), (1, 2)),
        Picture(drawing, "图"),
    ]
    data = write_word("标题", "说明", blocks, locale=locale)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            if name.endswith((".xml", ".rels", ".svg")):
                etree.fromstring(parts.read(name))
        body = etree.fromstring(parts.read("word/document.xml"))
        said = ["".join(each.itertext(f"{W}t")) for each in body.iter(f"{W}p")]
        assert {"标题", "说明", "章 / One", "<w:p/>& 居委会", "签收", "一", "二", "图"} <= set(said)
        assert letters in parts.read("word/styles.xml").decode()
        assert parts.read("word/media/image1.png").startswith(b"\x89PNG")
        related = parts.read("word/_rels/document.xml.rels").decode()
        assert "diagram.svg" in related
        assert "image/svg+xml" in parts.read("[Content_Types].xml").decode()
    assert body.findall(f".//{W}tblHeader")
    assert len(body.findall(f".//{W}sectPr")) == 3
