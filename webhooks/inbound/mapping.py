"""From what was sent to our form, by the rules of a source. Pure; only the place still has to be found in the tree.

Every fault is told at once, each with the path in what was sent and the field of our form. Values of theirs are not
repeated in a fault unless a value map has to be mended for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.cases import PartyIn
from engine.config import PartyRuleConfig, RuleConfig, SourceConfig, TimeRuleConfig, VersionRuleConfig
from engine.errors import REQUIRED, Invalid
from engine.triage import DEFAULTS
from webhooks.inbound.reading import Tree, find

Words = Mapping[str, str]
TRUE = frozenset({"true", "1", "yes", "y", "on", "是"})
FALSE = frozenset({"false", "0", "no", "n", "off", "否", ""})
LONGEST_NUMBER = 80
"""As much as a case keeps of a number of theirs."""
NOBODY = "诉求人"
"""Who is called by nothing but a telephone."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that cannot be taken: where it stands in what was sent, and for which field of ours."""

    path: str
    field: str
    says: Words


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as it was sent, in our words. `place` are the texts that say where, as the source's rule reads them."""

    external_no: str
    version: str | None
    place: tuple[str, ...]
    fields: Mapping[str, Any]
    """The other fields of a `Filing`, by name."""
    rules_of_parties: tuple[int, ...]
    """By which rule of the source each party was read."""


@dataclass(slots=True)
class _Reader:
    """Reads values by rules, and collects what is wrong."""

    tree: Tree
    zone: ZoneInfo
    faults: list[Fault] = field(default_factory=list)

    def blame(self, rule: RuleConfig, name: str, says: Words) -> None:
        self.faults.append(Fault(rule.path[0] if rule.path else "", name, says))

    def value(self, rule: RuleConfig | None, name: str) -> Any:
        """A plain value, or None where nothing is said."""
        if rule is None:
            return None
        if rule.value is not None:
            return rule.value
        found = self._found(rule)
        if found is None:
            return rule.default
        if rule.values is None:
            return found
        theirs = _as_text(found)
        if theirs in rule.values:
            return rule.values[theirs]
        if rule.default is None:
            zh, en = f"对照表里没有“{theirs[:60]}”。", f"The value map has no {theirs[:60]!r}."
            self.blame(rule, name, {"zh": zh, "en": en})
        return rule.default

    def text(self, rule: RuleConfig | None, name: str, *, needed: bool = False) -> str | None:
        found = self.value(rule, name)
        text = "" if found is None else _as_text(found).strip()
        if rule is not None and rule.cut is not None and len(text) > rule.cut:
            text = text[: rule.cut - 1] + "…"
        if not text and needed and rule is not None and not self._is_blamed(name):
            self.blame(rule, name, REQUIRED)
        return text or None

    def boolean(self, rule: RuleConfig | None, name: str) -> bool:
        found = self.value(rule, name)
        if found is None or isinstance(found, bool):
            return bool(found)
        word = _as_text(found).strip().lower()
        if rule is not None and word not in TRUE | FALSE:
            self.blame(rule, name, {"zh": "应为是或否。", "en": "Yes or no is needed."})
        return word in TRUE

    def number(self, rule: RuleConfig, name: str) -> int | float | None:
        found = self.value(rule, name)
        if found is None or (isinstance(found, int | float) and not isinstance(found, bool)):
            return found
        text = _as_text(found).strip()
        if not text:
            return None
        try:
            return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else float(text)
        except ValueError:
            self.blame(rule, name, {"zh": "应为数字。", "en": "A number is needed."})
            return None

    def instant(self, rule: TimeRuleConfig, name: str) -> datetime | None:
        text = self.text(rule, name)
        if text is None:
            return None
        zone = ZoneInfo(rule.zone) if rule.zone else self.zone
        try:
            at = _instant(text, rule.format, zone)
        except (ValueError, OverflowError, OSError):
            wanted = {"iso": "2026-11-26T09:30:00+08:00", "unix": "1795656600", "unix_ms": "1795656600000"}
            shown = wanted.get(rule.format, rule.format)
            self.blame(rule, name, {"zh": f"时间应形如 {shown}。", "en": f"An instant looks like {shown}."})
            return None
        return at

    def version(self, rule: VersionRuleConfig | None) -> str | None:
        """A text that sorts as the versions do."""
        if rule is None:
            return None
        if rule.kind == "instant":
            at = self.instant(rule, "version")
            if at is None and not self._is_blamed("version"):
                self.blame(rule, "version", REQUIRED)
            return None if at is None else at.isoformat(timespec="microseconds")
        text = self.text(rule, "version", needed=True) or ""
        if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
            self.blame(rule, "version", {"zh": "版本号应为非负整数。", "en": "A version is a whole number from 0."})
            return None
        return f"{int(text):020d}" if text else None

    def facts(self, rules: Mapping[str, RuleConfig]) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        for name, rule in rules.items():
            default, where = DEFAULTS[name], f"facts.{name}"
            value: Any
            if isinstance(default, bool):
                value = None if self.value(rule, where) is None else self.boolean(rule, where)
            elif isinstance(default, int):
                value = self.number(rule, where)
            else:
                value = self.text(rule, where)
            if value is not None:
                facts[name] = value
        return facts

    def party(self, rule: PartyRuleConfig, at: int) -> PartyIn | None:
        name = self.text(rule.name, f"parties.{at}.name")
        phone = self.text(rule.phone, f"parties.{at}.phone")
        if name is None and phone is None:
            return None
        return PartyIn(
            role=rule.role,
            name=name or NOBODY,
            type=self.text(rule.type, f"parties.{at}.type") or "person",
            phone=phone,
            address=self.text(rule.address, f"parties.{at}.address"),
            protected=self.boolean(rule.protected, f"parties.{at}.protected"),
            id_number=self.text(rule.id_number, f"parties.{at}.id_number"),
            unit_id=self.text(rule.unit_id, f"parties.{at}.unit_id"),
        )

    def _found(self, rule: RuleConfig) -> Any:
        said = [found for path in rule.path if (found := _plain(find(self.tree, path))) is not None]
        if rule.join is not None:
            return rule.join.join(_as_text(each).strip() for each in said) if said else None
        return said[0] if said else None

    def _is_blamed(self, name: str) -> bool:
        return any(fault.field == name for fault in self.faults)


def draft_of(source: SourceConfig, tree: Tree, *, now: datetime, zone: ZoneInfo) -> Draft:
    """Raises Invalid `inbound.invalid` naming every fault."""
    rules, reader = source.map, _Reader(tree, zone)
    number = reader.text(rules.external_no, "external_no", needed=True) or ""
    number = number and source.prefix + number
    if len(number) > LONGEST_NUMBER:
        at_most = {"zh": f"最多 {LONGEST_NUMBER} 个字。", "en": f"At most {LONGEST_NUMBER} characters."}
        reader.blame(rules.external_no, "external_no", at_most)
    fields: dict[str, Any] = {
        name: reader.text(getattr(rules, name), name, needed=True)
        for name in ("kind", "category", "title", "description")
    }
    for name in ("demand", "address_text"):
        fields[name] = reader.text(getattr(rules, name), name)
    for name in ("anonymous", "confidential"):
        fields[name] = reader.boolean(getattr(rules, name), name)
    received_at = None if rules.received_at is None else reader.instant(rules.received_at, "received_at")
    fields["received_at"] = received_at or now
    fields["facts"] = reader.facts(rules.facts)
    parties = {at: party for at, rule in enumerate(rules.parties) if (party := reader.party(rule, at)) is not None}
    fields["parties"] = tuple(parties.values())
    version = reader.version(rules.version)
    place = _place(reader, source)
    if not place and not reader._is_blamed("place_id"):
        reader.blame(rules.place_id, "place_id", REQUIRED)
    if reader.faults:
        raise refusal_of(reader.faults)
    return Draft(number, version, place, fields, tuple(parties))


def words_of(rule: RuleConfig | None, name: str, tree: Tree, *, zone: ZoneInfo, needed: bool = True) -> str | None:
    """One text by one rule, for messages. Raises Invalid `inbound.invalid`."""
    reader = _Reader(tree, zone)
    found = reader.text(rule, name, needed=needed)
    if reader.faults:
        raise refusal_of(reader.faults)
    return found


def refusal_of(faults: Sequence[Fault]) -> Invalid:
    """Names all of them: `fields` for whoever shows them, `faults` with both ends for whoever mends them."""
    fields: dict[str, dict[str, str]] = {}
    for fault in faults:
        said = fields.setdefault(fault.path or fault.field or "/", {"zh": "", "en": ""})
        for language, sentence in fault.says.items():
            named = f"{fault.field}: {sentence}" if fault.field else sentence
            said[language] = f"{said[language]} {named}".strip()
    places = ", ".join(dict.fromkeys(fault.field for fault in faults))
    listed = [{"path": each.path, "field": each.field, "says": dict(each.says)} for each in faults]
    return Invalid("inbound.invalid", f"The report cannot be taken: see {places}.", fields=fields, faults=listed)


def placed(source: SourceConfig, fields: Mapping[str, Words], draft: Draft) -> Invalid:
    """What intake says of the fields of our form, with the path where each was read."""
    return refusal_of([Fault(_path_of(source, name, draft), name, says) for name, says in fields.items()])


def _place(reader: _Reader, source: SourceConfig) -> tuple[str, ...]:
    rule = source.map.place_id
    if rule.by != "names":
        text = reader.text(rule, "place_id")
        return () if text is None else (text,)
    names = [_as_text(found).strip() for path in rule.path if (found := _plain(find(reader.tree, path))) is not None]
    return tuple(name for name in names if name)


def _path_of(source: SourceConfig, name: str, draft: Draft) -> str:
    """Of the names that intake gives to fields: `title`, `parties.0.phone`, and facts by their own name."""
    first, *rest = name.split(".")
    if first == "parties" and len(rest) == 2:
        rule = getattr(source.map.parties[draft.rules_of_parties[int(rest[0])]], rest[1], None)
    else:
        rule = source.map.facts.get(name) or getattr(source.map, first, None)
    return rule.path[0] if isinstance(rule, RuleConfig) and rule.path else ""


def _plain(found: Any) -> Any:
    """Lists and objects are no values; an empty text says nothing."""
    if isinstance(found, list):
        plain = [_as_text(each) for each in found if isinstance(each, str | int | float)]
        return "、".join(plain) or None
    return found if isinstance(found, bool | int | float) or (isinstance(found, str) and found.strip()) else None


def _as_text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _instant(text: str, form: str, zone: ZoneInfo) -> datetime:
    if form in ("unix", "unix_ms"):
        return datetime.fromtimestamp(int(text) / (1000 if form == "unix_ms" else 1), UTC)
    at = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007 - see below
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
