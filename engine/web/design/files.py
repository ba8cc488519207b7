"""The files of a proposal over HTTP, for the editors: read with a revision, saved against it, checked while typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from flask import Response, jsonify, make_response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deploy, design
from engine.design import MAX_BYTES, Proposal, ProposalFile
from engine.errors import Invalid, NotFound, Refusal
from engine.people import names
from engine.runtime import Finding
from engine.web.attached import takes_files
from engine.web.context import acting, looking, now, stop_looking, viewer
from engine.web.design.blueprint import may_miss, pages
from engine.web.design.change_words import WHAT, FileLines, told
from engine.web.design.finding_words import finding_words
from engine.web.design.rule_words import rule_words
from engine.web.numbers import number
from engine.web.policy import policy
from engine.web.refusals import sentence_of
from engine.web.show import moment, person_name
from engine.web.status import status_of

View = TypeVar("View", bound=Callable[..., Any])


def answers_json(view: View) -> View:
    """A refusal is told in JSON, as a script can show it."""

    @wraps(view)
    def answered(*given: Any, **named: Any) -> Any:
        try:
            return view(*given, **named)
        except Refusal as refusal:
            stop_looking()
            return _refused(refusal)

    return answered  # type: ignore[return-value]


@pages.get("/proposals/<int:proposal_id>/files/<path:path>")
@policy("process.publish")
def file(proposal_id: int, path: str) -> Response:
    with looking() as session:
        content, revision = file_of(session, design.get_proposal(session, proposal_id), path)
    answer = make_response(content)
    answer.mimetype = "application/xml" if path.endswith((".bpmn", ".dmn")) else "text/plain"
    answer.set_etag(str(revision))
    answer.headers["Content-Disposition"] = "attachment"
    return answer


@pages.put("/proposals/<int:proposal_id>/files/<path:path>")
@policy("process.publish")
@takes_files
@answers_json
def save(proposal_id: int, path: str) -> Response:
    """`If-Match` names the revision the editor began with; a newer one answers 409, saying who saved and when."""
    content = sent_content(path)
    with acting() as session:
        kept = design.save_file(
            session, proposal_id, path, content, seen=_seen(), actor_id=viewer().person_id, now=now()
        )
        answer = jsonify(revision=kept.revision, when=moment(kept.changed_at))
        answer.set_etag(str(kept.revision))
    return answer


@pages.post("/proposals/<int:proposal_id>/findings/<path:path>")
@policy("process.publish")
@takes_files
@answers_json
def findings(proposal_id: int, path: str) -> Response:
    """What the check says of the whole proposal with this file as it stands in the editor. Nothing is kept."""
    content = sent_content(path)
    with looking() as session:
        files = design.files_of(session, design.get_proposal(session, proposal_id))
    if path not in files:
        raise NotFound("file.unknown", "There is no such file in this proposal.")
    found = deploy.check_release(files | {path: content}, limits_may_miss=may_miss())
    found.sort(key=lambda each: (each.file != path, each.severity != "error"))
    return jsonify(findings=[_told(each) for each in found])


def _told(finding: Finding) -> dict[str, Any]:
    """In the reader's language."""
    said = {"message": finding_words(finding.message), "hint": finding_words(finding.hint)}
    return {**asdict(finding), "rule": rule_words(finding.code), **said}


@pages.post("/proposals/<int:proposal_id>/difference/<path:path>")
@policy("process.publish")
@takes_files
@answers_json
def compare(proposal_id: int, path: str) -> Response:
    """What this file, as it stands in the editor, says otherwise than the one that is kept."""
    content = sent_content(path)
    with looking() as session:
        kept, _revision = file_of(session, design.get_proposal(session, proposal_id), path)
    return jsonify(changes=list(_sentences(told(design.difference({path: kept}, {path: content})))))


def file_of(session: Session, proposal: Proposal, path: str) -> tuple[bytes, int]:
    """Content and revision; 0 is what the release says. Raises NotFound."""
    files = design.files_of(session, proposal)
    if path not in files:
        raise NotFound("file.unknown", "There is no such file in this proposal.")
    revision = session.scalar(
        select(ProposalFile.revision).where(ProposalFile.proposal_id == proposal.id, ProposalFile.path == path)
    )
    return files[path], revision or 0


def sent_content(path: str) -> bytes:
    if (request.content_length or 0) > MAX_BYTES:
        raise Invalid("file.too_large", f"{path} is larger than {MAX_BYTES} bytes.", path=path)
    return request.get_data(cache=False)


def _seen() -> int:
    seen = number((request.headers.get("If-Match") or "").strip('"'))
    if seen is None:
        raise Invalid("file.revision_missing", "Say in If-Match which revision this began with.")
    return seen


def _sentences(files: Iterable[FileLines]) -> Iterator[str]:
    for file in files:
        for line in file.lines:
            values = f": {line.before or '–'} → {line.after or '–'}" if line.before or line.after else ""
            yield f"{WHAT[line.what]} · {line.kind} {line.subject} {line.about}{values}"
        for name in file.moved:
            yield f"{WHAT['moved']} · {name}"


def _refused(refusal: Refusal) -> Response:
    answer = jsonify(
        code=refusal.code,
        said=sentence_of(refusal),
        revision=refusal.facts.get("revision"),
        **by_whom(refusal),
    )
    answer.status_code = status_of(refusal)
    return answer


def by_whom(refusal: Refusal) -> dict[str, str]:
    """Who saved in between, and when; nothing for another refusal."""
    person_id, at = refusal.facts.get("by"), refusal.facts.get("at")
    if not isinstance(person_id, int) or not at:
        return {}
    with looking() as session:
        who = person_name(names(session, [person_id]).get(person_id))
    return {"who": who, "when": moment(datetime.fromisoformat(str(at)), now())}
