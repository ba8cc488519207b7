"""From an act to a mail or a robot: who is told, once, when, in which words; and what a crash or a refusal leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import notify, outbox
from engine.cases import Case, Recusal
from engine.clock import ManualClock
from engine.config import NotifyConfig, SmtpConfig
from engine.notify import Medium, Sending, Timing
from engine.outward import Outward
from engine.people import Absence, accounts, viewer_of
from engine.web.told import Words
from tests.engine.notify.mailbox import Mailbox, Robots, mail_server, robots
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor

GRID = "LHQ.MZ.01.01.01"
ALL = tuple(kind.value for kind in notify.Kind)


class Post:
    """A district with a mail server, robots, and the courier between them."""

    def __init__(self, district: District, clock: ManualClock, box: Mailbox, there: Robots, words: Words) -> None:
        self.district, self.clock, self.box, self.there, self.words = district, clock, box, there, words
        smtp = SmtpConfig(host="127.0.0.1", port=box.port, security="none", sender="desk@office.example")
        self.config = NotifyConfig(smtp=smtp, dingtalk=there.base, wecom=there.base, feishu=there.base)
        self.courier = self.another()

    def another(self) -> notify.Courier:
        """The courier of another node."""
        here = self.district
        outward = Outward(("127.0.0.1",))
        return notify.Courier(here.store, self.clock, self.config, self.words, robots=outward, webhooks=outward)

    def channel(
        self,
        of: str,
        medium: Medium = Medium.EMAIL,
        to: str | None = None,
        *,
        kinds: tuple[str, ...] = ALL,
        timing: Timing | None = None,
        locale: str = "zh_CN",
    ) -> int:
        """Of a person by name or of a unit by id, confirmed."""
        unit = of if of.isupper() or "." in of else None
        with self.district.store.transaction() as session:
            viewer = viewer_of(session, self.district.people["operator" if unit else of])
            at = to or f"{of.lower()}@office.example"
            made = notify.add_channel(
                session, medium, at, unit_id=unit, locale=locale, viewer=viewer, now=self.clock.now()
            )
            made.confirmed_at = self.clock.now()
            choice = notify.Choice(kinds, timing or Timing(), locale)
            notify.change_channel(session, made, choice, viewer=viewer, now=self.clock.now())
            return made.id

    def happens(self, case_id: int, act: str = "case.told", *, key: str = "", **facts: Any) -> int:
        """An act of a case reaches the notices; gives how many messages it makes."""
        with self.district.store.transaction() as session:
            key = key or f"{case_id}:{act}:{len(session.scalars(select(notify.Notice.id)).all())}"
            return self._post(session, outbox.Parcel(1, key, case_id, act, facts, self.clock.now(), 1))

    def _post(self, session: Any, parcel: outbox.Parcel) -> int:
        world = self.district.world
        notify.post(session, [parcel], tiers=world.tiers)
        return notify.spread(session, [parcel], calendar=world.calendar, now=self.clock.now())

    def mails(self) -> list[tuple[str, str]]:
        """Whatever is due leaves; (to, subject) of all that ever arrived, in order of arrival."""
        self.courier.work()
        return [(mail["To"], mail["Subject"]) for mail in self.box.mails]

    def rows(self, model: Any) -> list[Any]:
        with self.district.store.reading() as session:
            return list(session.scalars(select(model).order_by(model.id)))


@pytest.fixture(scope="module")
def _teller() -> dict[str, Words]:
    """Made once: its templates take longer than most tests."""
    return {}


@pytest.fixture
def post(district: District, clock: ManualClock, _teller: dict[str, Words]) -> Iterator[Post]:
    clock.set(datetime(2026, 3, 3, 2, 0, tzinfo=UTC))  # a Tuesday, ten in the morning
    words = _teller.setdefault("words", Words(district.store, district.world, clock))
    words.stand_on(district.store, district.world, clock)
    with mail_server() as box, robots() as there:
        yield Post(district, clock, box, there, words)


def _aside(post: Post, case_id: int) -> Recusal:
    return Recusal(case_id=case_id, person_id=post.district.people["grid"], reason="亲属", at=post.clock.now())


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    with district.store.transaction() as session:
        return town.add_case(session, title="谢女士家漏水", now=clock.now()).id


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


def test_a_server_that_is_down_is_tried_again_with_the_same_id_and_then_given_up(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.channel("zone")
    post.box.refuses["grid@office.example"] = "451 later"
    post.happens(case_id, units=[GRID])
    post.happens(case_id, units=["LHQ.MZ.01.01"])
    assert [to for to, _ in post.mails()] == ["zone@office.example"]
    post.happens(case_id, what="papers_arrived", units=[GRID])  # gathers behind the one that waits
    waits = []
    while (sending := post.rows(Sending)[0]).state == "open":
        waits.append(sending.next_at - post.clock.now())
        post.clock.set(sending.next_at)
        post.courier.work()
    minutes = [round(wait.total_seconds() / 60) for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert sending.state == "given_up"
    assert sending.trouble == "451 later"
    post.box.refuses.clear()
    with post.district.store.transaction() as session:
        operator = viewer_of(session, post.district.people["operator"])
        assert notify.backlog(session)[1] == 1
        notify.try_again(session, sending.id, viewer=operator, now=post.clock.now())
    post.courier.work()  # the one that waited behind it follows at the next turn
    assert len(post.mails()) == 3
    ids = [str(mail["Message-ID"]) for mail in post.box.mails]
    assert f"<{sending.key}@office.example>" in ids
    assert len(set(ids)) == 3


def test_a_node_that_stops_gives_back_what_it_has_not_begun(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.channel(GRID, Medium.DINGTALK, "dingtalk-key")
    post.happens(case_id, units=[GRID])
    stopping = post.another()

    def tell(*asked: Any) -> notify.Said:
        stopping.stop()  # while the words are made
        return post.words(*asked)

    stopping.tell = tell
    assert stopping.work() == 2
    assert [(row.state, row.attempts, row.next_at) for row in post.rows(Sending)] == [("open", 0, post.clock.now())] * 2
    assert stopping.work() == 0
    assert len(post.mails()) == len(post.there.calls) == 1


def test_who_is_unknown_to_the_server_is_given_up_at_once(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.box.refuses["*"] = "550 nobody of that name"
    post.happens(case_id, units=[GRID])
    post.courier.work()
    (sending,) = post.rows(Sending)
    assert (sending.state, sending.attempts, sending.trouble) == ("given_up", 1, "550 nobody of that name")
    with post.district.store.transaction() as session:
        operator = viewer_of(session, post.district.people["operator"])
        notify.let_be(session, sending.id, viewer=operator, now=post.clock.now())
    assert post.rows(Sending)[0].state == "dropped"


def test_a_robot_that_says_no_is_heard(post: Post, case_id: int) -> None:
    post.channel(GRID, Medium.DINGTALK, "dingtalk-key")
    post.there.answers = [(200, {"errcode": 310000, "errmsg": "sign not match"}), (200, {"errcode": 0})]
    post.happens(case_id, units=[GRID])
    post.courier.work()
    (sending,) = post.rows(Sending)
    assert (sending.state, sending.trouble) == ("open", "310000: sign not match")
    post.clock.advance(timedelta(minutes=1))
    post.courier.work()
    first, second = (call[2]["text"]["content"] for call in post.there.calls)
    assert first == second
    assert post.rows(Sending)[0].state == "sent"


def test_an_installation_without_a_mail_server_says_so(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.courier.config = NotifyConfig()
    post.happens(case_id, units=[GRID])
    post.courier.work()
    assert [row.trouble for row in post.rows(Sending)] == [notify.NO_SERVER]


def test_an_address_that_may_not_be_called_is_given_up_at_once(post: Post, case_id: int) -> None:
    post.channel(GRID, Medium.WEBHOOK, "https://10.1.2.3/hook")
    post.happens(case_id, units=[GRID])
    post.courier.work()
    assert [(row.state, row.trouble) for row in post.rows(Sending)] == [("given_up", "outward.inside")]


def test_a_crash_between_sending_and_marking_sends_once_more_under_the_same_id(
    post: Post, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.channel("grid")
    post.happens(case_id, units=[GRID])

    def die(_point: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("engine.notify.courier.failpoint", die)
        with pytest.raises(KeyboardInterrupt):
            post.courier.work()
    assert len(post.box.mails) == 1
    other = post.another()
    assert other.work() == 0  # leased: nobody else sends it meanwhile
    post.clock.advance(timedelta(minutes=5))
    assert other.work() == 1
    first, second = post.box.mails
    assert first["Message-ID"] == second["Message-ID"]
    post.clock.advance(timedelta(days=1))
    assert other.work() == 0


def test_nothing_leaves_while_everything_is_held(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.happens(case_id, units=[GRID])
    with post.district.store.transaction() as session:
        outbox.hold(session, "restored", now=post.clock.now())
    assert post.mails() == []
    with post.district.store.transaction() as session:
        outbox.let_go(session)
    assert len(post.mails()) == 1


def test_a_plain_mail_is_sent_once_and_its_words_are_forgotten(post: Post) -> None:
    for _ in range(2):
        with post.district.store.transaction() as session:
            notify.mail(
                session,
                "citizen@home.example",
                "您的来信已受理",
                "查询码 ABC",
                key="inbox.42",
                now=post.clock.now(),
                answers="<their.mail@home.example>",
            )
        assert post.mails() == [("citizen@home.example", "您的来信已受理")]
    (mail,) = post.box.mails
    assert (mail["In-Reply-To"], mail["Message-ID"]) == ("<their.mail@home.example>", "<inbox.42@office.example>")
    (sending,) = post.rows(Sending)
    assert (sending.state, sending.to, sending.body) == ("sent", None, None)


def test_what_was_sent_long_ago_is_forgotten(post: Post, case_id: int) -> None:
    post.channel("grid")
    post.happens(case_id, units=[GRID])
    post.courier.work()
    post.clock.advance(timedelta(days=31))
    post.courier.work()
    assert post.rows(Sending) == post.rows(notify.Message) == []


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
