"""A made-up case with which a template is looked at before it is used."""

from __future__ import annotations

from collections.abc import Mapping

from engine.letters.fields import FIELDS, label_of, values_said
from engine.letters.filling import Grid, Line, blocks_of, fill
from engine.letters.word import open_word
from engine.tasks import Form

SAID: Mapping[str, str] = {
    "number": "示例街道字〔2026〕第1号",
    "unit": "示例街道办事处",
    "issued_on": "2026年3月2日",
    "case_number": "LHQ-20260302-0001",
    "title": "楼上漏水，天花板发霉",
    "description": "楼上卫生间漏水半年，天花板发霉，多次沟通未果。\n希望协调维修并赔偿损失。",
    "demand": "修复漏水，赔偿三千元。",
    "place": "示例街道示例社区第1网格1号楼",
    "people_count": "2",
    "received_on": "2026年2月24日",
    "applicant": "张某",
    "applicant_phone": "13800000000",
    "applicant_address": "示例路1号101房",
    "respondent": "李某",
    "holder": "示例社区",
    "responsible_unit": "示例社区",
    "handle_until": "2026年5月6日",
    "extension_reason": "需要鉴定。",
    "extended_until": "2026年6月5日",
    "remedy_until": "2026年4月1日",
    "reply_until": "2026年3月9日",
    "opinion_number": "示例街道意见字〔2026〕第1号",
    "about_name": "信访处理意见书",
    "about_number": "示例街道意见字〔2026〕第1号",
    "addressee": "张某",
}
PARTIES: tuple[Mapping[str, str], ...] = (
    {"party_role": "信访人", "party_name": "张某", "party_phone": "13800000000", "party_address": "示例路1号101房"},
    {"party_role": "被反映人", "party_name": "李某", "party_phone": "13800000001", "party_address": "示例路1号201房"},
)


def sample_of(content: bytes, forms: Mapping[str, Form]) -> list[Line | Grid]:
    """The template filled with the made-up case; answers of forms say what they are called, or their first choice."""
    parts = open_word(content)
    return blocks_of(open_word(fill(parts, values_said(parts, lambda name: _said(name, forms), PARTIES))))


def _said(name: str, forms: Mapping[str, Form]) -> str:
    if name in FIELDS:
        return SAID[name]
    form, _, key = name.partition(".")
    if form in forms and key in forms[form].fields:
        asked = forms[form].fields[key]
        if asked.choices:
            return asked.choices[0].label.zh
        return "2026年3月2日" if asked.kind in ("date", "datetime") else f"（{label_of(name, forms).zh}）"
    return ""
