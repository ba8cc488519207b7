"""The answer to whoever wrote: number and tracking code, in both languages, where mail leaves here."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from engine import citizen, notify
from engine.cases import Case
from engine.errors import Unavailable
from engine.people import limit_tries
from engine.process import World
from webhooks.mailbox.letter import Letter

MOST_REPLIES = 4
"""To one address in a quarter of an hour: whoever writes in somebody else's name must not have us flood them."""
TOO_MANY = "This address was written to often enough for now."


def mark_of(address: str | None) -> str:
    """What tells two senders apart and says neither."""
    return hashlib.sha256(f"mail:{(address or '').lower()}".encode("utf-8", "surrogatepass")).hexdigest()


def reply(session: Session, world: World, letter: Letter, case: Case, *, key: str, now: datetime) -> None:
    """Queues it in the transaction that files the case. Nothing of what they wrote is repeated."""
    if not world.config.notify.smtp.host or letter.sender is None:
        return
    try:
        what = f"mail:reply:{mark_of(letter.sender)}"
        limit_tries(session, what, most=MOST_REPLIES, code="mail.too_many", sentence=TOO_MANY, now=now)
    except Unavailable:
        return
    code = citizen.in_groups(citizen.code_of_filed(session, world, case, now=now))
    base = world.config.server.public_url
    where_zh, where_en = (f"，请在 {base}/t 查询", f"; follow it at {base}/t") if base else ("", "")
    notify.mail(
        session,
        letter.sender,
        f"[{case.number}] 来信已收到 / Your mail has arrived",
        f"您的来信已收到，编号 {case.number}。\n查询码 {code}{where_zh}。\n"
        "如需补充，请直接回复本邮件，主题中保留编号。\n\n"
        f"Your mail has arrived; its number is {case.number}.\nThe tracking code is {code}{where_en}.\n"
        "To add something, answer this mail and keep the number in its subject.\n",
        key=f"mailbox-{key[:32]}",
        now=now,
        answers=letter.message_id or None,
    )
