"""Several at once at one door: the same report of an app, and one folder of mail read by several nodes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from engine.cases import Case
from engine.config import CivicAppConfig, DocumentsConfig, MailboxConfig
from engine.process import World
from tests.stories.district import STREET, District
from webhooks.mailbox import Mailbox
from webhooks.open311.filing import Request, file_request
from webhooks.open311.updates import Said, take_update

MAILS = Path(__file__).parents[1] / "webhooks" / "payloads" / "mailbox"


def at_once(count: int, act: Callable[[], object]) -> list[object]:
    """What so many threads got that began together."""
    barrier, found = threading.Barrier(count), []

    def run() -> None:
        barrier.wait(10)
        found.append(act())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_one_report_and_one_update_sent_by_many_count_once(district: Callable[[str], District]) -> None:
    town = district("2026-03-02 09:00")
    app, now = CivicAppConfig(id="app", key_env="APP_KEY", place=STREET), town.clock.now()
    report = Request("road.lighting", "路灯不亮。", address="民治街道", external_no="1")

    def file() -> str:
        return town.store.run(lambda session: file_request(session, town.world, app, report, [], now=now).case.number)

    numbers = at_once(6, file)
    said = Said("u1", str(numbers[0]), "OPEN", "还是不亮。")
    updates = at_once(
        4, lambda: town.store.run(lambda s: take_update(s, town.world, app, said, [], now=now).external_no)
    )
    assert (len(numbers), len(set(numbers)), updates) == (6, 1, ["u1"] * 4)
    with town.store.reading() as session:
        case_id = session.scalars(select(Case.id)).one()
    assert town.acts(case_id).count("material.supplied") == 1


def test_one_folder_read_by_many_nodes_files_each_mail_once(
    district: Callable[[str], District], tmp_path: Path
) -> None:
    town = district("2026-03-02 09:00")
    drop = tmp_path / "drop"
    drop.mkdir()
    for mail in MAILS.glob("*.eml"):
        (drop / mail.name).write_bytes(mail.read_bytes())
    config = town.world.config.model_copy(
        update={"mailbox": MailboxConfig(drop=drop), "documents": DocumentsConfig(folder=tmp_path / "documents")}
    )
    world = World(config, town.world.calendar)
    world.releases = town.world.releases
    assert len(at_once(3, Mailbox(town.store, world, town.clock).look)) == 3
    with town.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 3
    assert sorted(path.parent.name for path in drop.rglob("*.eml")) == ["filed"] * 3 + ["left"] * 3
