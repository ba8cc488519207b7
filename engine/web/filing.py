"""Filing a case: find the place step by step, write down the matter, see how it is graded, file it.

Every step is a page of its own and works without a script. The questions are the form `file_case` of the release in
force, so a designer may change them; `check` shows the grading with its reasons before anything is kept, `file`
keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import detection, intake, process, tasks, triage
from engine.cases import RESPONDENT
from engine.documents import Kept
from engine.errors import Invalid, NotFound
from engine.intake import Filing, Override, PartyIn
from engine.tasks import Form
from engine.territory import children, line_of
from engine.triage import Grade
from engine.web import attached, drafts, offline, once
from engine.web.context import acting, looking, now, viewer, world
from engine.web.language import _
from engine.web.meant import MEANT, meant, name_of, staff_on
from engine.web.once import Done
from engine.web.policy import policy
from engine.web.sent import sent
from engine.web.show import here_and_now

pages = Blueprint("filing", __name__)

FORM = "file_case"
FILES = "files"
BESIDE = once.BESIDE | {
    "draft_seen",
    "place_id",
    "step",
    "received_at",
    "severity",
    "override_reason",
    attached.KEPT,
    FILES,
    MEANT,
}
"""What the page itself asks besides the form."""
OLDEST = timedelta(days=3660)


@pages.get("/cases/new")
@policy("case.file")
def show() -> str:
    """Without a place: the next step of the way to it. With one: the matter."""
    place_id = request.args.get("place", "")
    if place_id and request.args.get("here"):
        return _page(place_id)
    place_id = place_id or _own_place()
    with looking() as session:
        line = line_of(session, place_id) if place_id else []
        if place_id and (not line or line[-1].id != place_id):
            raise NotFound("unit.unknown", "There is no such place.")
        below = [unit for unit in children(session, place_id or None) if unit.valid_to is None]
        if below:
            return render_template("filing/place.html", line=line, below=below)
    return _page(place_id)


@pages.post("/cases")
@policy("case.file")
@attached.takes_files
def file() -> str | Response | tuple[str, int]:
    place_id = request.form.get("place_id", "")
    raw: dict[str, Any] = {}
    filing: Filing | None = None
    papers, refused = attached.kept_before(FILES)
    try:
        with looking() as session:
            form = _form(session)
        raw = sent(form, request.form, beside=BESIDE)
        filing = _filing(form.check(raw, zone=world().calendar.tz), place_id)
        if refused:
            raise Invalid("document.refused", refused["en"], fields={FILES: refused})
        if request.form.get("step") != "file":
            return _page(place_id, raw=raw, grade=_by_the_tables(filing), papers=papers, alike=_alike(filing))
        filed = filing
        answer = once.once(lambda session: _filed(session, filed, papers))
    except Invalid as refusal:
        wrong = refusal.facts.get("fields")
        if not wrong:
            raise
        if offline.is_sent_later():  # nobody looks at the page: what was typed waits to be completed
            with acting() as session:
                drafts.save_filing(session, seen=None)
            offline.keeps_words()
        wrong = {MEANT if key.startswith("parties.") else key: said for key, said in wrong.items()}
        by_hand = not set(wrong) - {"severity", "override_reason"}
        return _page(
            place_id,
            raw=raw,
            grade=_by_the_tables(filing) if filing is not None and by_hand else None,
            wrong=wrong,
            papers=papers,
        ), 422
    return answer


def _filed(session: Session, filing: Filing, papers: Sequence[tuple[str, Kept]]) -> Done:
    case = intake.file_case(session, world(), filing, viewer=viewer(), now=now())
    tasks.drop_draft(session, viewer().person_id, tasks.FILING)
    for _proof, paper in papers:
        attached.attach(session, case.id, paper)
    said = _("Filed as %(number)s.", number=case.number)
    try:
        tasks.see_case(session, viewer(), case.id)
    except NotFound:  # it may be filed for a place whose cases the person does not see
        return Done(url_for("worklist.show"), said)
    return Done(url_for("cases.show", case_id=case.id), said)


def _by_the_tables(filing: Filing) -> Grade:
    """How the tables grade it, whatever a person made of it."""
    with looking() as session:
        return intake.preview(session, world(), replace(filing, override=None))


def _alike(filing: Filing) -> Sequence[detection.Alike]:
    """Open cases that it looks like, so that whoever files it can see that it is filed already."""
    if filing.confidential:
        return ()
    with looking() as session:
        matter = detection.matter_to_be(
            filing.title, filing.description, filing.place_id, filing.category, filing.received_at, filing.parties
        )
        return detection.looks_like(session, world(), matter, viewer=viewer())


def _own_place() -> str:
    """The place a person most likely means: their own unit."""
    return max(viewer().units(), key=lambda unit: unit.count("."), default="")


def _form(session: Any) -> Form:
    return world().releases.current(session).form(process.MAIN, FORM)


def _page(
    place_id: str,
    *,
    raw: Mapping[str, Any] | None = None,
    grade: Grade | None = None,
    wrong: Mapping[str, Mapping[str, str]] | None = None,
    papers: Sequence[tuple[str, Kept]] = (),
    alike: Sequence[detection.Alike] = (),
) -> str:
    with looking() as session:
        line = line_of(session, place_id)
        if not line or line[-1].id != place_id:
            raise NotFound("unit.unknown", "There is no such place.")
        form = _form(session)
        draft = tasks.draft_of(session, viewer().person_id, tasks.FILING)
        begun = draft.answers if draft is not None and raw is None else {}
        return render_template(
            "filing/matter.html",
            form=form,
            line=line,
            draft=draft,
            raw_is_draft=bool(begun),
            raw={key: value for key, value in begun.items() if key in form.fields} or raw,
            grade=grade,
            wrong=wrong or {},
            papers=papers,
            alike=alike,
            typed=request.form or begun,
            received=here_and_now(),
            staff=staff_on(session, line),
        )


def _filing(answers: Mapping[str, Any], place_id: str) -> Filing:
    """Answers of the form become a filing: what triage knows are facts, the rest has its own place."""
    severity, reason = request.form.get("severity", ""), request.form.get("override_reason", "").strip()
    return Filing(
        channel=answers.get("channel", ""),
        kind=answers.get("kind", ""),
        category=answers.get("category", ""),
        title=answers.get("title", ""),
        description=answers.get("description", ""),
        place_id=place_id,
        received_at=_received(),
        demand=answers.get("demand"),
        address_text=answers.get("address_text"),
        external_no=answers.get("external_no"),
        facts={
            key: value for key, value in answers.items() if key in triage.DEFAULTS and key not in ("kind", "channel")
        },
        parties=tuple(_parties(answers)),
        anonymous=bool(answers.get("anonymous")),
        confidential=bool(answers.get("confidential")),
        override=Override(int(severity) if severity in ("1", "2", "3", "4") else 0, reason) if severity else None,
    )


def _parties(answers: Mapping[str, Any]) -> list[PartyIn]:
    found = []
    if answers.get("party_name"):
        found.append(
            PartyIn(
                role=answers.get("party_role", "applicant"),
                name=answers["party_name"],
                type=answers.get("party_type", "person"),
                phone=answers.get("party_phone"),
                address=answers.get("party_address"),
                protected=bool(answers.get("party_protected") or answers.get("anonymous")),
                id_number=answers.get("party_id_number"),
            )
        )
    unit_id, person_id = meant()
    if answers.get("respondent_name") or unit_id or person_id:
        found.append(
            PartyIn(
                role=RESPONDENT,
                name=answers.get("respondent_name") or name_of(unit_id, person_id),
                type="agency" if unit_id else "person",
                unit_id=unit_id,
                person_id=person_id,
            )
        )
    return found


def _received() -> datetime:
    written = request.form.get("received_at", "").strip()
    if not written:
        return now()
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise _wrong_time("请填写有效的时间。", "Write a valid time.") from None
    at = at if at.tzinfo else at.replace(tzinfo=world().calendar.tz)
    if not timedelta(0) <= now() - at <= OLDEST:
        raise _wrong_time("接收时间不能晚于现在，也不能早于十年前。", "It lies between ten years ago and now.")
    return at


def _wrong_time(zh: str, en: str) -> Invalid:
    return Invalid("filing.received_at", en, fields={"received_at": {"zh": zh, "en": en}})
