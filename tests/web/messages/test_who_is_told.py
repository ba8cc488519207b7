"""From an act to a mail or a robot: who is told, once, when, and in which words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from engine import notify
from engine.cases import Case, Recusal
from engine.clock import ManualClock
from engine.notify import Medium, Sending, Timing
from engine.people import Absence, accounts, viewer_of
from tests.web import district as town
from tests.web.messages.conftest import GRID, Post
from tests.web.visitor import Visitor


def _aside(post: Post, case_id: int) -> Recusal:
    return Recusal(case_id=case_id, person_id=post.district.people["grid"], reason="亲属", at=post.clock.now())


def test_an_act_reaches_everybody_once_whatever_the_way(post: Post, case_id: int) -> None:
    """As a person and through the unit, through two channels to one address, and when the act is brought again."""
    post.channel("grid")
    post.channel("grid_b", to="GRID@office.example")
    post.channel(GRID, to="grid@office.example")
    post.channel(GRID, Medium.WECOM, "wecom-key")
    facts = {"what": "papers_arrived", "people": [post.district.people["grid"]], "units": [GRID]}
    assert post.happens(case_id, key="7:1:case.told:", **facts) == 2
    assert post.happens(case_id, key="7:1:case.told:", **facts) == 0
    assert post.mails() == [("grid@office.example", "诉求人补充了材料 · LHQ-20260302-0001")]
    assert post.mails() == post.mails()
    assert len(post.there.calls) == 1
    assert {row.state for row in post.rows(Sending)} == {"sent"}


def test_what_is_told_names_no_person(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.channel("grid_b", locale="en")
    post.channel(GRID, Medium.WEBHOOK, f"{post.there.base}/hook")
    facts = {"what": "ack_overdue", "whom": ["holder"], "due_at": "2026-03-03T10:00:00+00:00", "by": 1}
    post.happens(case_id, **facts)
    post.courier.work()
    zh, en = sorted(post.box.mails, key=lambda mail: str(mail["To"]))
    said = [part.get_content() for mail in (zh, en) for part in mail.walk() if not part.is_multipart()]
    (_path, headers, body) = post.there.calls[0]
    for text in (*said, str(body)):
        assert "谢女士" not in text
        assert "LHQ-20260302-0001" in text
    assert "未按时签收" in said[0]
    assert "第1网格" in said[0]
    assert "3月3日 18:00" in said[0]
    assert "Not signed in in time" in said[2]
    assert "Grid 1" in said[2]
    assert "3 Mar 18:00" in said[2]
    assert "<strong>" in said[1]
    assert "<strong>" not in said[0]
    assert body["data"]["notices"][0]["place"] == GRID
    assert headers["webhook-id"].startswith("news.")


def test_of_a_confidential_matter_only_that_there_is_one(post: Post, clock: ManualClock) -> None:
    with post.district.store.transaction() as session:
        hidden = town.add_case(session, title="举报", confidential=True, track="discipline", now=clock.now()).id
    for who in ("grid", "confidential", "district", "LHQ", GRID):
        post.channel(who)
    post.happens(hidden, units=[GRID, "LHQ"])
    assert post.mails() == [("confidential@office.example", "一件保密事项：请在其页面查看。")]
    assert "0001" not in post.box.mails[0].as_string()


def test_the_wall_stands_before_mail_too(post: Post, case_id: int) -> None:
    """A handler who stepped aside is not told, nor is the group of the unit they sit in; their colleague is."""
    for who in ("grid", "grid_b", GRID):
        post.channel(who)
    with post.district.store.transaction() as session:
        session.add(_aside(post, case_id))
        session.get_one(Case, case_id).walled = True
    post.happens(case_id, units=[GRID], people=[post.district.people["grid"]])
    assert [to for to, _ in post.mails()] == ["grid_b@office.example"]


def test_a_right_that_was_lost_before_the_digest_is_asked_for_again(post: Post, case_id: int) -> None:
    daily = Timing(notify.Rhythm.DAILY, 18 * 60)
    for who in ("grid", "grid_b", GRID):
        post.channel(who, timing=daily)
    post.happens(case_id, units=[GRID])
    assert post.mails() == []
    with post.district.store.transaction() as session:
        gone = (session, post.district.people["grid"], GRID)
        for role in ("lead", "handler"):
            accounts.take_role(*gone, role, "调离", viewer=None, now=post.clock.now())
        session.get_one(Case, case_id).walled = True
    post.clock.advance(timedelta(hours=9))
    assert [to for to, _ in post.mails()] == ["grid_b@office.example"]
    assert sorted(row.state for row in post.rows(Sending)) == ["dropped", "dropped", "sent"]


def test_whoever_is_away_rests_and_the_deputy_is_told(post: Post, case_id: int) -> None:
    absent, deputy = post.district.people["grid"], post.district.people["zone"]
    post.happens(case_id, units=[GRID])  # before they stood in: not theirs to read
    post.clock.advance(timedelta(minutes=1))
    now = post.clock.now()
    with post.district.store.transaction() as session:
        session.add(
            Absence(
                person_id=absent,
                deputy_id=deputy,
                starts_at=now - timedelta(hours=1),
                ends_at=now + timedelta(days=2),
                noted_at=now,
                noted_by=absent,
            )
        )
    for who in ("grid", "zone"):
        post.channel(who)
    post.clock.advance(timedelta(minutes=1))
    post.happens(case_id, "comment.made", people=[absent])
    post.happens(case_id, units=[GRID])
    post.happens(case_id, units=["LHQ.MZ.01.01"])
    assert {to for to, _ in post.mails()} == {"zone@office.example"}
    with post.district.store.transaction() as session:
        theirs, own = (viewer_of(session, person, now=post.clock.now()) for person in (deputy, absent))
        lines, _ = notify.notices_of(session, theirs)
        assert [line.away.person_id if line.away else None for line in lines] == [None, absent, absent]
        assert all(line.is_new for line in lines)
        notify.open_notice(session, theirs, lines[1].notice.id)
        session.flush()
        assert (notify.unread(session, theirs), notify.unread(session, own)) == (2, 3)
        notify.mark_all_read(session, theirs, up_to=lines[0].notice.id)
        session.flush()
        assert (notify.unread(session, theirs), notify.unread(session, own)) == (0, 3)
    post.clock.advance(timedelta(days=3))
    post.happens(case_id, units=[GRID])
    assert post.mails()[-1][0] == "grid@office.example"
    with post.district.store.reading() as session:
        lines, _ = notify.notices_of(session, viewer_of(session, deputy, now=post.clock.now()))
        assert [line.away for line in lines] == [None]


def test_only_the_roles_that_are_asked_are_told(post: Post, case_id: int) -> None:
    for who in ("community", "mediator"):
        post.channel(who)
    post.happens(case_id, "task.asked", units=["LHQ.MZ.01"], roles=["mediator"])
    assert [to for to, _ in post.mails()] == ["mediator@office.example"]


def test_kinds_quiet_hours_and_digests(post: Post, case_id: int) -> None:
    """Ten at night: an emergency comes through, a mention waits for the morning, the rest for the digest at nine."""
    night = Timing(notify.Rhythm.DAILY, 9 * 60, 21 * 60, 7 * 60)
    post.channel("grid", kinds=("urgent", "mention", "news", "closed"), timing=night)
    post.clock.set(datetime(2026, 3, 3, 14, 0, tzinfo=UTC))
    for what in ("papers_arrived", "return_visit_satisfied", "answered", "ack_overdue"):
        post.happens(case_id, what=what, units=[GRID])
    post.happens(case_id, "comment.made", people=[post.district.people["grid"]])
    assert post.mails() == []
    post.happens(case_id, what="emergency", units=[GRID])
    assert [subject for _, subject in post.mails()] == ["紧急：有人身危险 · LHQ-20260302-0001"]
    post.clock.set(datetime(2026, 3, 3, 23, 0, tzinfo=UTC))
    assert [subject for _, subject in post.mails()][1:] == ["有人提到了您 · LHQ-20260302-0001"]
    post.clock.set(datetime(2026, 3, 4, 1, 0, tzinfo=UTC))
    assert [subject for _, subject in post.mails()][2:] == ["3 条消息"]


def test_links_lead_where_the_reader_may_look(post: Post, case_id: int, visit: Callable[[str | None], Visitor]) -> None:
    world = post.district.world
    server = world.config.server.model_copy(update={"public_url": "https://help.example"})
    world.config = world.config.model_copy(update={"server": server})
    post.channel("grid")
    post.happens(case_id, units=[GRID])
    post.happens(case_id, "case.closed", people=[post.district.people["grid"]])
    post.courier.work()
    (mail,) = post.box.mails
    body = mail.get_body(("plain",))
    assert body is not None
    links = re.findall(r"https://help\.example(\S*)", body.get_content())
    assert links == [
        f"/cases/{case_id}",
        "/matters",
        "/me",
    ]  # the second is for who raised it
    assert visit("grid").get(links[0]).status_code == 200
