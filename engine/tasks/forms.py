"""Forms: what a diagram's `.form` file asks, and answers checked against it.

The file is a subset of the form-js schema, so that Camunda Modeler and the form-js editor edit it. A component type or
a rule outside the subset is refused by name when the file is read, never ignored. English words stand in
`properties.label_en` (`text_en`, `description_en`) of a component and in `label_en` of an option.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from engine.errors import Invalid, Refusal
from engine.tasks.conditions import Condition, read_condition

CHOOSING = frozenset({"radio", "select", "checklist", "taglist"})
MANY = frozenset({"checklist", "taglist"})
FIELD_TYPES = frozenset({"textfield", "textarea", "number", "checkbox", "datetime"}) | CHOOSING
TYPES = FIELD_TYPES | {"text", "group"}
TO_DIAGRAM = frozenset({"radio", "select", "checkbox", "number", "checklist", "taglist"})
"""Types whose answers become variables of the diagram; free text stays with the task."""
SOURCES = frozenset({"community_units", "parties"})
"""What `valuesKey` may name: choices that the engine finds for the case."""

LONGEST_LINE = 200
LONGEST_TEXT = 4_000
MOST_CHOSEN = 50
LARGEST = 10**15
MOST_OPEN_REPEATS = 2

_VALIDATIONS = frozenset({"required", "minLength", "maxLength", "pattern", "min", "max", "validationType"})
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_PHONE = re.compile(r"[0-9+][0-9 ()-]{4,30}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def __call__(self, locale: str) -> str:
        return self.zh if locale.startswith("zh") else self.en

    @property
    def lacks_english(self) -> bool:
        return self.zh == self.en and not self.zh.isascii()


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Words


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `choices` are written in the form; `source` names those that the engine finds for the case."""

    key: str
    type: str
    label: Words
    description: Words | None = None
    required: bool = False
    shortest: int = 0
    longest: int = LONGEST_LINE
    pattern: re.Pattern[str] | None = None
    kind: str | None = None
    """`phone` or `email` for a textfield; `date`, `time` or `datetime` for a datetime."""
    least: float | None = None
    most: float | None = None
    decimals: int = 0
    choices: tuple[Choice, ...] = ()
    source: str | None = None
    default: Any = None
    hide: tuple[Condition, ...] = ()
    """Hidden when any of them holds: its own, and those of the groups around it."""
    columns: int = 16
    """How wide it is on a wide screen, of sixteen."""

    @property
    def many(self) -> bool:
        return self.type in MANY

    def options(self, choices: Mapping[str, Iterable[Choice]]) -> tuple[Choice, ...]:
        return tuple(choices.get(self.source, ())) if self.source else self.choices


@dataclass(frozen=True, slots=True)
class Note:
    """A text between the questions."""

    words: Words
    hide: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    label: Words | None
    parts: tuple[Field | Note | Group, ...]
    hide: tuple[Condition, ...] = ()


Part = Field | Note | Group


@dataclass(frozen=True, slots=True)
class Form:
    """A form as read. `name` is its file, for messages."""

    name: str
    id: str
    parts: tuple[Part, ...]
    fields: Mapping[str, Field]
    """By key, in the order of the page."""

    def check(
        self, raw: Mapping[str, Any], *, choices: Mapping[str, Iterable[Choice]] | None = None, zone: tzinfo = UTC
    ) -> dict[str, Any]:
        """Typed, JSON-safe answers from what a browser or a machine sent: texts and lists of texts, or JSON values.

        Fields that the form hides for these answers are left out whatever was sent for them. A time without an offset
        is read in `zone` and given back with its offset. Raises Invalid `form.invalid` whose `facts["fields"]` maps
        each wrong field to its sentence in both languages, and `form.unknown_fields` for keys the form does not have.
        """
        unknown = sorted(set(raw) - set(self.fields))
        if unknown:
            raise Invalid(
                "form.unknown_fields",
                f"The form {self.id} has no field named {', '.join(unknown[:5])}.",
                fields=dict.fromkeys(unknown[:5], UNKNOWN_FIELD),
            )
        known = choices or {}
        answers: dict[str, Any] = {}
        wrong: dict[str, dict[str, str]] = {}
        for field in self.fields.values():
            try:
                answers[field.key] = _typed(field, raw.get(field.key), field.options(known), zone)
            except _Wrong as fault:
                wrong[field.key] = fault.words
                answers[field.key] = None
        visible = self.visible(answers)
        wrong = {key: words for key, words in wrong.items() if key in visible}
        for key in visible:
            if key not in wrong and self.fields[key].required and _empty(self.fields[key], answers[key]):
                wrong[key] = _missing(self.fields[key])
        if wrong:
            raise Invalid("form.invalid", f"The form {self.id} is not complete: {', '.join(wrong)}.", fields=wrong)
        return {key: answers[key] for key in self.fields if key in visible and answers[key] is not None}

    def visible(self, answers: Mapping[str, Any]) -> frozenset[str]:
        """The fields shown for these typed answers; a hidden field counts as unanswered for the others."""
        shown = frozenset(self.fields)
        for _ in range(len(self.fields) + 1):
            seen = {key: answers.get(key) for key in shown}
            now = frozenset(key for key, field in self.fields.items() if not any(c.holds(seen) for c in field.hide))
            if now == shown:
                break
            shown = now
        return shown

    def variables(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """What the diagram gets: chosen values, ticks and numbers. A field that was not answered gives null."""
        return {key: answers.get(key) for key, field in self.fields.items() if field.type in TO_DIAGRAM}

    def findings(self) -> list[tuple[str, str, str]]:
        """What the check has to say beyond being readable: (field, code, sentence)."""
        return [said for field in self.fields.values() for said in self._findings(field)]

    def _findings(self, field: Field) -> Iterator[tuple[str, str, str]]:
        for condition in field.hide:
            for name in sorted(condition.names - set(self.fields)):
                yield field.key, "form.condition_name", f'"{condition.text}" reads "{name}", which is no field.'
        if field.label.lacks_english:
            yield field.key, "form.label_en", "The field has no English label (properties.label_en)."
        for choice in field.choices:
            if choice.label.lacks_english:
                yield field.key, "form.label_en", f"The option {choice.value} has no English label (label_en)."


UNKNOWN_FIELD = {"zh": "表单没有这一项。", "en": "The form has no such field."}


def read_form(name: str, data: bytes) -> Form:
    """Raises Invalid `form.unreadable` or `form.schema`; `facts["problems"]` lists all of (place, sentence)."""
    try:
        raw = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Invalid("form.unreadable", f"{name} is not readable JSON: {error}", problems=[]) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("components"), list):
        raise Invalid("form.schema", f"{name} is not a form: it has no list of components.", problems=[])
    problems: list[tuple[str, str]] = []
    parts = tuple(_parts(raw["components"], (), problems, depth=0))
    fields: dict[str, Field] = {}
    for field in _fields(parts):
        if field.key in fields:
            problems.append((field.key, "the key is used twice"))
        fields[field.key] = field
    if problems:
        listed = "; ".join(f"{place}: {sentence}" if place else sentence for place, sentence in problems)
        raise Invalid("form.schema", f"{name}: {listed}", problems=problems)
    return Form(name, str(raw.get("id") or name), parts, fields)


def _parts(
    components: list[Any], hide: tuple[Condition, ...], problems: list[tuple[str, str]], *, depth: int
) -> Iterator[Part]:
    for number, component in enumerate(components, 1):
        place = f"component {number}"
        if not isinstance(component, dict):
            problems.append((place, "is not a table"))
            continue
        place = str(component.get("key") or component.get("id") or place)
        kind = component.get("type")
        if kind not in TYPES:
            problems.append((place, f"the type {kind!r} is not supported; supported are {', '.join(sorted(TYPES))}"))
            continue
        own = _hide(component, place, problems)
        around = hide + own
        if kind == "group":
            if depth > 3:
                problems.append((place, "groups may be nested four deep"))
                continue
            label = _words(component, "label")
            yield Group(
                label, tuple(_parts(component.get("components") or [], around, problems, depth=depth + 1)), around
            )
        elif kind == "text":
            yield Note(_words(component, "text") or Words("", ""), around)
        else:
            field = _field(component, str(kind), place, around, problems)
            if field is not None:
                yield field


def _hide(component: Mapping[str, Any], place: str, problems: list[tuple[str, str]]) -> tuple[Condition, ...]:
    conditional = component.get("conditional")
    if not conditional:
        return ()
    text = conditional.get("hide") if isinstance(conditional, dict) else None
    if not isinstance(text, str):
        problems.append((place, "conditional knows only `hide` with a text"))
        return ()
    try:
        return (read_condition(text),)
    except Refusal as refusal:
        problems.append((place, refusal.sentence))
        return ()


def _field(
    component: Mapping[str, Any], kind: str, place: str, hide: tuple[Condition, ...], problems: list[tuple[str, str]]
) -> Field | None:
    key = component.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        problems.append((place, "the key must be a word of letters, digits and _"))
        return None
    validate = component.get("validate") or {}
    problems += [(key, f"the rule {rule!r} is not supported") for rule in sorted(set(validate) - _VALIDATIONS)]
    pattern = _pattern(validate.get("pattern"), key, problems)
    subtype = component.get("subtype", "date") if kind == "datetime" else None
    if subtype not in (None, "date", "time", "datetime"):
        problems.append((key, f"the subtype {subtype!r} is not date, time or datetime"))
    validation_type = validate.get("validationType") or None
    if validation_type not in (None, "custom", "phone", "email"):
        problems.append((key, f"the validation type {validation_type!r} is not phone or email"))
    choices, source = _choices(component, kind, key, problems)
    label = _words(component, "dateLabel" if kind == "datetime" and component.get("dateLabel") else "label")
    return Field(
        key=key,
        type=kind,
        label=label or Words(key, key),
        description=_words(component, "description"),
        required=bool(validate.get("required")),
        shortest=int(validate.get("minLength") or 0),
        longest=min(int(validate.get("maxLength") or _longest(kind)), LONGEST_TEXT),
        pattern=pattern,
        kind=subtype or (validation_type if validation_type != "custom" else None),
        least=_number(validate.get("min")),
        most=_number(validate.get("max")),
        decimals=int(component.get("decimalDigits") or 0),
        choices=choices,
        source=source,
        default=component.get("defaultValue"),
        hide=hide,
        columns=_columns(component),
    )


def _columns(component: Mapping[str, Any]) -> int:
    columns = (component.get("layout") or {}).get("columns")
    return columns if isinstance(columns, int) and 1 <= columns <= 16 else 16


def _pattern(written: Any, key: str, problems: list[tuple[str, str]]) -> re.Pattern[str] | None:
    """A pattern runs on what strangers typed, so one that could take for ever is refused: see `MOST_OPEN_REPEATS`."""
    if not written:
        return None
    text = str(written)
    if re.search(r"\)[*+{]", text) or len(re.findall(r"(?<!\\)(?:[*+]|\{\d*,\})", text)) > MOST_OPEN_REPEATS:
        problems.append((key, f"the pattern repeats a bracket, or has more than {MOST_OPEN_REPEATS} open repeats"))
        return None
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        problems.append((key, f"the pattern cannot be read: {error}"))
        return None


def _longest(kind: str) -> int:
    return LONGEST_TEXT if kind == "textarea" else LONGEST_LINE


def _choices(
    component: Mapping[str, Any], kind: str, key: str, problems: list[tuple[str, str]]
) -> tuple[tuple[Choice, ...], str | None]:
    if kind not in CHOOSING:
        return (), None
    source = component.get("valuesKey")
    if source is not None:
        if source not in SOURCES:
            problems.append((key, f"valuesKey {source!r} is not one of {', '.join(sorted(SOURCES))}"))
        return (), str(source)
    values = component.get("values")
    if not isinstance(values, list) or not values:
        problems.append((key, "it needs values or a valuesKey"))
        return (), None
    choices = []
    for value in values:
        if not isinstance(value, dict) or not all(isinstance(value.get(each), str) for each in ("value", "label")):
            problems.append((key, "every option needs a label and a value, both texts"))
            return (), None
        choices.append(Choice(value["value"], Words(value["label"], str(value.get("label_en") or value["label"]))))
    if len({choice.value for choice in choices}) != len(choices):
        problems.append((key, "two options have the same value"))
    return tuple(choices), None


def _words(component: Mapping[str, Any], what: str) -> Words | None:
    zh = component.get(what)
    if not isinstance(zh, str) or not zh.strip():
        return None
    properties = component.get("properties") or {}
    english = properties.get("label_en" if what == "dateLabel" else f"{what}_en")
    return Words(zh.strip(), str(english).strip() if english else zh.strip())


def _number(value: Any) -> float | None:
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return None


def _fields(parts: Iterable[Part]) -> Iterator[Field]:
    for part in parts:
        if isinstance(part, Group):
            yield from _fields(part.parts)
        elif isinstance(part, Field):
            yield part


class _Wrong(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = {"zh": zh, "en": en}


def _typed(field: Field, sent: Any, options: tuple[Choice, ...], zone: tzinfo) -> Any:
    """The answer in its type, or None for no answer."""
    if field.many:
        return _chosen(field, sent, options)
    if field.type == "checkbox":
        return _ticked(sent)
    if (isinstance(sent, str) and not sent.strip()) or sent is None:
        return None
    if field.type == "number":
        return _counted(field, sent)
    if not isinstance(sent, str):
        raise _Wrong("这里需要文字。", "This must be a text.")
    if field.type in CHOOSING:
        if sent not in {choice.value for choice in options}:
            raise _Wrong("请从给出的选项中选择。", "Choose one of the options.")
        return sent
    if field.type == "datetime":
        return _dated(field, sent.strip(), zone)
    return _written(field, sent)


def _chosen(field: Field, sent: Any, options: tuple[Choice, ...]) -> list[str] | None:
    values = [] if sent is None or sent == "" else [sent] if isinstance(sent, str) else sent
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _Wrong("请从给出的选项中选择。", "Choose from the options.")
    allowed = {choice.value for choice in options}
    values = list(dict.fromkeys(value for value in values if value))
    if any(value not in allowed for value in values):
        raise _Wrong("请从给出的选项中选择。", "Choose from the options.")
    if len(values) > MOST_CHOSEN:
        raise _Wrong(f"最多选择 {MOST_CHOSEN} 项。", f"Choose at most {MOST_CHOSEN}.")
    return values or None


def _ticked(sent: Any) -> bool:
    if isinstance(sent, bool) or sent is None:
        return bool(sent)
    if sent in ("true", "on", "1"):
        return True
    if sent in ("false", "off", "0", ""):
        return False
    raise _Wrong("这里只能勾选或不勾选。", "This can only be ticked or not.")


def _counted(field: Field, sent: Any) -> int | float:
    if isinstance(sent, bool) or not isinstance(sent, int | float | str):
        raise _Wrong("请填写数字。", "Write a number.")
    try:
        value = float(sent)
    except ValueError:
        raise _Wrong("请填写数字。", "Write a number.") from None
    if not abs(value) <= LARGEST:  # also refuses nan
        raise _Wrong("数字太大。", "The number is too large.")
    if field.least is not None and value < field.least:
        raise _Wrong(f"不能小于 {field.least:g}。", f"It must be at least {field.least:g}.")
    if field.most is not None and value > field.most:
        raise _Wrong(f"不能大于 {field.most:g}。", f"It must be at most {field.most:g}.")
    if round(value, field.decimals) != value:
        if field.decimals == 0:
            raise _Wrong("请填写整数。", "Write a whole number.")
        raise _Wrong(f"最多保留 {field.decimals} 位小数。", f"At most {field.decimals} digits after the point.")
    return value if field.decimals else int(value)


def _dated(field: Field, sent: str, zone: tzinfo) -> str:
    try:
        if field.kind == "time":
            return time.fromisoformat(sent).strftime("%H:%M")
        if field.kind == "date":
            return date.fromisoformat(sent).isoformat()
        at = datetime.fromisoformat(sent)
    except ValueError:
        raise _Wrong("请填写有效的日期和时间。", "Write a valid date or time.") from None
    if not 2000 <= at.year <= 2199:
        raise _Wrong("年份不在 2000 至 2199 之间。", "The year must lie between 2000 and 2199.")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat(timespec="minutes")


def _written(field: Field, sent: str) -> str:
    value = _CONTROL.sub("", sent.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if field.type == "textfield":
        value = " ".join(value.split("\n"))
    if len(value) > field.longest:
        raise _Wrong(
            f"最多 {field.longest} 字，现在是 {len(value)} 字。",
            f"At most {field.longest} characters; these are {len(value)}.",
        )
    if len(value) < field.shortest:
        raise _Wrong(f"至少 {field.shortest} 字。", f"At least {field.shortest} characters.")
    if field.pattern is not None and not field.pattern.search(value):
        raise _Wrong("格式不对。", "This does not have the right form.")
    if field.kind == "phone" and not _PHONE.fullmatch(value):
        raise _Wrong("请填写电话号码。", "Write a telephone number.")
    if field.kind == "email" and not _EMAIL.fullmatch(value):
        raise _Wrong("请填写电子邮箱。", "Write an e-mail address.")
    return value


def _empty(field: Field, value: Any) -> bool:
    return value is None or (field.type == "checkbox" and value is False)


def _missing(field: Field) -> dict[str, str]:
    if field.type == "checkbox":
        return {"zh": "请确认并勾选。", "en": "Please confirm by ticking."}
    if field.many:
        return {"zh": "请至少选择一项。", "en": "Choose at least one."}
    if field.type in CHOOSING:
        return {"zh": "请选择。", "en": "Please choose."}
    return {"zh": "请填写。", "en": "Please fill this in."}
