"""A letter becomes a case, or goes to the case that it answers; once, whatever dies in between.

The row of a mail is written in the transaction of its case. A mail that comes again finds it and changes nothing,
unless it had been refused: then it is tried anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import citizen, documents, intake, process
from engine.cases import Case, PartyIn, id_of_number, lock_case, masked_name
from engine.documents import Kept
from engine.errors import Invalid
from engine.people import limit_tries
from engine.process import World
from webhooks import whereabouts
from webhooks.mailbox.letter import Letter
from webhooks.mailbox.model import Mail, Outcome
from webhooks.mailbox.reply import mark_of, reply

CHANNEL = "secretary_mailbox"
KIND = "complaint"
CONFIDENTIAL = frozenset({"confidential", "保密"})
LONGEST = 19_000
"""Signs of a text that stand in the case itself; a longer one is added to it as a paper, whole."""
LONGEST_NOTE = 2_000
LONGEST_TITLE = 200
MOST_FROM_SENDER = 30
NO_SUBJECT, NO_TEXT, WHOLE_TEXT = "（无主题）", "（邮件没有正文）", "正文.txt"
_NUMBER = re.compile(r"(?<![A-Z0-9-])[A-Z0-9]{1,8}-\d{8}-\d{4,7}(?![0-9])")
_QUOTED = re.compile(
    r"^(?:-{2,}\s*(?:original message|原始邮件|原邮件).*|>.*|在.{0,120}写道[:：]?|on .{0,120}wrote:)$", re.I
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a mail came: `came_by` imap or drop, `found_in` where it lies, `received_at` when the box took it."""

    key: str
    came_by: str
    found_in: str
    size_bytes: int
    received_at: datetime


def outcome_of(session: Session, key: str) -> Outcome | None:
    """What became of a mail before; None for one that is new."""
    found = session.scalar(select(Mail.outcome).where(Mail.key == key))
    return None if found is None else Outcome(found)


def note_sender(session: Session, letter: Letter, *, now: datetime) -> None:
    """Counts a mail of a sender before it is filed. Raises Unavailable `mail.too_many`. Commit before filing."""
    limit_tries(
        session,
        f"mail:from:{mark_of(letter.sender)}",
        most=MOST_FROM_SENDER,
        code="mail.too_many",
        sentence="There was too much mail from one sender in a short time.",
        now=now,
    )


def take(
    session: Session,
    world: World,
    letter: Letter,
    arrival: Arrival,
    papers: Sequence[Kept],
    refused: Sequence[str],
    *,
    now: datetime,
) -> Outcome:
    """Files a letter, or adds it to the case that it answers. `refused` says which attachments were not taken, and why.

    The same mail again gives what became of it before. Raises what `intake.file_case` refuses.
    """
    mail, done = _claim(session, letter, arrival, now=now)
    if done:
        return Outcome(mail.outcome)
    answered = None if letter.machine else _answered(session, letter)
    if letter.machine:
        mail.outcome, mail.why = Outcome.LEFT, letter.machine
    elif answered is not None:
        _add(session, world, answered, letter, papers, now=now)
        mail.outcome, mail.case_id = Outcome.ADDED, answered.id
    else:
        case = _file(session, world, letter, arrival, papers, refused, now=now)
        mail.outcome, mail.case_id = Outcome.FILED, case.id
        reply(session, world, letter, case, key=arrival.key, now=now)
    return Outcome(mail.outcome)


def refuse(session: Session, arrival: Arrival, why: str, *, letter: Letter | None = None, now: datetime) -> Outcome:
    """Notes that a mail cannot be filed, for an operator to see. One that was filed before stays filed."""
    mail, done = _claim(session, letter, arrival, now=now)
    if not done:
        mail.outcome, mail.why = Outcome.REFUSED, why[:40]
    return Outcome(mail.outcome)


def _claim(session: Session, letter: Letter | None, arrival: Arrival, *, now: datetime) -> tuple[Mail, bool]:
    """The row of a mail, and whether it is done with. Whoever claims it second waits here for the first."""
    sender = letter.sender if letter is not None else None
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    blank = {"key": arrival.key, "at": now, "came_by": arrival.came_by, "outcome": Outcome.REFUSED.value}
    blank |= {"why": "", "size_bytes": arrival.size_bytes, "sender_shown": "", "found_in": ""}
    session.execute(insert(Mail).values(**blank).on_conflict_do_nothing())
    mail = session.scalars(select(Mail).where(Mail.key == arrival.key).with_for_update()).one()
    if mail.outcome != Outcome.REFUSED:
        return mail, True
    mail.at, mail.came_by, mail.found_in = now, arrival.came_by, arrival.found_in[:200]
    if sender:
        mail.sender_mark, mail.sender_shown = mark_of(sender), _masked(sender)
    return mail, False


def _masked(address: str) -> str:
    """w**@example.org: enough to talk about it, not to write to it."""
    name, _, host = address.rpartition("@")
    return f"{masked_name(name)}@{host}"[:80]


def _answered(session: Session, letter: Letter) -> Case | None:
    """The open case whose number stands in the subject, where the same sender's mail had filed it."""
    for number in _NUMBER.findall(letter.subject)[:3]:
        case_id = id_of_number(session, number)
        if case_id is None or letter.sender is None:
            continue
        own = select(Mail.id).where(Mail.case_id == case_id, Mail.sender_mark == mark_of(letter.sender)).limit(1)
        if session.scalar(own) is not None and not (case := lock_case(session, case_id)).ended:
            return case
    return None


def _add(session: Session, world: World, case: Case, letter: Letter, papers: Sequence[Kept], *, now: datetime) -> None:
    lines = [line for line in letter.text.splitlines() if not _QUOTED.match(line.strip())]
    words = "\n".join(lines).strip() or letter.subject
    tracking = citizen.vouched(case)
    citizen.add_note(session, world, tracking, words[:LONGEST_NOTE], now=now)
    _attach(session, world, citizen.case_for_papers(session, tracking), papers, now=now)


def _file(
    session: Session,
    world: World,
    letter: Letter,
    arrival: Arrival,
    papers: Sequence[Kept],
    refused: Sequence[str],
    *,
    now: datetime,
) -> Case:
    config = world.config.mailbox
    tags = {tag.lower() for tag in letter.tags}
    words = f"{letter.bare_subject}\n{letter.text}"
    found = world.releases.current(session).keywords.sort(words[:5000])
    case = intake.file_case(
        session,
        world,
        intake.Filing(
            channel=CHANNEL,
            kind=KIND,
            category=found.category,
            title=(letter.bare_subject or citizen.title_of(letter.text) or NO_SUBJECT)[:LONGEST_TITLE],
            description=_described(letter, refused),
            place_id=_place(session, world, letter, words),
            received_at=min(arrival.received_at, now),
            external_no=arrival.key,
            parties=_sender(letter),
            anonymous=letter.sender is None,
            confidential=config.confidential or bool(tags & CONFIDENTIAL),
        ),
        viewer=None,
        now=now,
    )
    facts = {"category": found.category, "words": list(found.words)}
    process.record(session, case, "case.sorted", actor_id=None, now=now, facts=facts)
    _attach(session, world, case.id, papers, now=now)
    return case


def _described(letter: Letter, refused: Sequence[str]) -> str:
    text = letter.text or NO_TEXT
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…\n\n（全文见附件“{WHOLE_TEXT}” / The whole text is attached.）"
    said = [f"未收的附件 / Not taken: {each}"[:300] for each in refused[:5]]
    return "\n".join([text, *(["", *said] if said else [])])


def papers_of(world: World, letter: Letter) -> tuple[list[Kept], list[str]]:
    """What is kept of the attachments, and what is said of each that is not taken. Touches no row; idempotent."""
    kept: list[Kept] = []
    refused: list[str] = []
    attached = [(each.name, each.data) for each in letter.attachments]
    if len(letter.text) > LONGEST:
        attached.append((WHOLE_TEXT, letter.text.encode()))
    for name, data in attached:
        try:
            kept.append(documents.keep(world.config.documents, name, data))
        except Invalid as refusal:
            words = refusal.facts["words"]
            refused.append(str(words["zh" if world.config.locale.startswith("zh") else "en"]))
    return kept, refused


def _attach(session: Session, world: World, case_id: int, papers: Sequence[Kept], *, now: datetime) -> None:
    limits = world.config.documents
    for paper in papers[: limits.per_case]:
        documents.attach(session, case_id, paper, limits=limits, actor_id=None, now=now, protected=True)


def _sender(letter: Letter) -> tuple[PartyIn, ...]:
    if letter.sender is None:
        return ()
    name = letter.sender_name or letter.sender.partition("@")[0]
    return (PartyIn("applicant", name[:120], address=letter.sender[:300], protected=True),)


def _place(session: Session, world: World, letter: Letter, words: str) -> str:
    """By the tag of the address it was sent to, else by what it says, else where the office has it filed."""
    for tag in letter.tags:
        if (place := whereabouts.of_code(session, world, tag)) is not None:
            return place
    named = whereabouts.of_text(session, world, words)
    return named or world.config.mailbox.place or citizen.find_place(session, world, "").unit.id
