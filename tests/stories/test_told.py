"""Whoever must know is told: of a light that turns yellow or red, a rise, a return, a mention, an approval, a task."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from engine import notify, process, tasks
from engine.config import NotifyConfig, SmtpConfig
from engine.notify import Notice
from engine.outward import Outward
from engine.people import members
from engine.web.told import Words
from tests.engine.notify.mailbox import mail_server
from tests.stories.district import District, at, on_one
from tests.stories.ladder import (
    COMMUNITY,
    GRID,
    ZONE,
    ask_for_a_rise,
    begin_handling,
    confirm,
    extension,
    handled,
)

BESIDE = "LHQ.MZ.01.02"
Open = Callable[[str], District]
Told = list[tuple[str, str, str]]


class News:
    """What was told since one looked last: (unit, or person, what, kind)."""

    def __init__(self, here: District) -> None:
        self.here, self.seen = here, 0

    def __call__(self) -> Told:
        while self.here.application.scheduler.send_outbox():
            pass
        with self.here.store.reading() as session:
            fresh = session.scalars(select(Notice).where(Notice.id > self.seen).order_by(Notice.id)).all()
        self.seen = max((each.id for each in fresh), default=self.seen)
        return [(each.unit_id or f"person {each.person_id}", each.what, each.kind) for each in fresh]


@on_one
def test_of_lights_rises_returns_and_approvals(district: Open) -> None:
    here = district("2024-11-18 10:00")
    news = News(here)
    case = here.file(GRID)
    assert news() == [(GRID, "case.filed", "new")]
    here.until("2024-11-18 15:30")
    assert news() == [(GRID, "clock.warned", "clock")]
    here.until("2024-11-18 16:00")
    assert (GRID, "ack_overdue", "overdue") in news()
    here.sign_in(case)
    ask_for_a_rise(here, case)
    assert news() == [(ZONE, "task.asked", "asked")]
    here.do(case, "t_decide_upgrade", decision="accept", answer="同意提级")
    assert news() == [(GRID, "case.raised", "moved"), (ZONE, "case.raised", "moved")]
    here.do(case, "t_sign_in", action="return", reason_code="can_settle_below", note="属网格初核职责")
    assert news() == [(ZONE, "case.returned", "moved"), (GRID, "case.returned", "moved")]
    here.sign_in(case)
    extension(here, case, "1wd", here.person(GRID, "lead"))
    ((whom, what, kind),) = news()
    assert (what, kind) == ("task.asked", "asked")
    assert GRID.startswith(whom)
    here.until("2024-11-22 18:00")
    red = [each for each in news() if each[1] in ("case.raised", "extension_refused")]
    assert (COMMUNITY, "case.raised", "moved") in red or (ZONE, "case.raised", "moved") in red


@on_one
def test_of_a_mention_and_of_a_task_that_is_handed_over(district: Open) -> None:
    here = district("2024-11-18 10:00")
    news = News(here)
    case = here.file(GRID)
    news()
    lead = here.person(GRID, "lead")
    with here.store.reading() as session:
        colleague = next(each for each in members(session, GRID, ("lead", "deputy")) if each.id != lead.person_id)
    now = here.clock.now()
    with here.store.transaction() as session:
        process.comment(session, here.world, case, "请看", viewer=lead, now=now, people=[colleague.id])
    assert news() == [(f"person {colleague.id}", "comment.made", "mention")]
    (task,) = here.open_tasks(case)
    with here.store.transaction() as session:
        tasks.hand_over(session, task.id, to_person_id=colleague.id, viewer=lead, now=now)
    assert news() == [(f"person {colleague.id}", "task.handed_over", "asked")]


@on_one
def test_no_limit_of_a_task_passes_in_silence(district: Open) -> None:
    """An invited unit that gives no opinion in time is told so, although its diagram only notes the absence."""
    here = district("2024-09-23 09:00")
    news = News(here)
    case = here.file(COMMUNITY, people_count=6)
    confirm(here, case)
    here.sign_in(case)
    begin_handling(here, case)
    here.do(case, "t_handle", **handled("joint"))
    news()
    here.do(case, "t_invite_joint", co_units=[ZONE, BESIDE], question="如何限时？")
    assert set(news()) == {(ZONE, "task.asked", "asked"), (BESIDE, "task.asked", "asked")}
    here.do(case, "t_co_opinion", position="agree", opinion="同意")
    here.until("2024-09-25 18:00")
    assert [each for each in news() if each[2] == "overdue"] == [(BESIDE, "co_opinion_overdue", "overdue")]


def test_several_nodes_send_each_mail_once(district: Open) -> None:
    here = district("2024-11-18 10:00")
    lead = here.person(GRID, "lead")
    with here.store.transaction() as session:
        mine = {"unit_id": None, "locale": "en", "viewer": lead, "now": here.clock.now()}
        channel = notify.add_channel(session, notify.Medium.EMAIL, "lead@office.example", **mine)
        channel.confirmed_at = here.clock.now()
        choice = notify.Choice([kind.value for kind in notify.Kind], notify.Timing(notify.Rhythm.HOURLY), "en")
        notify.change_channel(session, channel, choice, viewer=lead, now=here.clock.now())
    cases = [here.file(GRID) for _ in range(3)]
    while here.application.scheduler.send_outbox():
        pass
    here.clock.set(at("2024-11-18 11:00"))
    with mail_server() as box:
        config = NotifyConfig(smtp=SmtpConfig(host="127.0.0.1", port=box.port, security="none", sender="d@o.example"))
        words = Words(here.store, here.world, here.clock)
        nodes = [
            notify.Courier(here.store, here.clock, config, words, robots=Outward(), webhooks=Outward())
            for _ in range(3)
        ]
        with ThreadPoolExecutor(3) as pool:
            assert sum(pool.map(lambda node: node.work(), nodes)) == 1
    (mail,) = box.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert (mail["To"], mail["Subject"]) == ("lead@office.example", "3 pieces of news")
    assert all(here.case(each).number in body.get_content() for each in cases)
