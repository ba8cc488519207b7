"""The choices that the engine finds for a form: whom to invite, who signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from engine import documents
from engine.cases import Case, Party, Wall, name_of, parties_of, wall_of
from engine.documents import Document
from engine.tasks.competent import competent_units
from engine.tasks.fields import DOCUMENTS, Choice, Words
from engine.tasks.forms import Form
from engine.tasks.invitees import invitees
from engine.tasks.mediators import mediators, organisations
from engine.tasks.model import Task
from engine.territory import Tiers


def choices_for(
    session: Session,
    form: Form,
    task: Task,
    case: Case,
    tiers: Tiers,
    *,
    papers: Sequence[Document] | None = None,
    parties: Sequence[Party] | None = None,
    wall: Wall | None = None,
    on: date | None = None,
) -> Mapping[str, Sequence[Choice]]:
    """What the form's `valuesKey`s stand for in this case; nothing is asked for a form that has none.

    `papers`, `parties` and `wall` are those of the case where they have been read already; `on` is the day on which a
    member unit, an organisation or a mediator must be there, left out where nobody is to be chosen now.
    """
    wanted = {field.source for field in form.fields.values() if field.source}
    found: dict[str, Sequence[Choice]] = {}
    if "community_units" in wanted:
        found["community_units"] = invitees(session, task, case, tiers, wall or wall_of(session, case), on=on)
    if "competent_units" in wanted:
        found["competent_units"] = competent_units(session, task, case, wall or wall_of(session, case))
    if "parties" in wanted:
        if parties is None:
            parties = parties_of(session, case.id)
        found["parties"] = [_party(party) for party in parties]
    if "mediation_organisations" in wanted:
        found["mediation_organisations"] = organisations(session, case, wall or wall_of(session, case), on=on)
    if "mediators" in wanted:
        found["mediators"] = mediators(session, task, case, wall or wall_of(session, case), on=on)
    if any(field.type == "filepicker" for field in form.fields.values()):
        if papers is None:
            papers = documents.of_case(session, case.id, identity_shown=True)
        found[DOCUMENTS] = _papers(task, papers)
    return found


def _papers(task: Task, papers: Sequence[Document]) -> list[Choice]:
    """What the case shows, and what was added to this very task although it is protected."""
    return [
        Choice(str(paper.id), Words(paper.name, paper.name), paper.is_image)
        for paper in papers
        if paper.hidden_at is None and (not paper.protected or paper.task_id == task.id)
    ]


def _party(party: Party) -> Choice:
    """A protected name stays masked in a form too: it is shown on asking, beside it."""
    name = name_of(party, shown=False)
    return Choice(str(party.id), Words(name, name))
