"""One answer checked against one question: what a browser or a machine sent becomes a typed, JSON-safe value."""

from __future__ import annotations

import re
from datetime import date, datetime, time, tzinfo
from typing import Any

from engine.tasks.fields import CHOOSING, LARGEST, MOST_CHOSEN, Choice, Field

_PHONE = re.compile(r"[0-9+][0-9 ()-]{4,30}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Wrong(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = {"zh": zh, "en": en}


def typed(field: Field, sent: Any, options: tuple[Choice, ...], zone: tzinfo) -> Any:
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
        raise Wrong("这里需要文字。", "This must be a text.")
    if field.type in CHOOSING:
        if sent not in {choice.value for choice in options}:
            raise Wrong("请从给出的选项中选择。", "Choose one of the options.")
        return sent
    if field.type == "datetime":
        return _dated(field, sent.strip(), zone)
    return _written(field, sent)


def _chosen(field: Field, sent: Any, options: tuple[Choice, ...]) -> list[str] | None:
    values = [] if sent is None or sent == "" else [sent] if isinstance(sent, str) else sent
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Wrong("请从给出的选项中选择。", "Choose from the options.")
    allowed = {choice.value for choice in options}
    values = list(dict.fromkeys(value for value in values if value))
    if any(value not in allowed for value in values):
        raise Wrong("请从给出的选项中选择。", "Choose from the options.")
    if len(values) > MOST_CHOSEN:
        raise Wrong(f"最多选择 {MOST_CHOSEN} 项。", f"Choose at most {MOST_CHOSEN}.")
    return values or None


def _ticked(sent: Any) -> bool:
    if isinstance(sent, bool) or sent is None:
        return bool(sent)
    if sent in ("true", "on", "1"):
        return True
    if sent in ("false", "off", "0", ""):
        return False
    raise Wrong("这里只能勾选或不勾选。", "This can only be ticked or not.")


def _counted(field: Field, sent: Any) -> int | float:
    if isinstance(sent, bool) or not isinstance(sent, int | float | str):
        raise Wrong("请填写数字。", "Write a number.")
    try:
        value = float(sent)
    except ValueError:
        raise Wrong("请填写数字。", "Write a number.") from None
    if not abs(value) <= LARGEST:  # also refuses nan
        raise Wrong("数字太大。", "The number is too large.")
    if field.least is not None and value < field.least:
        raise Wrong(f"不能小于 {field.least:g}。", f"It must be at least {field.least:g}.")
    if field.most is not None and value > field.most:
        raise Wrong(f"不能大于 {field.most:g}。", f"It must be at most {field.most:g}.")
    if round(value, field.decimals) != value:
        if field.decimals == 0:
            raise Wrong("请填写整数。", "Write a whole number.")
        raise Wrong(f"最多保留 {field.decimals} 位小数。", f"At most {field.decimals} digits after the point.")
    return value if field.decimals else int(value)


def _dated(field: Field, sent: str, zone: tzinfo) -> str:
    try:
        if field.kind == "time":
            return time.fromisoformat(sent).strftime("%H:%M")
        if field.kind == "date":
            return date.fromisoformat(sent).isoformat()
        at = datetime.fromisoformat(sent)
    except ValueError:
        raise Wrong("请填写有效的日期和时间。", "Write a valid date or time.") from None
    if not 2000 <= at.year <= 2199:
        raise Wrong("年份不在 2000 至 2199 之间。", "The year must lie between 2000 and 2199.")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat(timespec="minutes")


def _written(field: Field, sent: str) -> str:
    value = _CONTROL.sub("", sent.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if field.type == "textfield":
        value = " ".join(value.split("\n"))
    if len(value) > field.longest:
        raise Wrong(
            f"最多 {field.longest} 字，现在是 {len(value)} 字。",
            f"At most {field.longest} characters; these are {len(value)}.",
        )
    if len(value) < field.shortest:
        raise Wrong(f"至少 {field.shortest} 字。", f"At least {field.shortest} characters.")
    if field.pattern is not None and not field.pattern.search(value):
        raise Wrong("格式不对。", "This does not have the right form.")
    if field.kind == "phone" and not _PHONE.fullmatch(value):
        raise Wrong("请填写电话号码。", "Write a telephone number.")
    if field.kind == "email" and not _EMAIL.fullmatch(value):
        raise Wrong("请填写电子邮箱。", "Write an e-mail address.")
    return value


def empty(field: Field, value: Any) -> bool:
    return value is None or (field.type == "checkbox" and value is False)


def missing(field: Field) -> dict[str, str]:
    if field.type == "checkbox":
        return {"zh": "请确认并勾选。", "en": "Please confirm by ticking."}
    if field.type == "filepicker":
        return {"zh": "请签名。", "en": "Please sign."} if field.drawn else {"zh": "请添加。", "en": "Please add one."}
    if field.many:
        return {"zh": "请至少选择一项。", "en": "Choose at least one."}
    if field.type in CHOOSING:
        return {"zh": "请选择。", "en": "Please choose."}
    return {"zh": "请填写。", "en": "Please fill this in."}
