"""A row becomes what a channel hands in, or the list of all that is wrong with it. Pure.

`Reader` holds what the rows of one file have in common, so that fifty thousand of them are read by one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.bulk.cells import Wrong, id_number, instant, number, phone, plain, trimmed, yes
from engine.bulk.columns import ColumnMap
from engine.bulk.places import Places
from engine.cases import RESPONDENT
from engine.deploy import UNSORTED, Keywords
from engine.intake import CHANNELS, KINDS, Filing, PartyIn
from engine.store import canonical_json

LONGEST = {"title": 200, "description": 20_000, "demand": 2_000, "address_text": 200, "external_no": 64}
LONGEST_PARTY = {"party_name": 100, "party_address": 200, "respondent": 100}
TITLE = 40
REQUESTER = "诉求人"
ANONYMOUS = "匿名诉求人"
ORGANISATION = re.compile(r"(公司|集团|局|委|所|中心|学校|医院|银行|店|部|处|会|站|队|厂)$")

Fault = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """A row as it was read: a filing, or faults. `sorted` where its words told the category, `approximate` where its
    place is known less exactly than it was written."""

    filing: Filing | None
    faults: Sequence[Fault]
    sorted: bool = False
    approximate: bool = False


class Reader:
    """Reads the rows of one file. `areas` are the units that its places must lie in."""

    def __init__(
        self, mapping: ColumnMap, places: Places, keywords: Keywords, *, zone: ZoneInfo, made_at: datetime
    ) -> None:
        """`made_at` is when the file was brought in: what has no time was received then, and nothing later."""
        self._mapping, self._places, self._keywords = mapping, places, keywords
        self._zone, self._made_at = zone, made_at
        self.columns = {name: column for column, name in mapping.columns.items()}
        self._usual = mapping.usual

    def read(self, cells: Sequence[str]) -> Read:
        row = _Row(self.columns, cells)
        texts = {name: row.text(name, most) for name, most in {**LONGEST, **LONGEST_PARTY}.items()}
        description = texts["description"] or texts["title"] or texts["demand"]
        if not description:
            row.blame("description", "没有写明反映的内容。", "It says nothing about the matter.")
        title = texts["title"] or _title(description)
        category, by_words = self._category(row, f"{title} {description}")
        place_id, approximate = self._place(row, texts["address_text"])
        anonymous = bool(row.value("anonymous", yes))
        filing = Filing(
            channel=self._word(row, "channel", CHANNELS),
            kind=self._word(row, "kind", KINDS),
            category=category,
            title=title,
            description=description,
            place_id=place_id,
            received_at=row.value("received_at", lambda cell: instant(cell, self._zone, self._made_at))
            or self._made_at,
            demand=texts["demand"] or None,
            address_text=texts["address_text"] or None,
            external_no=texts["external_no"] or None,
            facts=_facts(row),
            parties=tuple(_parties(row, texts, anonymous)),
            anonymous=anonymous,
            confidential=bool(row.value("confidential", yes)),
        )
        if row.faults:
            return Read(None, row.faults)
        return Read(filing, (), by_words, approximate)

    def _word(self, row: _Row, name: str, ours: Sequence[str]) -> str:
        """One of ours: as it is written, as the mapping says, or the usual one for a cell left empty."""
        cell = plain(row.cell(name))
        found = self._mapping.values.get(name, {}).get(cell, cell.lower()) if cell else self._usual.get(name, "")
        if found not in ours:
            row.blame(name, f"不认识“{cell}”。", f"{cell!r} is not known.")
        return found

    def _category(self, row: _Row, text: str) -> tuple[str, bool]:
        cell = plain(row.cell("category"))
        known = self._mapping.values.get("category", {}).get(cell) if cell else self._usual.get("category")
        if known:
            return known, False
        if cell in self._keywords.words or cell == UNSORTED:
            return cell, False
        return self._keywords.sort(f"{cell} {text}").category, True

    def _place(self, row: _Row, address: str) -> tuple[str, bool]:
        written = plain(row.cell("place_id"))
        found = self._places.find(written) if written else None
        if (found is None or not found.exact) and address:
            nearer = self._places.find(f"{written} {address}")
            found = nearer if nearer.place_id else found
        if found is not None and found.place_id is not None:
            return found.place_id, not found.exact
        if self._usual.get("place_id") and not written:
            return self._usual["place_id"], True
        said = written or address
        row.blame(
            "place_id" if written or "address_text" not in self.columns else "address_text",
            f"在您的辖区内找不到“{said[:40]}”。" if said else "没有写明地点。",
            f"There is no such place in your area: {said[:40]!r}." if said else "No place is written.",
            () if found is None else found.suggested,
        )
        return "", False


class _Row:
    """The cells of a row by field, gathering what is wrong with them."""

    def __init__(self, columns: Mapping[str, int], cells: Sequence[str]) -> None:
        self._columns, self._cells = columns, cells
        self.faults: list[Fault] = []

    def cell(self, name: str) -> str:
        column = self._columns.get(name)
        return self._cells[column] if column is not None and column < len(self._cells) else ""

    def text(self, name: str, most: int) -> str:
        cell = trimmed(self.cell(name))
        if len(cell) > most:
            self.blame(name, f"最多 {most} 个字。", f"At most {most:,} characters.")
        elif "\ufffd" in cell:
            self.blame(
                name, "有无法辨认的字符，可能是编码不一致。", "Some characters cannot be read; see its encoding."
            )
        return cell

    def value(self, name: str, read: Callable[[str], Any]) -> Any:
        cell = self.cell(name)
        if not plain(cell):
            return None
        try:
            return read(cell)
        except Wrong as wrong:
            self.blame(name, wrong.zh, wrong.en)
            return None

    def blame(self, name: str, zh: str, en: str, suggest: Sequence[str] = ()) -> None:
        fault: Fault = {"field": name, "zh": zh, "en": en}
        if name in self._columns:
            fault["column"] = self._columns[name]
        if suggest:
            fault["suggest"] = list(suggest)
        self.faults.append(fault)


def key_of(filing: Filing) -> str:
    """What makes a row one and the same wherever it comes from: its number there, or else all that it tells."""
    if filing.external_no is not None:
        told: list[Any] = [filing.channel, filing.external_no]
    else:
        people = [[each.role, each.name, each.phone, each.id_number] for each in filing.parties]
        told = [filing.title, filing.description, filing.demand, filing.place_id, filing.address_text, people]
    return hashlib.sha256(canonical_json(told).encode()).hexdigest()


def _facts(row: _Row) -> dict[str, Any]:
    found = {name: row.value(name, lambda cell: number(cell, whole=True)) for name in ("people_count", "repeat_count")}
    found["departments"] = row.value("departments", lambda cell: number(cell, whole=True))
    found["amount_cny"] = row.value("amount_cny", lambda cell: number(cell, whole=False))
    return {name: value for name, value in found.items() if value is not None}


def _parties(row: _Row, texts: Mapping[str, str], anonymous: bool) -> list[PartyIn]:
    tel, card = row.value("party_phone", phone), row.value("party_id_number", id_number)
    name, address = texts["party_name"], texts["party_address"] or None
    found = []
    if name or tel or card:
        known = name or (ANONYMOUS if anonymous else REQUESTER)
        kind = "org" if ORGANISATION.search(known) else "person"
        found.append(PartyIn("applicant", known, kind, tel, address, anonymous, card))
    if texts["respondent"]:
        kind = "org" if ORGANISATION.search(texts["respondent"]) else "person"
        found.append(PartyIn(RESPONDENT, texts["respondent"], kind))
    return found


def _title(description: str) -> str:
    """The first sentence, or as much of it as a list shows."""
    first = re.split(r"[。！？!?；;\n]|\. ", description, maxsplit=1)[0].strip()
    return first if len(first) <= TITLE else first[: TITLE - 1] + "…"
