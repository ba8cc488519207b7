"""The fields a template may use: what the case, its parties, its clocks and this letter say. Pure.

Beside these every answer of a form is a field, `petition_opinion.facts_found`: the form's name and the question's key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from engine.cases import Case, Party, masked_address, masked_phone, masked_text, name_of
from engine.letters.filling import Values, fields_in
from engine.letters.word import Parts
from engine.tasks import Form, Words

FIELDS: Mapping[str, Words] = {
    "number": Words("文号", "number of this letter"),
    "unit": Words("发文单位", "unit that issues it"),
    "issued_on": Words("落款日期", "day of issue"),
    "case_number": Words("事项编号", "number of the case"),
    "title": Words("标题", "title of the case"),
    "description": Words("诉求内容", "what was reported"),
    "demand": Words("诉求请求", "what is asked for"),
    "place": Words("地点", "place"),
    "people_count": Words("涉及人数", "how many people"),
    "received_on": Words("收到日期", "day of receipt"),
    "applicant": Words("信访人", "petitioners"),
    "applicant_phone": Words("信访人电话", "telephone of the petitioners"),
    "applicant_address": Words("信访人住址", "address of the petitioners"),
    "respondent": Words("被反映人", "respondents"),
    "holder": Words("承办单位", "unit that holds the case"),
    "responsible_unit": Words("责任单位", "responsible unit"),
    "handle_until": Words("办理期限", "last day of the handling"),
    "extension_reason": Words("延期理由", "why it was extended"),
    "extended_until": Words("延期后期限", "last day after the extension"),
    "remedy_until": Words("救济截止日", "last day to ask for a review, if delivered on the day of issue"),
    "reply_until": Words("答复期限", "last day of the reply to a supervision notice"),
    "opinion_number": Words("意见书文号", "number of the latest opinion letter"),
    "about_name": Words("文书名称", "of a receipt: the letter that is delivered"),
    "about_number": Words("文书文号", "of a receipt: its number"),
    "addressee": Words("受送达人", "of a receipt: to whom"),
}
"""Field → what it is called, in a template too."""

PARTY_FIELDS: Mapping[str, Words] = {
    "party_role": Words("当事人身份", "role of a party"),
    "party_name": Words("当事人", "name of a party"),
    "party_phone": Words("当事人电话", "telephone of a party"),
    "party_address": Words("当事人住址", "address of a party"),
}
"""Fields that repeat their row or paragraph, once for each party."""

ROLES: Mapping[str, str] = {
    "applicant": "信访人",
    "respondent": "被反映人",
    "third_party": "第三人",
    "representative": "代表人",
    "witness": "证人",
}
"""Letters are written in Chinese, whoever looks at them."""

_BY_NAME = {words.zh: name for name, words in {**FIELDS, **PARTY_FIELDS}.items()}


def name_of_field(written: str) -> str:
    """The field that is meant: by its name, or by its Chinese one."""
    return _BY_NAME.get(written, written)


def is_known(name: str, forms: Mapping[str, Form]) -> bool:
    form, _, key = name.partition(".")
    return name in FIELDS or name in PARTY_FIELDS or (form in forms and key in forms[form].fields)


def label_of(name: str, forms: Mapping[str, Form]) -> Words:
    """How a field is called to people."""
    if found := FIELDS.get(name) or PARTY_FIELDS.get(name):
        return found
    form, _, key = name.partition(".")
    return forms[form].fields[key].label if form in forms and key in forms[form].fields else Words(name, name)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case for one letter. `answers` holds the latest of each form; `words` the fields that are
    ready as they are (units, days, numbers)."""

    case: Case
    parties: Sequence[Party]
    answers: Mapping[str, Mapping[str, Any]]
    forms: Mapping[str, Form]
    words: dict[str, str]
    clear: bool = False
    """Whether personal data stand in the clear, as they do in the letter itself."""
    zone: tzinfo | None = None


def value_of(facts: Facts, name: str) -> str:
    """What a field says; empty where nothing is known."""
    if name in facts.words:
        return facts.words[name]
    form, dot, key = name.partition(".")
    if dot:
        return _masked(facts, _answer(facts, form, key))
    case = facts.case
    match name:
        case "case_number":
            return case.number
        case "title":
            return _masked(facts, case.title)
        case "description":
            return _masked(facts, case.description)
        case "demand":
            return _masked(facts, case.demand or "")
        case "people_count":
            return str((case.facts or {}).get("people_count") or "")
        case "received_on":
            return day_words(case.received_at, facts.zone)
        case "applicant" | "addressee":
            return "、".join(_name(facts, party) for party in _of_role(facts, "applicant"))
        case "applicant_phone":
            return "、".join(_phone(facts, party) for party in _of_role(facts, "applicant") if party.phone)
        case "applicant_address":
            return "、".join(_address(facts, party) for party in _of_role(facts, "applicant") if party.address)
        case "respondent":
            return "、".join(_name(facts, party) for party in _of_role(facts, "respondent"))
        case _:
            return ""


def party_values(facts: Facts) -> list[dict[str, str]]:
    return [
        {
            "party_role": ROLES.get(party.role, party.role),
            "party_name": _name(facts, party),
            "party_phone": _phone(facts, party),
            "party_address": _address(facts, party),
        }
        for party in facts.parties
    ]


def values_said(parts: Parts, say: Callable[[str], str], parties: Sequence[Mapping[str, str]]) -> Values:
    """What stands for the fields that a template names, in either language: `say` by field, `parties` for each."""
    written = {found.name for found in fields_in(parts) if not found.loose}
    repeated = frozenset(each for each in written if name_of_field(each) in PARTY_FIELDS)
    each_party = [{each: party[name_of_field(each)] for each in repeated} for party in parties]
    return Values({each: say(name_of_field(each)) for each in written - repeated}, each_party, repeated)


def day_words(at: datetime | date | None, zone: tzinfo | None) -> str:
    """`2026年3月2日`."""
    if at is None:
        return ""
    day = at.astimezone(zone) if isinstance(at, datetime) else at
    return f"{day.year}年{day.month}月{day.day}日"


def _answer(facts: Facts, form: str, key: str) -> str:
    answers, known = facts.answers.get(form, {}), facts.forms.get(form)
    value = answers.get(key)
    if known is None or key not in known.fields or value in (None, "", []):
        return ""
    asked = known.fields[key]
    if asked.type == "filepicker":
        return f"{len(value)} 份" if isinstance(value, list) else ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if asked.kind in ("date", "datetime"):
        return _when(str(value), asked.kind, facts.zone)
    if asked.source == "parties":
        named = {str(party.id): party for party in facts.parties}
        return "、".join(_name(facts, named[each]) for each in value if each in named)
    labels = {choice.value: choice.label.zh for choice in asked.choices}
    values = value if isinstance(value, list) else [value]
    return "、".join(labels.get(str(each), str(each)) for each in values)


def _when(written: str, kind: str, zone: tzinfo | None) -> str:
    """A draft may hold anything; what is no day says nothing."""
    try:
        if kind == "date":
            return day_words(date.fromisoformat(written[:10]), None)
        at = datetime.fromisoformat(written)
    except ValueError:
        return ""
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
    return f"{day_words(at, zone)}{at.hour}时{at.minute:02d}分"


def _of_role(facts: Facts, role: str) -> list[Party]:
    return [party for party in facts.parties if party.role == role]


def _name(facts: Facts, party: Party) -> str:
    return name_of(party, shown=facts.clear)


def _phone(facts: Facts, party: Party) -> str:
    return (party.phone or "") if facts.clear or not party.phone else masked_phone(party.phone)


def _address(facts: Facts, party: Party) -> str:
    return (party.address or "") if facts.clear or not party.address else masked_address(party.address)


def _masked(facts: Facts, text: str) -> str:
    return text if facts.clear else masked_text(text)
