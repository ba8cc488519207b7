"""Versions of templates: uploaded by a unit for its own letters and those below it, chosen with a reason, taken back.

The choice of the nearest unit counts; where none was made, the template that ships. Versions and choices are only ever
added to, so what a letter was made from can always be seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from engine.errors import Invalid, NotFound
from engine.letters.building import shipped
from engine.letters.fields import is_known, label_of, name_of_field
from engine.letters.filling import Place, fields_in
from engine.letters.kinds import KINDS
from engine.letters.model import LetterChoice, LetterTemplate
from engine.letters.word import open_word
from engine.people import Viewer
from engine.reasons import reason_given
from engine.tasks import Form, Words
from engine.territory import ancestors

SHIPPED = 0
"""The version that ships with the product."""
MOST_FAULTS = 20
PARTS: Mapping[str, tuple[str, str]] = {
    "header": ("页眉", "Header"),
    "footer": ("页脚", "Footer"),
    "note": ("注释", "Notes"),
    "document": ("正文", "Text"),
}
"""What the parts of a Word file are called, by a piece of their names."""


@dataclass(frozen=True, slots=True)
class Template:
    """One version. `unit_id` None: the one that ships."""

    id: int | None
    unit_id: str | None
    version: int
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def known_kind(kind: str) -> str:
    """Raises NotFound."""
    if kind not in KINDS:
        raise NotFound("letter.kind", "There is no such letter.")
    return kind


def in_force(session: Session, kind: str, unit_id: str) -> Template:
    """What a unit's letters of the kind are made from now."""
    newest = (
        select(func.max(LetterChoice.id))
        .where(LetterChoice.kind == kind, LetterChoice.unit_id.in_(ancestors(unit_id)))
        .group_by(LetterChoice.unit_id)
    )
    nearest = session.scalars(
        select(LetterTemplate)
        .join(LetterChoice, LetterChoice.template_id == LetterTemplate.id)
        .where(LetterChoice.id.in_(newest))
        .order_by(func.length(LetterTemplate.unit_id).desc())
        .limit(1)
    ).first()
    return _shipped(kind) if nearest is None else _of(nearest)


def versions(session: Session, kind: str, unit_id: str) -> Sequence[LetterTemplate]:
    """What the unit uploaded, newest first, without the files."""
    return session.scalars(
        select(LetterTemplate)
        .options(defer(LetterTemplate.content, raiseload=True))
        .where(LetterTemplate.kind == kind, LetterTemplate.unit_id == unit_id)
        .order_by(LetterTemplate.version.desc())
        .limit(100)
    ).all()


def choices(session: Session, kind: str, unit_id: str) -> Sequence[LetterChoice]:
    """What the unit chose, newest first."""
    return session.scalars(
        select(LetterChoice)
        .where(LetterChoice.kind == kind, LetterChoice.unit_id == unit_id)
        .order_by(LetterChoice.id.desc())
        .limit(50)
    ).all()


def in_use(session: Session, unit_id: str) -> Mapping[str, tuple[str, int]]:
    """Kind → (unit, version) that letters of a unit are made from, for the kinds that do not use what ships."""
    newest = (
        select(func.max(LetterChoice.id))
        .where(LetterChoice.unit_id.in_(ancestors(unit_id)))
        .group_by(LetterChoice.kind, LetterChoice.unit_id)
    )
    rows = session.execute(
        select(LetterTemplate.kind, LetterTemplate.unit_id, LetterTemplate.version)
        .join(LetterChoice, LetterChoice.template_id == LetterTemplate.id)
        .where(LetterChoice.id.in_(newest))
    )
    found: dict[str, tuple[str, int]] = {}
    for kind, where, version in rows:
        if kind not in found or len(where) > len(found[kind][0]):
            found[kind] = (where, version)
    return found


def template_of(session: Session, kind: str, unit_id: str, version: int) -> Template:
    """A version of a unit, or the one that ships. Raises NotFound."""
    if version == SHIPPED:
        return _shipped(known_kind(kind))
    found = session.scalars(
        select(LetterTemplate).where(
            LetterTemplate.kind == kind, LetterTemplate.unit_id == unit_id, LetterTemplate.version == version
        )
    ).first()
    if found is None:
        raise NotFound("template.unknown", "There is no such version.")
    return _of(found)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be a template of its kind: only `check_template` makes one."""

    kind: str
    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def check_template(kind: str, name: str, data: bytes, forms: Mapping[str, Form]) -> Checked:
    """Looks at an upload, before the transaction that keeps it. `forms` are those in force.

    Raises NotFound for an unknown kind, Invalid `template.refused` for what is no harmless Word file, and Invalid
    `template.faulty` whose `faults` are sentences in both languages.
    """
    faults = faults_of(known_kind(kind), data, forms)
    if faults:
        raise Invalid("template.faulty", "The template cannot be used as it is.", faults=faults[:MOST_FAULTS])
    return Checked(kind, name.strip()[:120] or f"{kind}.docx", data)


def upload(session: Session, unit_id: str, checked: Checked, *, viewer: Viewer, now: datetime) -> LetterTemplate:
    """Keeps a checked version; it is not used before it is chosen. The same file again gives the version it was.

    Raises NotAllowed.
    """
    viewer.must("letter.template", unit_id)
    known = versions(session, checked.kind, unit_id)
    same = next((each for each in known if each.sha256 == checked.sha256), None)
    if same is not None:
        return same
    template = LetterTemplate(
        kind=checked.kind,
        unit_id=unit_id,
        version=max((each.version for each in known), default=SHIPPED) + 1,
        name=checked.name,
        content=checked.content,
        sha256=checked.sha256,
        uploaded_by=viewer.person_id,
        uploaded_at=now,
    )
    session.add(template)
    session.flush()
    return template


def choose(
    session: Session, kind: str, unit_id: str, version: int, reason: str, *, viewer: Viewer, now: datetime
) -> LetterChoice:
    """Uses a version from now on; 0 goes back to what the unit above uses, or to what ships.

    Letters that were issued stay as they are. Raises NotAllowed, NotFound, Invalid without a reason.
    """
    viewer.must("letter.template", unit_id)
    reason = reason_given(reason)
    template = template_of(session, kind, unit_id, version)
    choice = LetterChoice(
        kind=kind,
        unit_id=unit_id,
        template_id=template.id,
        reason=reason,
        chosen_by=viewer.person_id,
        chosen_at=now,
    )
    session.add(choice)
    session.flush()
    return choice


def faults_of(kind: str, data: bytes, forms: Mapping[str, Form]) -> list[Words]:
    """What keeps a file from being a template of the kind, each with where it stands. Raises Invalid as `open_word`."""
    faults, present = [], set()
    for found in fields_in(open_word(data)):
        name, (zh, en) = name_of_field(found.name), _where(found.place)
        if found.loose:
            faults.append(Words(f"{zh}：“{found.name}”不成对。", f"{en}: “{found.name}” has no counterpart."))
        elif not is_known(name, forms):
            faults.append(
                Words(f"{zh}：没有“{found.name}”这个字段。", f"{en}: there is no field called “{found.name}”.")
            )
        present.add(name)
    for name in KINDS[kind].needs:
        if name not in present:
            label = label_of(name, forms)
            faults.append(
                Words(
                    f"缺少必须有的字段“{label.zh}”：{{{{{name}}}}}。",
                    f"A field it must have is missing: {{{{{name}}}}}, {label.en}.",
                )
            )
    return faults


def _where(place: Place) -> tuple[str, str]:
    zh, en = next(words for part, words in PARTS.items() if part in place.part)
    table = ("表格中", " (in a table)") if place.in_table else ("", "")
    begins = (f"“{place.begins}”", f", “{place.begins}”") if place.begins else ("", "")
    said = f"{en}, paragraph {place.paragraph}{table[1]}{begins[1]}"
    return f"{zh}{table[0]}第 {place.paragraph} 段{begins[0]}", said


def _shipped(kind: str) -> Template:
    return Template(None, None, SHIPPED, shipped(kind))


def _of(row: LetterTemplate) -> Template:
    return Template(row.id, row.unit_id, row.version, bytes(row.content))
