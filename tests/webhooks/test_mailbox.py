"""The mailbox and the folder of `.eml` files: filed exactly once, nothing lost, and what the operator sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine.cases import Case, Party
from engine.citizen import find_tracking
from engine.clock import ManualClock
from engine.config import MailboxConfig, NotifyConfig, SmtpConfig
from engine.documents import Document
from engine.errors import Unavailable
from engine.history import HistoryEntry
from engine.notify import Sending
from engine.process import World
from engine.web.context import KEY, Edge
from tests.web.district import District
from tests.web.visitor import Visitor, words
from tests.webhooks.imap_server import PASSWORD, Server, serving
from webhooks import mailbox
from webhooks.mailbox import Mail, Mailbox, MailLook

PAYLOADS = Path(__file__).parent / "payloads" / "mailbox"
Visit = Callable[[str | None], Visitor]


def sample(name: str) -> bytes:
    return (PAYLOADS / f"{name}.eml").read_bytes()


def plain(text: str, *, subject: str = "路灯不亮", sender: str = "a@example.org", number: str = "1") -> bytes:
    head = {
        "From": sender,
        "To": "shuji@lhq.example.org",
        "Subject": subject,
        "Message-ID": f"<{number}@example.org>",
        "Content-Type": "text/plain; charset=utf-8",
    }
    return ("".join(f"{name}: {said}\r\n" for name, said in head.items()) + f"\r\n{text}\r\n").encode()


@pytest.fixture(scope="module")
def _serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    with serving(tmp_path_factory.mktemp("imap")) as found:
        yield found


@pytest.fixture
def server(_serving: tuple[Server, Path]) -> Server:
    found = _serving[0]
    found.folders = {"INBOX": []}
    found.capabilities, found.dies_at, found.refuses = "IMAP4rev1 MOVE UIDPLUS", "", set()
    found.asked.clear()
    return found


@pytest.fixture
def boxes(
    _serving: tuple[Server, Path], server: Server, district: District, clock: ManualClock, tmp_path: Path
) -> Mailbox:
    """Reads both boxes; mail leaves by a server that nobody calls here."""
    drop = tmp_path / "drop"
    drop.mkdir()
    config = MailboxConfig(
        host="127.0.0.1",
        port=server.port,
        user="shuji@lhq.example.org",
        password=PASSWORD,
        ca_file=_serving[1],
        drop=drop,
        place="LHQ.MZ",
        max_bytes=1_000_000,
    )
    notify = NotifyConfig(smtp=SmtpConfig(host="127.0.0.1", sender="shuji@lhq.example.org"))
    return reading(district, clock, mailbox=config, notify=notify)


def reading(district: District, clock: ManualClock, **config: Any) -> Mailbox:
    world = World(district.config.model_copy(update=config), district.world.calendar)
    world.releases = district.world.releases
    return Mailbox(district.store, world, clock)


def cases(district: District) -> list[Case]:
    with district.store.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def mails(district: District) -> list[tuple[str, str]]:
    with district.store.reading() as session:
        return [(each.outcome, each.why) for each in session.scalars(select(Mail).order_by(Mail.id))]


def trouble(district: District, came_by: str) -> str:
    with district.store.reading() as session:
        return session.get_one(MailLook, came_by).trouble


# --- what a mail becomes ---


def test_a_mail_becomes_a_case_and_its_sender_is_told(boxes: Mailbox, server: Server, district: District) -> None:
    kept = server.lay(sample("gb18030_base64"))
    assert boxes.look() == 1
    (case,) = cases(district)
    assert (case.channel, case.title, case.kind) == ("secretary_mailbox", "楼上漏水半年没人管", "complaint")
    assert case.category == "neighbour.leak"
    assert case.place_id == "LHQ.MZ.01.01.01"
    assert case.received_at.isoformat() == "2026-03-02T00:30:00+00:00", "when the box took it"
    assert kept.flags == {r"\Seen"}
    with district.store.reading() as session:
        (party,) = session.scalars(select(Party))
        assert (party.name, party.address, party.protected) == ("王小红", "wangxiaohong@example.org", True)
        (sending,) = session.scalars(select(Sending))
        assert sending.to == "wangxiaohong@example.org"
        assert sending.answers == "<tencent_5F1A2B3C@example.org>"
        assert case.number in str(sending.subject)
        assert "漏水" not in str(sending.body)
        code = re.search(r"The tracking code is ([0-9A-Z-]+)\.", str(sending.body))
        assert code is not None
        tracking = find_tracking(session, code[1])
        assert tracking is not None
        assert tracking.case_id == case.id


def test_attachments_are_kept_by_the_rules_of_documents(boxes: Mailbox, server: Server, district: District) -> None:
    server.lay(sample("big5_html_with_photo"))
    boxes.look()
    (case,) = cases(district)
    assert case.place_id == "LHQ.MZ", "the names are written in other signs than ours"
    assert case.description.startswith("街坊您好，")
    assert case.description.splitlines()[-1].startswith("未收的附件 / Not taken: setup.exe")
    with district.store.reading() as session:
        (paper,) = session.scalars(select(Document))
    assert (paper.name, paper.kind, paper.protected) == ("路燈.png", "png", True)


def test_a_long_text_is_a_paper(boxes: Mailbox, server: Server, district: District) -> None:
    server.lay(plain("长" * 30_000))
    boxes.look()
    (case,) = cases(district)
    assert len(case.description) < 20_000
    with district.store.reading() as session:
        (paper,) = session.scalars(select(Document))
    assert (paper.name, paper.size_bytes) == ("正文.txt", 90_000)


def test_the_address_and_the_text_say_where(boxes: Mailbox, server: Server, district: District) -> None:
    wanted = (
        ("shuji+LHQ.GL.01.01.01.01@x.example.org", "民治街道", "LHQ.GL.01.01.01.01", False),
        ("shuji+confidential+LHQ.GL@x.example.org", "x", "LHQ.GL", True),
        ("shuji+nonsense@x.example.org", "在民治街道和悦社区", "LHQ.MZ.01", False),
        ("shuji@x.example.org", "没有地点", "LHQ.MZ", False),
    )
    for to, text, *_ in wanted:
        server.lay(plain(text).replace(b"shuji@lhq.example.org", to.encode()))
    boxes.look()
    assert [(each.place_id, each.confidential) for each in cases(district)] == [
        (*rest,) for _to, _text, *rest in wanted
    ]


def test_a_box_of_confidential_mail(boxes: Mailbox, server: Server, district: District, clock: ManualClock) -> None:
    server.lay(plain("x"))
    secret = boxes.world.config.mailbox.model_copy(update={"confidential": True})
    reading(district, clock, mailbox=secret).look()
    assert [each.confidential for each in cases(district)] == [True]


def test_mail_without_subject_text_or_sender(boxes: Mailbox, server: Server, district: District) -> None:
    server.lay(b"From: nobody\r\nMessage-ID: <9@x>\r\n\r\n")
    boxes.look()
    (case,) = cases(district)
    assert (case.title, case.description, case.anonymous) == ("（无主题）", "（邮件没有正文）", True)


def test_machines_are_left_alone_and_get_no_answer(boxes: Mailbox, server: Server, district: District) -> None:
    kept = [server.lay(sample(name)) for name in ("automatic_answer", "bounce", "newsletter")]
    kept.append(server.lay(plain("x", sender="shuji@lhq.example.org")))
    assert boxes.look() == 4
    assert cases(district) == []
    assert mails(district) == [("left", "automatic"), ("left", "bounce"), ("left", "bulk"), ("left", "loop")]
    assert all(each.flags == {r"\Seen"} for each in kept)
    with district.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Sending)) == 0


def test_an_answer_goes_to_its_case(boxes: Mailbox, server: Server, district: District) -> None:
    server.lay(plain("路灯坏了。"))
    boxes.look()
    (case,) = cases(district)
    answer = f"Re: [{case.number}] 来信已收到"
    server.lay(plain("今天更暗了。\n> 您的来信已收到\n在 2026-03-02 书记信箱 写道：", subject=answer, number="2"))
    server.lay(plain("别人的信", subject=answer, sender="other@example.org", number="3"))
    boxes.look()
    assert mails(district) == [("filed", ""), ("added", ""), ("filed", "")]
    with district.store.reading() as session:
        note = session.scalars(select(HistoryEntry).where(HistoryEntry.act == "material.supplied")).one()
    assert (note.case_id, note.facts["note"]) == (case.id, "今天更暗了。")


# --- exactly once, and never lost ---


def test_a_mail_counts_once_whichever_way_it_comes(boxes: Mailbox, server: Server, district: District) -> None:
    raw, drop = sample("plain_english"), boxes.world.config.mailbox.drop
    assert drop is not None
    server.lay(raw)
    server.lay(raw.replace(b"From:", b"Received: from another way\r\nFrom:", 1))
    (drop / "letter.eml").write_bytes(raw.replace(b"\r\n", b"\n"))
    assert boxes.look() == 3
    assert boxes.look() == 0
    assert len(cases(district)) == 1
    assert mails(district) == [("filed", "")]


@pytest.mark.parametrize("command", ["STORE", "FETCH"])
def test_a_death_between_filing_and_marking_files_nothing_twice(
    boxes: Mailbox, server: Server, district: District, command: str
) -> None:
    kept = server.lay(plain("x"))
    server.dies_at = command
    boxes.look()
    assert kept.flags == set()
    assert "ended" in trouble(district, "imap")
    boxes.look()
    assert kept.flags == {r"\Seen"}
    assert trouble(district, "imap") == ""
    assert len(cases(district)) == 1


def test_a_database_that_is_busy_leaves_the_mail_for_later(
    boxes: Mailbox, server: Server, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = server.lay(plain("x"))

    def busy(_act: object) -> None:
        raise Unavailable("store.busy", "The database is busy.")

    with monkeypatch.context() as patch:
        patch.setattr(boxes.store, "run", busy)
        boxes.look()
    assert kept.flags == set()
    boxes.look()
    assert len(cases(district)) == 1


def test_what_cannot_be_filed_is_put_aside_and_tried_again_when_laid_back(
    boxes: Mailbox, server: Server, district: District, clock: ManualClock
) -> None:
    server.lay(b"no mail at all")
    server.lay(plain("x" * 1_000_001))
    good = server.lay(plain("路灯坏了"))
    assert boxes.look() == 3
    assert mails(district) == [("refused", "broken"), ("refused", "large"), ("filed", "")]
    assert server.folders["INBOX"] == [good]
    assert [each.raw[:7] for each in server.folders["Refused"]] == [b"no mail", b"From: a"]
    larger = boxes.world.config.mailbox.model_copy(update={"max_bytes": 2_000_000})
    server.lay(server.folders["Refused"][1].raw)
    reading(district, clock, mailbox=larger).look()
    assert mails(district)[-1] == ("filed", "")


def test_mail_that_lay_there_for_months_is_not_overdue_at_once(
    boxes: Mailbox, server: Server, district: District, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=31))
    server.lay(plain("x"))
    boxes.look()
    assert mails(district) == [("refused", "old")]
    boxes.world.config.mailbox.drop.joinpath("a.eml").write_bytes(plain("x"))  # type: ignore[union-attr]
    boxes.look()
    (case,) = cases(district)
    assert case.received_at == clock.now()


@pytest.mark.parametrize(
    ("capabilities", "refuses", "inbox", "aside"),
    [
        ("IMAP4rev1 UIDPLUS", set(), [], 1),
        ("IMAP4rev1", set(), [{r"\Seen", r"\Deleted"}], 1),
        ("IMAP4rev1", {"COPY", "CREATE"}, [{r"\Seen", r"\Flagged"}], 0),
    ],
)
def test_older_servers_put_it_aside_as_they_can(
    boxes: Mailbox, server: Server, capabilities: str, refuses: set[str], inbox: list[set[str]], aside: int
) -> None:
    server.capabilities, server.refuses = capabilities, refuses
    server.lay(b"no mail at all")
    boxes.look()
    assert [each.flags for each in server.folders["INBOX"]] == inbox
    assert len(server.folders.get("Refused", [])) == aside
    assert boxes.look() == 0


def test_a_flood_of_one_sender_is_put_aside_and_others_are_filed(
    boxes: Mailbox, server: Server, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.mailbox.filing.MOST_FROM_SENDER", 5)
    for number in range(7):
        server.lay(plain(f"第 {number} 封", number=f"f{number}"))
    server.lay(plain("别人的", sender="b@example.org", number="b"))
    assert boxes.look() == 8
    assert mails(district).count(("refused", "mail.too_many")) == 2
    assert len(cases(district)) == 6
    with district.store.reading() as session:
        replies = session.scalars(select(Sending.to)).all()
    assert sorted(map(str, replies)) == ["a@example.org"] * 4 + ["b@example.org"]


def test_the_folder_moves_what_it_has_read(boxes: Mailbox, district: District, tmp_path: Path) -> None:
    drop = boxes.world.config.mailbox.drop
    assert drop is not None
    (drop / "a.eml").write_bytes(plain("路灯坏了"))
    (drop / "b.EML").write_bytes(b"")
    (drop / "c.eml").write_bytes(b"x" * 1_000_001)
    (drop / "d.eml").write_bytes(sample("bounce"))
    (drop / "being-written.part").write_bytes(b"x")
    (tmp_path / "elsewhere.eml").write_bytes(plain("y", number="y"))
    (drop / "link.eml").symlink_to(tmp_path / "elsewhere.eml")
    assert boxes.look() == 4
    left = {path.relative_to(drop).as_posix() for path in drop.rglob("*") if path.is_file()}
    assert {re.sub(r"/[0-9a-f]{16}-", "/", name) for name in left} == {
        "filed/a.eml",
        "refused/b.EML",
        "refused/c.eml",
        "left/d.eml",
        "being-written.part",
        "link.eml",
    }
    assert len(cases(district)) == 1
    assert boxes.look() == 0


# --- what is in the way ---


def test_what_is_in_the_way_is_told_and_stops_nothing_else(
    boxes: Mailbox, server: Server, district: District, clock: ManualClock
) -> None:
    config = boxes.world.config.mailbox
    server.lay(plain("x"))
    (drop := config.drop).joinpath("a.eml").write_bytes(plain("y", number="y"))  # type: ignore[union-attr]
    for change, said in (
        ({"password": "wrong"}, "wrong password"),
        ({"folder": "Elsewhere"}, "cannot be opened"),
        ({"ca_file": None}, "cannot be reached"),
        ({"port": 1}, "cannot be reached"),
    ):
        changed = type(config).model_validate({**config.model_dump(), **change})
        reading(district, clock, mailbox=changed).look()
        assert said in trouble(district, "imap"), change
    assert len(cases(district)) == 1, "the folder was read all the same"
    assert PASSWORD not in trouble(district, "imap")
    assert drop is not None


def test_without_a_box_there_is_no_job(district: District, boxes: Mailbox, clock: ManualClock) -> None:
    assert mailbox.jobs(district.store, district.world, clock) == ()
    (job,) = mailbox.jobs(district.store, boxes.world, clock)
    assert job.every.total_seconds() == 60


def test_the_operator_sees_what_could_not_be_filed_and_no_word_of_it(
    boxes: Mailbox, server: Server, district: District, clock: ManualClock, app: Flask, visit: Visit
) -> None:
    empty = words(visit("operator").get("/operations/mailbox"))
    assert "没有读取信箱" in empty or "No mailbox is read" in empty
    server.lay(plain("x" * 1_000_001, subject="只有信里写着"))
    server.lay(plain("只有信里写着", sender="wang@example.org"))
    server.lay(sample("bounce"))
    boxes.look()
    app.extensions[KEY] = Edge(district.store, boxes.world, clock)
    page = visit("operator").get("/operations/mailbox")
    assert page.status_code == 200
    assert "mailbox.max_bytes" in page.text
    assert "Refused · &lt;1@example.org&gt;" in page.text
    filed = visit("operator").get("/operations/mailbox?outcome=filed").text
    assert "w**@example.org" in filed
    for text in (page.text, filed, visit("operator").get("/operations/mailbox?outcome=left").text):
        assert "只有信里写着" not in text
        assert "wang@" not in text
        assert PASSWORD not in text
    assert visit("grid").get("/operations/mailbox").status_code == 403
