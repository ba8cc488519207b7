"""Channels of many people and units brought in by an operator from a table: an office moves in with its addresses.

Columns: `person` (a user name) or `unit` (its id), `medium`, `to`, and perhaps `secret` and `language`. What is there
already stays as its owner set it. Addresses count as confirmed: whoever brings the table vouches for them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.config import NotifyConfig
from engine.errors import Invalid
from engine.notify.addresses import hash_of, offered, read_address, shown
from engine.notify.channels import FIRST_KINDS
from engine.notify.model import Medium, NoticeChannel, Rhythm
from engine.notify.timing import Timing
from engine.people import Person, operator_log
from engine.territory import units_by_id

NEEDED = frozenset({"medium", "to"})
KNOWN = NEEDED | {"person", "unit", "secret", "language"}
LANGUAGES = ("zh_CN", "en")
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """What a table brings: channels to be added, and how many lines are there already."""

    added: Sequence[NoticeChannel]
    same: int


def plan_channels(session: Session, text: str, config: NotifyConfig, *, locale: str, now: datetime) -> ChannelPlan:
    """Raises Invalid `channels.table` whose `faults` name every wrong line: (line, in Chinese, in English)."""
    lines = _lines(text)
    people = _people(session, [row["person"] for _, row in lines])
    units = units_by_id(session, (row["unit"] for _, row in lines if row["unit"]))
    there = _there(session)
    faults: list[tuple[int, str, str]] = []
    added: list[NoticeChannel] = []
    same = 0
    for line, row in lines:
        person_id = people.get(row["person"].lower()) if row["person"] else None
        try:
            if (person_id is None) == (row["unit"] not in units):
                raise _fault("须写明一个已有的账号或单位。", "Name a person or a unit that is there, not both.")
            channel = _channel(row, person_id, config, locale, now)
        except Invalid as refusal:
            words = next(iter(refusal.facts["fields"].values()))
            faults.append((line, words["zh"], words["en"]))
            continue
        key = (channel.person_id, channel.unit_id, channel.to_hash)
        same += key in there
        if key not in there:
            there.add(key)
            added.append(channel)
    if faults:
        raise _refused(faults)
    return ChannelPlan(added, same)


def import_channels(session: Session, text: str, config: NotifyConfig, *, locale: str, now: datetime) -> ChannelPlan:
    """Adds what `plan_channels` gives; each is written into the operators' log. Harmless when repeated."""
    plan = plan_channels(session, text, config, locale=locale, now=now)
    session.add_all(plan.added)
    for each in plan.added:
        subject = f"person:{each.person_id}" if each.unit_id is None else f"unit:{each.unit_id}"
        facts = {"medium": each.medium, "to": shown(each.medium, each.to)}
        operator_log.log(session, None, "channel.added", subject, now=now, facts=facts)
    session.flush()
    return plan


def _lines(text: str) -> Sequence[tuple[int, Mapping[str, str]]]:
    table = csv.DictReader(io.StringIO(text))
    columns = {(name or "").strip() for name in table.fieldnames or ()}
    if not columns >= NEEDED or not columns & {"person", "unit"} or not columns <= KNOWN:
        words = "medium, to, person, unit, secret, language"
        raise _refused([(1, f"列名须为 {words}（person 与 unit 至少一列）。", f"The columns are {words}.")])
    rows = [(table.line_num, {key: (row.get(key) or "").strip() for key in KNOWN}) for row in _cleaned(table)]
    if len(rows) > MOST_ROWS:
        raise _refused([(MOST_ROWS, f"最多 {MOST_ROWS} 行。", f"At most {MOST_ROWS} lines.")])
    return rows


def _cleaned(table: csv.DictReader[str]) -> Iterator[dict[str, str | None]]:
    for row in table:
        yield {(key or "").strip(): value if isinstance(value, str) else None for key, value in row.items()}


def _channel(
    row: Mapping[str, str], person_id: int | None, config: NotifyConfig, locale: str, now: datetime
) -> NoticeChannel:
    there = offered(config, for_unit=person_id is None)
    if row["medium"] not in there:
        names = ", ".join(there)
        raise _fault(f"渠道须为：{names}。", f"The medium is one of: {names}.")
    if row["language"] and row["language"] not in LANGUAGES:
        raise _fault("语言须为 zh_CN 或 en。", "The language is zh_CN or en.")
    medium = Medium(row["medium"])
    to = read_address(medium, row["to"], config)
    return NoticeChannel(
        person_id=person_id,
        unit_id=row["unit"] if person_id is None else None,
        medium=medium.value,
        to=to,
        to_hash=hash_of(medium, to),
        secret=row["secret"][:200] or None,
        locale=row["language"] or locale,
        kinds=[kind.value for kind in FIRST_KINDS],
        rhythm=Rhythm.AT_ONCE.value,
        daily_minute=Timing().daily_minute,
        quiet_days_off=False,
        set_at=now,
        confirmed_at=now,
    )


def _people(session: Session, usernames: Sequence[str]) -> dict[str, int]:
    wanted = sorted({name.lower() for name in usernames if name})
    found = select(Person.username, Person.id).where(Person.username.in_(wanted), Person.active)
    return dict(session.execute(found).all())


def _there(session: Session) -> set[tuple[Any, ...]]:
    rows = session.execute(select(NoticeChannel.person_id, NoticeChannel.unit_id, NoticeChannel.to_hash))
    return {tuple(row) for row in rows}


def _fault(zh: str, en: str) -> Invalid:
    return Invalid("channel.line", en, fields={"line": {"zh": zh, "en": en}})


def _refused(faults: Sequence[tuple[int, str, str]]) -> Invalid:
    said = "\n".join(f"line {line}: {en}" for line, _zh, en in faults)
    return Invalid("channels.table", f"The table cannot be used:\n{said}", faults=list(faults))
