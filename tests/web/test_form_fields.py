"""Every field type of the documented subset on a page: in both languages, with its complaint, and without a script."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask, render_template_string

from engine.errors import Invalid
from engine.tasks import Form, read_form
from engine.tasks.fields import FIELD_TYPES

PAGE = """{% from 'macros/form.html' import parts, summary %}<form>{{ summary(wrong, form.fields|list) }}
{{ parts(form.parts, raw, wrong, {}) }}</form>"""
OPTIONS = [{"value": "a", "label": "甲", "label_en": "First"}, {"value": "b", "label": "乙", "label_en": "Second"}]


def component(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "key": f"k_{kind}",
        "label": f"中文{kind}",
        "properties": {"label_en": f"English {kind}", "description_en": "How to fill it in"},
        "description": "填写说明",
        "validate": {"required": True},
        **({"values": OPTIONS} if kind in ("radio", "select", "checklist", "taglist") else {}),
        **more,
    }


@pytest.fixture
def form() -> Form:
    kinds = sorted(FIELD_TYPES)
    note = {"type": "text", "text": "一段说明", "properties": {"text_en": "A note"}}
    hidden = component("textfield", key="hidden", conditional={"hide": '=k_radio != "b"'})
    group = {
        "type": "group",
        "label": "一组",
        "properties": {"label_en": "A group"},
        "components": [component(kind) for kind in kinds] + [hidden],
    }
    return read_form("all.form", json.dumps({"id": "all", "components": [note, group]}).encode())


def shown(app: Flask, form: Form, language: str, raw: Any = None, wrong: Any = None) -> str:
    with app.test_request_context("/", headers={"Cookie": f"language={language}"}):
        return render_template_string(PAGE, form=form, raw=raw, wrong=wrong or {})


@pytest.mark.parametrize(("language", "label", "note"), [("zh_CN", "中文", "一段说明"), ("en", "English ", "A note")])
def test_every_type_is_asked_in_both_languages(app: Flask, form: Form, language: str, label: str, note: str) -> None:
    page = shown(app, form, language)
    assert note in page
    for kind in FIELD_TYPES:
        assert f"{label}{kind}" in page, kind
        assert f'data-key="k_{kind}" data-type="{kind}"' in page, kind
    assert ("First" in page) is (language == "en")
    assert "data-hide" in page


def test_what_is_wrong_is_said_at_its_field(app: Flask, form: Form) -> None:
    with pytest.raises(Invalid) as refused:
        form.check({})
    wrong = refused.value.facts["fields"]
    assert set(wrong) == {f"k_{kind}" for kind in FIELD_TYPES}
    page = shown(app, form, "zh_CN", {}, wrong)
    for key in wrong:
        assert f'id="wrong-{key}"' in page, key
        assert f'aria-describedby="wrong-{key}' in page, key
    assert page.count('aria-invalid="true"') == len(wrong)


def test_what_was_typed_stands_in_the_page_again(app: Flask, form: Form) -> None:
    raw = {
        "k_textfield": "甲 <b>",
        "k_textarea": "两行\n文字",
        "k_number": "12",
        "k_checkbox": "on",
        "k_datetime": "2026-03-02",
        "k_radio": "b",
        "k_select": "b",
        "k_checklist": ["a", "b"],
        "k_taglist": ["b"],
    }
    page = shown(app, form, "zh_CN", raw)
    assert 'value="甲 &lt;b&gt;"' in page
    assert ">两行\n文字</textarea>" in page
    assert page.count("checked") == 1 + 1 + 2 + 1
    assert page.count("selected") == 1
    assert 'value="2026-03-02"' in page
