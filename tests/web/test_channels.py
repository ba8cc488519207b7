"""Setting where one is told, on the pages: addresses, codes, what and when; units; what could not be delivered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from engine import notify
from engine.clock import ManualClock
from engine.config import NotifyConfig, SmtpConfig
from engine.notify import NoticeChannel, Sending
from engine.people import OperatorEntry
from tests.web.district import District
from tests.web.visitor import Visitor, in_english, words

Visit = Callable[[str | None], Visitor]
GRID = "LHQ.MZ.01.01.01"


@pytest.fixture(autouse=True)
def _with_mail(district: District) -> Iterator[None]:
    """An installation that has a mail server and one receiver inside."""
    notify_config = NotifyConfig(smtp=SmtpConfig(host="mail.example", sender="desk@office.example"))
    outbound = district.config.outbound.model_copy(update={"inside": ("oa.office.example",)})
    world = district.world
    before = world.config
    world.config = before.model_copy(update={"notify": notify_config, "outbound": outbound})
    yield
    world.config = before


def rows(district: District) -> list[NoticeChannel]:
    with district.store.reading() as session:
        return list(session.scalars(select(NoticeChannel).order_by(NoticeChannel.id)))


def code_in(district: District) -> str:
    with district.store.reading() as session:
        body = session.scalars(select(Sending.body).order_by(Sending.id.desc())).first()
    found = re.search(r"\b\d{6}\b", body or "")
    assert found is not None
    return found.group()


def test_a_mail_address_is_confirmed_by_a_code_and_told_as_chosen(visit: Visit, district: District) -> None:
    visitor = in_english(visit("grid"), "/me/channels")
    assert "notices page alone" in words(visitor.get("/me"))
    made = visitor.post("/me/channels", {"medium": "email", "to": "Lin@Office.example"})
    where = made.headers["Location"]
    page = visitor.get(where)
    assert "Confirm the address" in words(page)
    assert (rows(district)[0].is_ready, rows(district)[0].locale) == (False, "en")
    wrong = visitor.post(f"{where}/confirmation", {"code": "12 34"})
    assert wrong.status_code == 422
    assert "not the code" in words(wrong)
    visitor.post(f"{where}/confirmation", {"code": code_in(district)})
    assert rows(district)[0].is_ready
    chosen = {"kind": ["overdue", "clock"], "rhythm": "daily", "daily_at": "08:30", "language": "zh_CN"}
    visitor.post(where, {**chosen, "quiet_from": "21:00", "quiet_until": "07:00", "quiet_days_off": "on"})
    channel = rows(district)[0]
    assert (channel.kinds, channel.rhythm, channel.daily_minute) == (["clock", "overdue"], "daily", 510)
    assert (channel.quiet_from, channel.quiet_until, channel.quiet_days_off) == (1260, 420, True)
    assert "E-mail Lin@office.example Once a day" in words(visitor.get("/me"))
    half = visitor.post(where, {**chosen, "quiet_from": "21:00"})
    assert half.status_code == 422
    assert 'value="21:00"' in half.text
    visitor.post(f"{where}/removal")
    assert rows(district) == []


def test_codes_and_tries_are_few(visit: Visit, district: District, clock: ManualClock) -> None:
    visitor = in_english(visit("grid"), "/me/channels")
    where = visitor.post("/me/channels", {"medium": "email", "to": "lin@office.example"}).headers["Location"]
    answers = [visitor.post(f"{where}/codes").status_code for _ in range(6)]
    assert answers == [302] * 4 + [503] * 2
    tries = [visitor.post(f"{where}/confirmation", {"code": "no"}).status_code for _ in range(12)]
    assert tries == [422] * 10 + [503] * 2
    assert not rows(district)[0].is_ready


WRONG = (
    ("email", "lin", "one e-mail address"),
    ("email", "", "one e-mail address"),
    ("dingtalk", "https://evil.example/robot/send?access_token=0123456789", "Paste the webhook address"),
    ("webhook", "https://169.254.169.254/latest", "inside the network"),
    ("webhook", "http://hook.example/", "Only https"),
    ("pigeon", "coop", "Choose a channel"),
)


def test_an_address_that_cannot_be_is_said_at_its_field(visit: Visit, district: District) -> None:
    visitor = in_english(visit("grid"), "/me/channels")
    for medium, to, said in WRONG:
        answer = visitor.post("/me/channels", {"medium": medium, "to": to})
        assert answer.status_code == 422, to
        assert said in words(answer)
    assert rows(district) == []


def test_a_unit_is_set_by_its_lead_and_by_operators_and_everybody_sees_who(visit: Visit, district: District) -> None:
    robot = {"medium": "wecom", "to": "0123-4567-89ab-cdef"}
    lead = in_english(visit("grid"), f"/units/{GRID}/channels")
    where = lead.post(f"/units/{GRID}/channels", robot).headers["Location"]
    assert lead.post(f"/units/{GRID}/channels", robot).status_code == 409
    page = lead.get(where)
    assert "…cdef" in words(page)
    assert "0123-4567" not in page.text
    assert lead.get("/units/LHQ.MZ.01.01.02/channels").status_code == 403
    others = {who: visit(who).get(where).status_code for who in ("street_gl", "liaison", "grid_b", "operator")}
    assert others == {"street_gl": 404, "liaison": 404, "grid_b": 200, "operator": 200}
    lead.post(f"{where}/tests")
    lead.post(where, {"kind": "closed", "rhythm": "at_once", "language": "en"})
    in_english(visit("operator"), where).post(f"{where}/removal")
    with district.store.reading() as session:
        log = session.execute(select(OperatorEntry.act, OperatorEntry.actor_id).order_by(OperatorEntry.id)).all()
    mine, theirs = district.people["grid"], district.people["operator"]
    assert [tuple(row) for row in log] == [
        ("channel.added", mine),
        ("channel.changed", mine),
        ("channel.removed", theirs),
    ]


def test_somebody_elses_channel_looks_like_none(visit: Visit, district: District) -> None:
    mine = in_english(visit("grid"), "/me/channels")
    where = mine.post("/me/channels", {"medium": "feishu", "to": "0123456789"}).headers["Location"]
    for who in ("grid_b", "operator", "district"):
        other = in_english(visit(who))
        assert other.get(where).status_code == 404
        for act in ("", "/tests", "/codes", "/removal", "/confirmation"):
            assert other.post(f"{where}{act}").status_code == 404
    assert len(rows(district)) == 1


def test_a_secret_is_kept_and_never_shown(visit: Visit, district: District) -> None:
    visitor = in_english(visit("grid"), "/me/channels")
    where = visitor.post("/me/channels", {"medium": "dingtalk", "to": "0123456789"}).headers["Location"]
    chosen = {"kind": "overdue", "rhythm": "at_once", "language": "en"}
    visitor.post(where, {**chosen, "secret": "SECabcdef"})
    assert rows(district)[0].secret == "SECabcdef"
    assert "SECabcdef" not in visitor.get(where).text
    visitor.post(where, chosen)
    assert rows(district)[0].secret == "SECabcdef"
    visitor.post(where, {**chosen, "drop_secret": "on"})
    assert rows(district)[0].secret is None


def test_what_could_not_be_delivered_is_an_operators(visit: Visit, district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        notify.mail(session, "citizen@home.example", "秘密", "查询码 ABC", key="inbox.1", now=clock.now())
        sending = session.scalars(select(Sending)).one()
        sending.state, sending.attempts, sending.trouble, sending.ended_at = "given_up", 10, "550 no", clock.now()
    operator = in_english(visit("operator"), "/operations/messages")
    page = operator.get("/operations/messages")
    assert "550 no" in words(page)
    assert "秘密" not in page.text
    operator.post("/operations/messages/1/retry")
    assert "Everything was delivered" in words(operator.get("/operations/messages"))
    assert in_english(visit("grid")).post("/operations/messages/1/retry").status_code == 403
