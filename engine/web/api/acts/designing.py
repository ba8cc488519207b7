"""The designers' workshop: processes, proposals, their files, the check, scenarios, and publishing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from engine import deploy, design
from engine.deploy import Release
from engine.design import Proposal
from engine.errors import NotFound
from engine.runtime import Finding
from engine.web.api.acts.own import midnight
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Day, Whole, row, told
from engine.web.api.told import Told
from engine.web.context import now, viewer, world

DESIGNS = Room("designs", "Processes, proposals and releases.", read="designs:read", write="designs:write")
Path = Annotated[str, Field(min_length=1, max_length=200, description="As `p_small/p_small.bpmn`.")]
Paths = Annotated[list[Path], Field(max_length=200)]
Reason = Annotated[str, Field(max_length=4000)]
Content = Annotated[str, Field(max_length=design.MAX_BYTES)]
Seen = Annotated[int | None, Field(ge=0, description="The revision that was read; none for a new file.")]
PROPOSAL = row(
    "Proposal",
    Proposal,
    "id title author_id base_id state created_at changed_at closed_at closed_by release_id publish_at reason"
    " approver_id trouble",
)
PROPOSAL_FULL = row(
    "ProposalFull",
    Proposal,
    "id title author_id base_id state created_at changed_at closed_at closed_by release_id publish_at reason"
    " approver_id trouble",
    changed=list[str],
    files=list[str],
    fingerprint=str,
)
RELEASE = row("Release", Release, "id fingerprint published_at published_by reason changed")
FINDING = row("CheckFinding", Finding, "file line element code severity message hint")


class ProcessTold(Told):
    id: str
    name: str
    path: str


class FileTold(Told):
    """A file of a proposal. `revision` counts its saves; 0 is what the release says."""

    path: str
    revision: int
    text: str


class Saved(Told):
    path: str
    revision: int


class Played(Told):
    path: str
    passed: bool
    faults: list[str]


class Checked(Told):
    """What the check says of a proposal, and how its scenarios go. `fingerprint` names these files to `publish`."""

    fingerprint: str
    findings: list[FINDING]  # type: ignore[valid-type]
    scenarios: list[Played]


@DESIGNS.look("/processes", "listProcesses", "process.publish", "Processes in force", lists=ProcessTold)
def list_processes(session: Session) -> Any:
    package = world().releases.current(session).package
    return [
        ProcessTold(id=each.id, name=each.name, path=each.path) for _id, each in sorted(package.processes.items())
    ], None


@DESIGNS.look("/proposals", "listProposals", "process.publish", "Proposals being worked on", lists=PROPOSAL)
def list_proposals(session: Session) -> Any:
    return design.open_proposals(session), None


@DESIGNS.look("/proposals/<int:proposal_id>", "readProposal", "process.publish", "Read a proposal", tells=PROPOSAL_FULL)
def read_proposal(session: Session, proposal_id: int) -> Any:
    return _proposal(session, proposal_id)


@DESIGNS.look("/proposals/<int:proposal_id>/file", "readProposalFile", "process.publish", "Read a file", tells=FileTold)
def read_file(session: Session, proposal_id: int, *, path: Path) -> Any:
    content = _content(session, proposal_id, path)
    revision = design.revision_of(session, proposal_id, path)
    return FileTold(path=path, revision=revision, text=content.decode("utf-8", "replace"))


@DESIGNS.act("/proposals", "beginProposal", "process.publish", "Begin a proposal", tells=PROPOSAL, status=201)
def begin(session: Session, *, title: Annotated[str, Field(max_length=120)]) -> Proposal:
    return design.begin_proposal(session, title, author_id=viewer().person_id, now=now())


@DESIGNS.act("/proposals/<int:proposal_id>/title", "renameProposal", "process.publish", "Rename it", tells=PROPOSAL)
def rename(session: Session, proposal_id: int, *, title: Annotated[str, Field(max_length=120)]) -> Proposal:
    return design.rename_proposal(session, proposal_id, title, now=now())


@DESIGNS.act("/proposals/<int:proposal_id>/dropping", "dropProposal", "process.publish", "Give it up", tells=PROPOSAL)
def drop(session: Session, proposal_id: int) -> Proposal:
    return design.drop_proposal(session, proposal_id, actor_id=viewer().person_id, now=now())


@DESIGNS.act(
    "/proposals/<int:proposal_id>/adoption",
    "adoptRelease",
    "process.publish",
    "Put it on the release in force",
    tells=PROPOSAL_FULL,
    description="Of files that both changed, `keep` names those that stay as the proposal has them, `take` those that "
    "become what the release says.",
)
def adopt(session: Session, proposal_id: int, *, keep: Paths = [], take: Paths = []) -> Any:  # noqa: B006
    who = viewer().person_id
    design.adopt_release(session, proposal_id, keep_mine=keep, take_theirs=take, actor_id=who, now=now())
    return _proposal(session, proposal_id)


@DESIGNS.act(
    "/proposals/<int:proposal_id>/files",
    "saveProposalFile",
    "process.publish",
    "Save a file",
    tells=Saved,
    description="Diagrams, tables, limits, forms and scenarios alike. One that was saved since answers 409.",
)
def save_file(session: Session, proposal_id: int, *, path: Path, text: Content, seen: Seen = None) -> Any:
    common: dict[str, Any] = {"actor_id": viewer().person_id, "now": now()}
    if seen is None:
        kept = design.add_file(session, proposal_id, path, text.encode(), **common)
    else:
        _content(session, proposal_id, path)
        kept = design.save_file(session, proposal_id, path, text.encode(), seen=seen, **common)
    return Saved(path=kept.path, revision=kept.revision)


@DESIGNS.act(
    "/proposals/<int:proposal_id>/files/moving",
    "moveProposalFile",
    "process.publish",
    "Save a file under another name",
    tells=Saved,
)
def move_file(session: Session, proposal_id: int, *, path: Path, to: Path, text: Content, seen: Whole) -> Any:
    _content(session, proposal_id, path)
    kept = design.move_file(
        session, proposal_id, path, to, text.encode(), seen=seen, actor_id=viewer().person_id, now=now()
    )
    return Saved(path=kept.path, revision=kept.revision)


@DESIGNS.act(
    "/proposals/<int:proposal_id>/files/removal",
    "removeProposalFile",
    "process.publish",
    "Take a file out",
    tells=Acted,
)
def remove_file(session: Session, proposal_id: int, *, path: Path, seen: Whole) -> Any:
    _content(session, proposal_id, path)
    design.remove_file(session, proposal_id, path, seen=seen, actor_id=viewer().person_id, now=now())
    return Acted()


@DESIGNS.act(
    "/proposals/<int:proposal_id>/check",
    "checkProposal",
    "process.publish",
    "Check it and play its scenarios",
    tells=Checked,
    description="With `path` and `text`, as if that file stood so. Keeps nothing.",
    scope="designs:read",
)
def check(session: Session, proposal_id: int, *, path: Path | None = None, text: Content = "") -> Any:
    files = design.files_of(session, design.get_proposal(session, proposal_id))
    if path is not None:
        files = {**files, path: text.encode()}
    verdict = deploy.judge(files, limits_may_miss=_may_miss())
    return Checked(
        fingerprint=verdict.fingerprint,
        findings=told(session, FINDING, verdict.findings),
        scenarios=[
            Played(path=each.path, passed=each.passed, faults=[str(fault) for fault in each.faults])
            for each in verdict.scenarios
        ],
    )


@DESIGNS.act(
    "/proposals/<int:proposal_id>/samples/<int:sample_id>",
    "adoptSample",
    "process.publish",
    "Keep a sample as a scenario",
    tells=Saved,
)
def adopt_sample(
    session: Session, proposal_id: int, sample_id: int, *, name: Annotated[str, Field(max_length=64)]
) -> Any:
    kept = design.adopt_sample(session, proposal_id, sample_id, name, actor_id=viewer().person_id, now=now())
    return Saved(path=kept.path, revision=kept.revision)


@DESIGNS.act(
    "/samples/<int:sample_id>/dropping", "dropSample", "process.publish", "Lay a sample aside for all", tells=Acted
)
def drop_sample(session: Session, sample_id: int) -> Any:
    deploy.close_sample(session, sample_id)
    return Acted()


# --- publishing ------------------------------------------------------------------------------------------------------


def _judge_proposal(session: Session, proposal_id: int, **_words: Any) -> None:
    """Here, so that nobody waits for it under the lock of the act."""
    deploy.judge(design.files_of(session, design.get_proposal(session, proposal_id)), limits_may_miss=_may_miss())


def _judge_release(session: Session, release_id: int, **_words: Any) -> None:
    deploy.judge(deploy.files_of(session, release_id), limits_may_miss=_may_miss())


@DESIGNS.act(
    "/proposals/<int:proposal_id>/publication",
    "publishProposal",
    "process.publish",
    "Publish it, or plan to",
    tells=PROPOSAL,
    description="`seen` is the fingerprint that was looked at. With `effective_on` it is planned for that day.",
    before=_judge_proposal,
)
def publish(
    session: Session,
    proposal_id: int,
    *,
    seen: Annotated[str, Field(max_length=64)],
    reason: Reason,
    effective_on: Day | None = None,
) -> Proposal:
    effective_at: datetime | None = None if effective_on is None else midnight(effective_on)
    design.publish_proposal(
        session,
        proposal_id,
        seen=seen,
        reason=reason,
        actor_id=viewer().person_id,
        four_eyes=world().config.publishing.four_eyes,
        now=now(),
        effective_at=effective_at,
        limits_may_miss=_may_miss(),
    )
    return design.get_proposal(session, proposal_id)


@DESIGNS.act(
    "/proposals/<int:proposal_id>/recall", "recallProposal", "process.publish", "Recall a planned one", tells=PROPOSAL
)
def recall(session: Session, proposal_id: int) -> Proposal:
    return design.recall(session, proposal_id, actor_id=viewer().person_id, now=now())


@DESIGNS.look("/releases", "listReleases", "process.publish", "List releases, latest first", lists=RELEASE)
def list_releases(session: Session) -> Any:
    return deploy.recent_releases(session), None


@DESIGNS.act(
    "/releases/<int:release_id>/rollback",
    "rollBack",
    "process.publish",
    "Put the files of an earlier release in force again",
    tells=RELEASE,
    status=201,
    description="`expected` is the newest release that was looked at.",
    before=_judge_release,
)
def roll_back(session: Session, release_id: int, *, reason: Reason, expected: Whole) -> Release:
    return design.roll_back(
        session,
        release_id,
        reason=reason,
        actor_id=viewer().person_id,
        expected=expected,
        now=now(),
        limits_may_miss=_may_miss(),
    )


def _proposal(session: Session, proposal_id: int) -> Any:
    session.flush()
    found = design.get_proposal(session, proposal_id)
    base, files = deploy.files_of(session, found.base_id), design.files_of(session, found)
    changed = sorted(path for path in {*base, *files} if base.get(path) != files.get(path))
    mark = deploy.fingerprint(files)
    return told(session, PROPOSAL_FULL, [found], changed=changed, files=sorted(files), fingerprint=mark)[0]


def _content(session: Session, proposal_id: int, path: str) -> bytes:
    files = design.files_of(session, design.get_proposal(session, proposal_id))
    if path not in files:
        raise NotFound("file.unknown", "There is no such file in this proposal.")
    return files[path]


def _may_miss() -> bool:
    return world().config.limits_policy.missing_step == "default"
