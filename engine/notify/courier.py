"""The job that brings sendings to people: claimed in one transaction, sent in none, marked one by one.

A crash between sending and marking sends again when the lease is over, under the same Message-ID. Mails share a
connection and one thread; robots and webhooks are called beside it, so that one that hangs keeps no mail waiting.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import people
from engine.cases import Case
from engine.clock import Clock
from engine.config import NotifyConfig
from engine.errors import NotFound, Refusal
from engine.notify import sendings
from engine.notify.model import Medium, Message, Notice, NoticeChannel, Sending
from engine.notify.read import still_theirs
from engine.notify.robots import call_for, fault_in
from engine.notify.smtp import MailRefused, MailServer, build, mail_server
from engine.outward import Outward, Refused
from engine.store import Store, failpoint

MOST = 100
AT_THE_SAME_TIME = 8
ROUND_SECONDS = 200
"""After so long the rest of a round is given back: its lease must not run out under a mail."""

NO_SERVER = "notify.no_server"

log = structlog.get_logger("notify")


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of news, for whoever puts it into words."""

    notice: Notice
    case: Case


@dataclass(frozen=True, slots=True)
class Said:
    """News in words: for a mail, for a robot (`text`), and as data for a webhook."""

    subject: str
    text: str
    html: str | None = None
    news: Sequence[Mapping[str, Any]] = ()


class Teller(Protocol):
    """Puts news into the words of a channel's language."""

    def __call__(self, session: Session, channel: NoticeChannel, told: Sequence[Told]) -> Said: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sending as it leaves; `said` None when nobody may read it any more."""

    sending: Sending
    medium: Medium
    to: str
    secret: str | None
    said: Said | None


@dataclass
class Courier:
    """`robots` may call where the operator's configuration says, `webhooks` what people wrote down."""

    store: Store
    clock: Clock
    config: NotifyConfig
    tell: Teller
    robots: Outward
    webhooks: Outward
    trust: ssl.SSLContext | None = None
    """What the mail server's certificate is checked against; None: what the machine trusts."""
    _forgot_on: Any = field(default=None, init=False)
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)

    def work(self) -> int:
        """Sends whatever is due until this node stops; gives how much was claimed. Harmless on several nodes."""
        tried = 0
        while not self._stopping.is_set() and (count := self._round()):
            tried += count
            if count < MOST:
                break
        self._forget()
        return tried

    def stop(self) -> None:
        """Begins nothing more: what is being sent is finished, what is claimed and not begun is given back."""
        self._stopping.set()

    def _round(self) -> int:
        now = self.clock.now()
        with self.store.reading() as session:
            if not sendings.is_due(session, now=now):
                return 0
        with self.store.transaction() as session:
            sendings.gather(session, now=now, most=MOST)
            claimed = sendings.claim(session, now=now, most=MOST)
        if not claimed:
            return 0
        with self.store.reading() as session:
            parcels = packed(session, claimed, self.tell, now=now)
        mails = [each for each in parcels if each.medium is Medium.EMAIL and each.said is not None]
        calls = [each for each in parcels if each.medium is not Medium.EMAIL and each.said is not None]
        for parcel in parcels:
            if parcel.said is None:
                with self.store.transaction() as session:
                    sendings.mark_dropped(session, parcel.sending.id, now=now)
        with ThreadPoolExecutor(max_workers=AT_THE_SAME_TIME, thread_name_prefix="notify") as pool:
            done = [pool.submit(self._mail, mails)] if mails else []
            done += [pool.submit(self._call, parcel) for parcel in calls]
            for each in done:
                each.result()
        return len(claimed)

    def _mail(self, parcels: Sequence[Parcel]) -> None:
        began = time.monotonic()
        down: str | None = None if self.config.smtp.host else NO_SERVER
        with mail_server(self.config.smtp, trust=self.trust) as server:
            for at, parcel in enumerate(parcels):
                if self._stopping.is_set() or time.monotonic() - began > ROUND_SECONDS:
                    self._give_back(parcels[at:])
                    break
                if down is not None:
                    self._failed(parcel, down)
                    continue
                try:
                    self._post(server, parcel)
                except MailRefused as fault:
                    self._failed(parcel, str(fault), for_good=fault.for_good)
                except (OSError, smtplib.SMTPException) as fault:
                    down = f"{type(fault).__name__}: {fault}"
                    self._failed(parcel, down)
                except Exception as fault:  # whatever one mail does, the others leave
                    self._failed(parcel, f"{type(fault).__name__}: {fault}", for_good=True)

    def _post(self, server: MailServer, parcel: Parcel) -> None:
        said, sending = parcel.said, parcel.sending
        assert said is not None
        message = build(
            self.config.smtp,
            parcel.to,
            said.subject,
            said.text,
            key=sending.key,
            at=sending.created_at,
            html=said.html,
            answers=sending.answers,
        )
        server.send(message)
        self._sent(parcel)

    def _call(self, parcel: Parcel) -> None:
        if self._stopping.is_set():
            self._give_back([parcel])
            return
        assert parcel.said is not None
        outward = self.webhooks if parcel.medium is Medium.WEBHOOK else self.robots
        try:
            call = call_for(
                parcel.medium,
                parcel.to,
                parcel.secret,
                parcel.said.text,
                parcel.said.news,
                key=parcel.sending.key,
                config=self.config,
                now=self.clock.now(),
            )
            answer = outward.send(call.url, call.body, call.headers)
            fault = fault_in(parcel.medium, answer.status, answer.body)
        except Refused as refusal:
            self._failed(parcel, refusal.code, for_good=True)
        except Refusal as refusal:
            self._failed(parcel, refusal.code)
        except Exception as error:  # whatever one call does, the others leave
            self._failed(parcel, f"{type(error).__name__}: {error}")
        else:
            if fault is None:
                self._sent(parcel)
            else:
                self._failed(parcel, fault)

    def _sent(self, parcel: Parcel) -> None:
        failpoint("message-sent-not-marked")
        with self.store.transaction() as session:
            sendings.mark_sent(session, parcel.sending.id, now=self.clock.now())

    def _failed(self, parcel: Parcel, trouble: str, *, for_good: bool = False) -> None:
        log.warning("message.failed", sending=parcel.sending.id, medium=parcel.medium.value, for_good=for_good)
        with self.store.transaction() as session:
            sendings.mark_failed(session, parcel.sending, trouble, for_good=for_good, now=self.clock.now())

    def _give_back(self, parcels: Sequence[Parcel]) -> None:
        with self.store.transaction() as session:
            sendings.give_back(session, [each.sending.id for each in parcels], now=self.clock.now())

    def _forget(self) -> None:
        today = self.clock.now().date()
        if self._forgot_on != today:
            with self.store.transaction() as session:
                sendings.forget_old(session, now=self.clock.now())
            self._forgot_on = today


def packed(session: Session, claimed: Sequence[Sending], tell: Teller, *, now: datetime) -> list[Parcel]:
    """Sendings with their words. Who may be told is asked again: rights are lost between an act and a digest."""
    ids = [each.id for each in claimed]
    rows = session.execute(
        select(Message.sending_id, Notice, Case)
        .join(Notice, Notice.id == Message.notice_id)
        .join(Case, Case.id == Notice.case_id)
        .where(Message.sending_id.in_(ids))
        .order_by(Message.id)
    )
    told: dict[int, list[Told]] = {}
    for sending_id, notice, case in rows:
        told.setdefault(sending_id or 0, []).append(Told(notice, case))
    wanted = [each.channel_id for each in claimed if each.channel_id is not None]
    channels = {each.id: each for each in session.scalars(select(NoticeChannel).where(NoticeChannel.id.in_(wanted)))}
    return [
        _parcel(session, each, channels.get(each.channel_id or 0), told.get(each.id, ()), tell, now) for each in claimed
    ]


def _parcel(
    session: Session,
    sending: Sending,
    channel: NoticeChannel | None,
    told: Iterable[Told],
    tell: Teller,
    now: datetime,
) -> Parcel:
    plain = None if sending.body is None else Said(sending.subject or "", sending.body)
    if channel is None:
        return Parcel(sending, Medium.EMAIL, sending.to or "", None, plain if sending.to else None)
    said = plain
    if said is None:
        readable = _readable(session, channel, list(told), now)
        said = tell(session, channel, readable) if readable else None
    return Parcel(sending, Medium(channel.medium), channel.to, channel.secret, said)


def _readable(session: Session, channel: NoticeChannel, told: Sequence[Told], now: datetime) -> list[Told]:
    if channel.person_id is None:
        return [each for each in told if not each.case.confidential and not each.case.walled]
    try:
        viewer = people.viewer_of(session, channel.person_id, now=now)
    except NotFound:
        return []
    theirs = still_theirs(session, viewer, (each.notice.id for each in told))
    return [each for each in told if each.notice.id in theirs]
