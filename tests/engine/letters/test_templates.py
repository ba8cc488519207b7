"""Templates are texts with names in braces: filled as one would expect, and harmless whatever comes as one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from engine.deploy import read_folder
from engine.deploy.releases import load
from engine.errors import Invalid
from engine.letters import FIELDS, KINDS, PARTY_FIELDS, Grid, Line, blocks_of, open_word, sample_of, shipped
from engine.letters.filling import Values, fields_in, fill
from engine.letters.sample import SAID
from engine.letters.templates import faults_of
from engine.letters.word import MOST_PARTS
from engine.vocabulary import LETTERS

FORMS = load(1, read_folder(Path(__file__).parents[3] / "bpmn")).forms
PARTY = frozenset({"party_name", "当事人"})


def tiny(text: str) -> bytes:
    """The smallest Word file that says this: a line is a paragraph, one that begins with `|` a row of a table."""
    body = ""
    for line in text.split("\n"):
        said = line.strip("|").split("|") if line.startswith("|") else [line]
        cells = [f"<w:p><w:r><w:t>{escape(cell.strip())}</w:t></w:r></w:p>" for cell in said]
        row = "".join(f"<w:tc>{cell}</w:tc>" for cell in cells)
        body += f"<w:tbl><w:tr>{row}</w:tr></w:tbl>" if line.startswith("|") else "".join(cells)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = f'<w:document xmlns:w="{space}"><w:body>{body}<w:sectPr/></w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": xml})


def said(text: str, one: Mapping[str, str], each: Sequence[Mapping[str, str]] = ()) -> list[str]:
    """What a letter made of this text says, line by line; a row of a table is one line."""
    blocks = blocks_of(open_word(fill(open_word(tiny(text)), Values(one, each, PARTY))))
    lines = []
    for block in blocks:
        if isinstance(block, Grid):
            lines += ["|".join(" ".join(line.words for line in cell.lines) for cell in row) for row in block.rows]
        elif block.words:
            lines.append(block.words)
    return lines


@pytest.mark.parametrize(
    ("text", "one", "each", "expected"),
    [
        ("信访人{{applicant}}，你好。", {"applicant": "谢某"}, [], ["信访人谢某，你好。"]),
        ("{{claims}}", {"claims": "一\n二"}, [], ["一", "二"]),
        ("事实：{{claims}}", {"claims": "一\n二"}, [], ["事实：一\n二"]),
        ("电话：{{phone}}\n其他", {"phone": ""}, [], ["其他"]),
        ("{{a}}{{b}}", {"a": "", "b": "有"}, [], ["有"]),
        ("{{a}}", {"a": "{{b}}", "b": "不应出现"}, [], ["{{b}}"]),
        ("{{a}}", {"a": "<w:p/>&amp;\x0b{{7*7}}"}, [], ["<w:p/>&amp;{{7*7}}"]),
        ("| 姓名 | {{party_name}} |\n之后", {}, [{"party_name": "甲"}, {"party_name": "乙"}],
         ["姓名|甲", "姓名|乙", "之后"]),
        ("当事人：{{当事人}}", {}, [{"当事人": "甲"}, {"当事人": "乙"}], ["当事人：甲", "当事人：乙"]),
        ("当事人：{{当事人}}\n之后", {}, [], ["之后"]),
        ("{{当事人}}和{{number}}", {"number": "1"}, [{"当事人": "{{number}}"}, {"当事人": "{{x}}"}],
         ["{{number}}和1", "{{x}}和1"]),
        ("| {{party_name}} |", {}, [{"party_name": "{{party_name}}"}], ["{{party_name}}"]),
        ("| 电话 | {{phone}} |", {"phone": ""}, [], ["电话|"]),
    ],
)  # fmt: skip
def test_fields_are_filled(
    text: str, one: Mapping[str, str], each: Sequence[Mapping[str, str]], expected: list[str]
) -> None:
    assert said(text, one, each) == expected


def test_a_field_that_word_has_torn_apart_is_one_field() -> None:
    """Word spreads a text over several runs as it likes, when its spelling or its font changes on the way."""
    parts = open_word(tiny("编号{{case_number}}。"))
    torn = parts["word/document.xml"].decode()
    run = torn[torn.rindex("<w:r>", 0, torn.index("{{case")) : torn.index("</w:r>", torn.index("{{case")) + 6]
    pieces = ["编号{", "{case", "_number}", "}。"]
    text = run[run.index("<w:t>") + 5 : run.index("</w:t>")]
    parts["word/document.xml"] = torn.replace(run, "".join(run.replace(text, piece) for piece in pieces)).encode()
    assert [found.name for found in fields_in(parts)] == ["case_number"]
    (line,) = blocks_of(open_word(fill(parts, Values({"case_number": "LHQ-1"}))))
    assert isinstance(line, Line)
    assert line.words == "编号LHQ-1。"


def test_the_same_letter_is_the_same_file() -> None:
    parts = open_word(shipped("opinion"))
    assert fill(parts, Values({"number": "1"})) == fill(parts, Values({"number": "1"}))


@pytest.mark.parametrize("kind", KINDS)
def test_what_ships_is_sound(kind: str) -> None:
    """It has what it must, names only fields that there are, and leaves no brace behind when it is filled."""
    content = shipped(kind)
    assert faults_of(kind, content, FORMS) == []
    shown = str(sample_of(content, FORMS))
    assert "{{" not in shown
    assert KINDS[kind].zh.removeprefix("信访事项") in shown


def test_every_kind_of_the_vocabulary_has_a_template_and_every_field_a_sample() -> None:
    assert list(KINDS) == list(LETTERS)
    assert set(SAID) == set(FIELDS)
    assert len({kind.word for kind in KINDS.values()}) == len(KINDS), "else two letters would have one number"
    for kind in KINDS.values():
        for name in kind.needs:
            form, _, key = name.partition(".")
            assert name in FIELDS or name in PARTY_FIELDS or key in FORMS[form].fields, name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{unbekannt}}", "正文第 1 段“{{unbekannt}}”：没有“unbekannt”这个字段。"),
        ("{{ number.__class__ }}", "没有“number.__class__”这个字段。"),
        ("{{number|upper}}", "没有“number|upper”这个字段。"),
        ("{% for x in y %}", "“{%”不成对"),
        ("｛｛文号｝｝", "“｛”不成对"),
        ("还差一个 {{number", "“{{”不成对"),
        ("| a | {{unbekannt}} |", "正文表格中第 2 段"),
        ("{{number}}", "缺少必须有的字段“发文单位”：{{unit}}。"),
    ],
)
def test_what_is_wrong_is_said_with_where_it_stands(text: str, expected: str) -> None:
    assert expected in "\n".join(words.zh for words in faults_of("acceptance", tiny(text), FORMS))


# --- what may come as a template


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def with_part(name: str, content: bytes | str) -> Callable[[dict[str, bytes]], bytes]:
    return lambda parts: zipped({**parts, name: content})


def in_body(xml: str) -> Callable[[dict[str, bytes]], bytes]:
    """With something right before the end of the text."""

    def change(parts: dict[str, bytes]) -> bytes:
        body = parts["word/document.xml"].decode().replace("<w:sectPr", f"<w:p>{xml}</w:p><w:sectPr", 1)
        return zipped({**parts, "word/document.xml": body})

    return change


def relation(kind: str, target: str, mode: str = "") -> Callable[[dict[str, bytes]], bytes]:
    where = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def change(parts: dict[str, bytes]) -> bytes:
        name = "word/_rels/document.xml.rels"
        one = f'<Relationship Id="rIdX" Type="{where}/{kind}" Target="{target}" {mode}/></Relationships>'
        return zipped({**parts, name: parts[name].decode().replace("</Relationships>", one)})

    return change


def field(code: str) -> Callable[[dict[str, bytes]], bytes]:
    """A field of Word's own, its code torn over two runs."""
    half = len(code) // 2
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{each}"/></w:r>' for each in ("begin", "end"))
    runs = "".join(f"<w:r><w:instrText>{each}</w:instrText></w:r>" for each in (code[:half], code[half:]))
    return in_body(begin + runs + end)


ATTACKS: Mapping[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "macros": (with_part("word/vbaProject.bin", b"x"), "宏"),
    "macros by type": (
        lambda parts: zipped({**parts, "[Content_Types].xml": parts["[Content_Types].xml"] + b"<!-- macroEnabled -->"}),
        "宏",
    ),
    "an object": (with_part("word/embeddings/oleObject1.bin", b"x"), "嵌有"),
    "a control": (with_part("word/activeX/activeX1.xml", "<a/>"), "嵌有"),
    "a web page": (with_part("word/chunk.html", "<script>"), "嵌有"),
    "a template elsewhere": (relation("attachedTemplate", "file:///etc/x.dotm", 'TargetMode="External"'), "外部"),
    "a picture elsewhere": (relation("image", "http://example.org/a.png", 'TargetMode="External"'), "外部"),
    "a share": (relation("image", "\\\\\\\\evil\\\\share"), "外部"),
    "without saying so": (relation("image", "http://example.org/a.png"), "外部"),
    "another file": (relation("aFChunk", "chunk.xml"), "引用"),
    "INCLUDETEXT": (field('INCLUDETEXT "/etc/passwd"'), "域代码"),
    "DDEAUTO": (field('DDEAUTO c:\\\\cmd "/k calc"'), "域代码"),
    "a simple field": (in_body('<w:fldSimple w:instr=" HYPERLINK x "/>'), "域代码"),
    "tracked changes": (in_body("<w:ins><w:r><w:t>x</w:t></w:r></w:ins>"), "修订"),
    "an entity": (with_part("word/document.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "无法读取"),
    "entities that grow": (
        with_part("word/header1.xml", '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'),
        "无法读取",
    ),
    "a bomb": (with_part("word/media/a.png", b"\0" * 6_000_000), "过大"),
    "many bombs": (lambda parts: zipped({**parts, **{f"word/{n}.png": b"\0" * 3_900_000 for n in range(5)}}), "过大"),
    "many parts": (lambda parts: zipped({**parts, **{f"word/{n}.xml": "<a/>" for n in range(MOST_PARTS)}}), "部分"),
    "a way out": (with_part("../../etc/cron.d/x", b"x"), "不正常"),
    "no Word file": (lambda _parts: zipped({"[Content_Types].xml": "<a/>"}), "不是 Word"),
    "no zip": (lambda _parts: b"PK\x03\x04 nonsense", "不是完好"),
    "too large": (lambda _parts: b"PK" + b"\0" * 1_100_000, "1 MB"),
    "deep": (with_part("word/document.xml", "<a>" * 5000 + "</a>" * 5000), "无法读取"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_could_run_or_reach_out_is_refused(attack: str) -> None:
    change, reason = ATTACKS[attack]
    with pytest.raises(Invalid) as refusal:
        open_word(change(dict(open_word(shipped("acceptance")))))
    assert reason in refusal.value.facts["words"]["zh"]


def test_page_numbers_and_pictures_of_its_own_are_welcome() -> None:
    parts = dict(open_word(shipped("acceptance")))
    assert open_word(field("PAGE \\* MERGEFORMAT")(parts))
    assert open_word(with_part("word/media/logo.png", b"\x89PNG")(parts))


def test_what_braces_hold_is_a_name_and_never_a_program() -> None:
    """Nothing that is a program in a template language is anything but text or an unknown name here."""
    for text in ("{{7*7}}", "{{''.__class__.__mro__}}", "{{config}}", "{{ self }}", "${7*7}", "{%raw%}", "#{7*7}"):
        lines = said(f"甲{text}乙{{{{number}}}}", {"number": "1", "7*7": ""})
        assert not any("49" in line for line in lines)
        loose: Any = faults_of("acceptance", tiny(text), FORMS)
        assert loose
