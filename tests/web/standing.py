"""Who mediates and who stands for what in a small district, so that every page of theirs has something to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from engine import delegates, mediation, process, staffing
from engine.cases import Case
from engine.clock import ManualClock
from engine.mediation import MediatorIn, OrganisationIn, RoomIn
from engine.people import Person, services, viewer_of
from engine.people.services import Service
from engine.staffing import Kind, PostingIn, forces
from tests.web.district import District

GRID = "LHQ.MZ.01.01.01"
STANDING: Mapping[str, tuple[str, str, Sequence[tuple[str, str]]]] = {
    "instructor": ("程指导", "Instructor Cheng", [("LHQ.MZ.01", "instructor")]),
    "delegate": ("温代表", "Delegate Wen", [(GRID, "delegate")]),
}
"""Who comes with it, as `district.PEOPLE` tells of the others."""


def stand(district: District, clock: ManualClock) -> None:
    """The first of everything; adds the accounts `instructor` and `delegate` to the district's people."""
    now = clock.now()
    today = now.astimezone(district.world.calendar.tz).date()
    with district.store.transaction() as session:
        for username, (zh, en, _roles) in STANDING.items():
            person = Person(username=username, name_zh=zh, name_en=en, active=True, offered_in_demo=True)
            session.add(person)
            session.flush()
            district.people[username] = person.id
        operator = viewer_of(session, district.people["operator"])
        system = Service("hotline-12345", "热线平台", "Hotline", "LHQ", ["clerk"], ["cases:read", "cases:file"], "登记")
        made = services.open_service(session, system, viewer=operator, now=now)
        services.issue_token(session, made.person_id, "生产", ends_at=None, viewer=operator, now=now)
        leader = viewer_of(session, district.people["district"])
        said = OrganisationIn(
            "民治人民调解委员会", "Minzhi committee", "peoples", ("LHQ.MZ",), ("*",), 5, "0755-28001111"
        )
        unit = mediation.add_organisation(session, "LHQ.MZ", said, viewer=None, now=now).unit_id
        known = MediatorIn("邱秀英", "Qiu Xiuying", "13700000000", ("neighbour",), ("hakka",), "1234567", "mediator")
        mediator = mediation.add_mediator(session, unit, known, viewer=None, now=now)
        room = mediation.add_room(
            session, unit, RoomIn("张书政调解室", "Zhang's room", "named", "LHQ.MZ.01", 8), viewer=None, now=now
        )
        mediation.add_room(
            session, unit, RoomIn("亲邻屋", "House", "neighbour", "LHQ.MZ.01", 6, None, room.id), viewer=None, now=now
        )
        case_id = session.scalars(select(Case.id).order_by(Case.id)).first()
        assert case_id is not None
        mediation.refer(session, case_id, unit, chosen_by="parties", now=now)
        referral = mediation.running(session, case_id)
        assert referral is not None
        mediation.accept(session, referral, mediator.id, now=now)
        starts_at = (now + timedelta(days=1)).astimezone(district.world.calendar.tz)
        process.book_session(
            session,
            case_id,
            room.id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            people=4,
            mediator_id=mediator.id,
            viewer=leader if leader.may("mediation.book") else viewer_of(session, district.people["community"]),
            now=now,
        )
        staffing.add_member_unit(session, "LHQ", "区住房和建设局", "Housing Bureau", duty="物业", viewer=None, now=now)
        for kind, who, where, rank, duties in (
            (Kind.OFFICER, "liaison", "LHQ.d1", "staff", ()),
            (Kind.MEMBER, "grid", GRID, None, ("care", "visits")),
            (Kind.LEADER, "district", "LHQ.MZ.01", None, ()),
            (Kind.INSTRUCTOR, "instructor", "LHQ.MZ.01", None, ()),
            (Kind.DELEGATE, "delegate", GRID, None, ()),
        ):
            posting = PostingIn(kind.value, district.people[who], where, today, None, rank, duties)
            staffing.post_person(session, posting, viewer=None, now=now, today=today)
        guide = viewer_of(session, district.people["instructor"])
        staffing.write_template(session, "LHQ.MZ.01", "先见面", "请先与双方见面，再谈方案。", viewer=guide, now=now)
        force = forces.set_up(session, "LHQ", "专班", "疑难事项", "每周三", leader.person_id, viewer=leader, now=now)
        process.give_to_force(session, case_id, force.id, viewer=leader, now=now)
        forces.note_meeting(
            session,
            force.id,
            held_at=now - timedelta(hours=1),
            place="一号会议室",
            present=[leader.person_id],
            decided="先查清事实",
            next_on=today + timedelta(days=7),
            viewer=leader,
            now=now,
        )
        delegate = viewer_of(session, district.people["delegate"])
        delegates.raise_matter(
            session,
            district.world,
            GRID,
            kind="complaint",
            category="road.lighting",
            title="路灯不亮",
            description="北门一排路灯不亮",
            viewer=delegate,
            now=now,
        )
    district.world.forget_people()
