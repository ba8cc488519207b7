"""Diagrams as pictures: everything the file places is drawn, in one language, and nothing in a name becomes markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine.design import picture
from engine.design.picture.words import width_of, wrapped
from engine.errors import Invalid

BPMN = Path(__file__).parents[3] / "bpmn"
OURS = sorted(BPMN.rglob("*.bpmn"))
SVG = "{http://www.w3.org/2000/svg}"

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:dd="http://www.omg.org/spec/DD/20100524/DI" id="d">'
)


def sketch(process: str, plane: str) -> bytes:
    return (
        f'{HEAD}<process id="p">{process}</process><di:BPMNDiagram><di:BPMNPlane bpmnElement="p">{plane}'
        "</di:BPMNPlane></di:BPMNDiagram></definitions>"
    ).encode()


def box(element: str, x: str = "10", width: str = "100") -> str:
    return (
        f'<di:BPMNShape bpmnElement="{element}"><dc:Bounds x="{x}" y="10" width="{width}" height="80"/></di:BPMNShape>'
    )


def drawn(data: bytes, locale: str = "en") -> etree._Element:
    drawing = picture.draw("x.bpmn", data, locale)
    assert drawing is not None
    return etree.fromstring(picture.as_svg(drawing, "X"))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_placed_element_of_our_diagrams_is_in_the_picture(path: Path, locale: str) -> None:
    drawing = picture.draw(path.name, path.read_bytes(), locale)
    assert drawing is not None
    placed = {node.get("bpmnElement") for node in etree.parse(path).iter("{*}BPMNShape", "{*}BPMNEdge")}
    assert {each.element for each in drawing.items if each.element} == placed
    said = "".join(
        "".join(each.itertext()) for each in etree.fromstring(picture.as_svg(drawing, "X")).iter(f"{SVG}text")
    )
    assert " / " not in said
    assert any("一" <= letter <= "鿿" for letter in said) == (locale == "zh_CN")
    for each in drawing.items:
        for x, y in each.points if isinstance(each, picture.Figure) else (each.middle,):
            assert drawing.x <= x <= drawing.x + drawing.width
            assert drawing.y <= y <= drawing.y + drawing.height


def test_a_name_is_text_and_never_markup() -> None:
    svg = drawn(sketch('<task id="t" name="&lt;script&gt;&quot;x&quot;&lt;/script&gt;"/>', box("t")))
    assert not list(svg.iter(f"{SVG}script"))
    assert "<script>" in "".join(svg.itertext())


@pytest.mark.parametrize("wrong", ["", "here", "nan", "1e999", "-1"])
def test_a_shape_without_a_sound_size_is_left_out(wrong: str) -> None:
    plane = box("t") + box("u", width=wrong)
    drawing = picture.draw("x.bpmn", sketch('<task id="t" name="T"/><task id="u" name="U"/>', plane), "en")
    assert drawing is not None
    assert {each.element for each in drawing.items if each.element} == {"t"}


def test_what_draws_nothing_has_no_picture() -> None:
    assert picture.draw("x.bpmn", f"{HEAD}<process id='p'/></definitions>".encode(), "en") is None
    assert picture.draw("x.bpmn", sketch("<task id='t'/>", ""), "en") is None
    with pytest.raises(Invalid, match="not well-formed"):
        picture.draw("x.bpmn", b"<definitions>", "en")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("签收", ("签收",)),
        ("居委会联合办理意见", ("居委会联合", "办理意见")),
        ("Decide the upgrade", ("Decide", "the", "upgrade")),
        ("新的一行不以句号开头。", ("新的一行不", "以句号开", "头。")),
        ("", ()),
    ],
)
def test_words_break_where_their_language_breaks(text: str, lines: tuple[str, ...]) -> None:
    assert wrapped(text, 62, 12) == lines
    assert all(width_of(line, 12) <= 62 for line in lines)


def test_long_words_are_cut_with_a_sign() -> None:
    assert wrapped("a b c d", 6, 12, most=2) == ("a", "b…")


def test_a_mark_gives_an_element_its_class_its_badge_and_its_address() -> None:
    drawing = picture.draw("x.bpmn", sketch('<task id="t" name="T"/>', box("t")), "en")
    assert drawing is not None
    svg = etree.fromstring(picture.as_svg(drawing, "X", {"t": picture.Mark("heat-3", "5 < 6", "#row-t")}))
    assert [each.get("href") for each in svg.iter(f"{SVG}a")] == ["#row-t"]
    assert "heat-3" in next(svg.iter(f"{SVG}rect")).get("class", "")
    assert "5 < 6" in "".join(svg.itertext())
