"""Every word of every page exists in both languages, and no page carries words outside the catalogues."""

from __future__ import annotations

import ast
import os
import re
import time
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from engine.errors import Refusal
from engine.web import refusals, translations
from engine.web.words import TABLES

TEMPLATES = sorted((translations.WEB / "templates").rglob("*.html"))
PLACE = re.compile(r"%\(\w+\)[ds]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ALLOWED = {"English", "中文", "XXXX-XXXX-XXXX-XXXX", "Website", "GB", "MB", "kB", "ms"}
"""A language is named in itself, a code looks the same everywhere, and no person sees the field that robots fill."""


def messages() -> list[Message]:
    (path,) = translations.catalogues()
    assert path.parent.parent.name == "zh_CN"
    return [message for message in translations.read(path) if message.id]


def test_the_catalogue_holds_exactly_what_the_pages_say() -> None:
    said = {message.id for message in translations.gather() if message.id}
    kept = messages()
    assert {message.id for message in kept} == said, "run python -m engine.web.translations --update"
    for message in kept:
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        assert strings, message.id
        assert all(strings), message.id
        assert not message.fuzzy, message.id
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        assert not CHINESE.search(ids[0]), message.id
        for string in strings:
            assert set(PLACE.findall(string)) == set(PLACE.findall(ids[-1])), message.id
            if re.search(r"\w", PLACE.sub("", string)):
                assert CHINESE.search(string), message.id


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_by_itself(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    text = re.sub(r"{% macro \w+\(.*?%}|{{.*?}}|{%.*?%}", "\x00", text, flags=re.DOTALL)
    attributes = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', text)
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r"<\w+(?:[^<>\"]|\"[^\"]*\")*>|</\w+>|<![^>]*>", "\n", text)
    bare = {piece.strip() for piece in re.split(r"[\n\x00]", text)} | {each.strip() for each in attributes}
    words = {piece for piece in bare if re.search(r"[^\W\d_]", piece) and '="' not in piece} - ALLOWED
    assert words == set()


def test_no_page_brings_styles_or_scripts_of_its_own() -> None:
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=\"|<style|<script(?![^>]*\ssrc=)|\|\s*safe\b", text), path.name


def test_what_pages_explain_is_really_raised() -> None:
    """A sentence for a code that nothing raises would only mislead whoever reads the list."""
    engine = translations.WEB.parent
    paths = [*engine.rglob("*.py"), *(engine.parent / "webhooks").rglob("*.py")]
    sources = "".join(path.read_text(encoding="utf-8") for path in paths if "frontend" not in path.parts)
    sources = sources.replace(Path(refusals.__file__).read_text(encoding="utf-8"), "")
    assert [code for code in refusals.SAID if f'"{code}"' not in sources] == []


MACHINES = ("cli", "demo", "store", "runtime", "simulate", "web/api", "web/idempotency.py")
"""What is refused there is told to a program or on a command line, in English."""
NOBODY = ("route.no_policy",)
"""No page leads there."""


def test_what_stands_in_the_way_is_said_in_the_readers_language() -> None:
    """Conflicts and rights: what somebody may meet who did nothing wrong."""
    engine, unsaid = translations.WEB.parent, []
    for path in engine.rglob("*.py"):
        if "frontend" in path.parts or path.relative_to(engine).as_posix().startswith(MACHINES):
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match call:
                case ast.Call(func=ast.Name(id="Conflict" | "NotAllowed"), args=[ast.Constant(value=code), *_]):
                    told = {each.arg for each in call.keywords} & {"words", None}
                    if code not in refusals.SAID and code not in NOBODY and not told:
                        unsaid.append(f"{path.relative_to(engine)}: {code}")
    assert unsaid == []


def test_every_kind_of_refusal_has_a_page() -> None:
    statuses = {kind.status for kind in Refusal.__subclasses__()} | {400, 401, 413, 429, 500}
    assert statuses <= set(refusals.TITLES)
    assert set(refusals.TITLES) == set(refusals.NEXT)
    assert all(TABLES.values())


def test_compiling_writes_only_what_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    source = tmp_path / "zh" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "a"\nmsgstr "甲"\n')
    assert len(translations.compile_stale()) == 1
    assert translations.compile_stale() == []
    later = time.time() + 5
    os.utime(source, (later, later))
    assert len(translations.compile_stale()) == 1
