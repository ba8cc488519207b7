"""From rows to what the API answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.cases import Case, masked_address, masked_id_number, masked_phone, masked_text, name_of
from engine.cases import Party as PartyRow
from engine.deadlines import Deadline
from engine.documents import KINDS, Document
from engine.people import Person
from engine.process import Forecast as Foreseen
from engine.process import Story
from engine.tasks import Choice, Delegation, Field, Form, Group, Item, Note, Task, Words
from engine.territory import Unit
from engine.web.api.told import (
    CaseFull,
    CaseLine,
    Clock,
    DelegationTold,
    DocumentTold,
    Forecast,
    FormTold,
    Name,
    OpenTask,
    Option,
    Party,
    PersonRef,
    Place,
    Question,
    Reason,
    TaskLine,
    Visit,
)
from engine.web.show import light_of

Part = Field | Note | Group


def place(unit: Unit | None) -> Place | None:
    return None if unit is None else Place(id=unit.id, tier=unit.tier, name=Name(zh=unit.name_zh, en=unit.name_en))


def places(units: Iterable[Unit]) -> list[Place]:
    return [told for told in map(place, units) if told is not None]


def person(who: Person | None) -> PersonRef | None:
    return None if who is None else PersonRef(id=who.id, name=Name(zh=who.name_zh, en=who.name_en))


def clock(deadline: Deadline | None) -> Clock | None:
    if deadline is None:
        return None
    return Clock(
        step=deadline.step,
        state=deadline.state,
        light=light_of(deadline),
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        warn_at=deadline.warn_at,
        length=deadline.length,
        provisional=deadline.provisional,
        pause_reason=deadline.pause_reason,
        extended_by=deadline.extended_by,
    )


def case_line(case: Case, running: Deadline | None, line: Sequence[Unit], holder: Unit | None) -> CaseLine:
    return CaseLine(
        number=case.number,
        title=masked_text(case.title),
        state=case.state,
        tier=case.tier,
        holder=place(holder),
        place=places(line),
        severity=case.severity,
        size=case.size,
        track=case.track,
        urgent=case.urgent,
        received_at=case.received_at,
        closed_at=case.closed_at,
        due_at=None if running is None else running.due_at,
        light=light_of(running),
    )


def case_full(story: Story) -> CaseFull:
    case, units = story.case, story.units
    line = case_line(case, story.tier_clock, story.place, units.get(case.holder_id))
    return CaseFull(
        **{**dict(line), "title": _text(story, case.title)},
        accountable=place(units.get(case.accountable_id)),
        channel=case.channel,
        external_no=case.external_no,
        kind=case.kind,
        category=case.category,
        description=_text(story, case.description),
        demand=_text(story, case.demand) if case.demand else None,
        address_text=_where(story),
        confidential=case.confidential,
        anonymous=case.anonymous,
        facts=case.facts,
        reasons=[Reason.model_validate(reason) for reason in case.reasons],
        filed_at=case.filed_at,
        result=case.result,
        lead_official=case.lead_official,
        parties=[party(each, shown=each.id in story.shown) for each in story.parties],
        visits=[
            Visit(
                seq=each.seq,
                tier=each.tier,
                unit=place(units.get(each.unit_id)),
                reason=each.reason,
                entered_at=each.entered_at,
                signed_in_at=each.signed_in_at,
                left_at=each.left_at,
                left_reason=each.left_reason,
            )
            for each in story.visits
        ],
        tier_clock=clock(story.tier_clock),
        case_clock=clock(story.case_clock),
        forecast=_forecast(story.forecast, units),
        open_tasks=[open_task(each, units, story.people) for each in story.open_tasks],
        extension_asked=None if story.extension is None else story.extension.length,
        set_aside=story.set_aside,
    )


def open_task(task: Task, units: Mapping[str, Unit], people: Mapping[int, Person]) -> OpenTask:
    return OpenTask(
        id=task.id,
        element=task.element,
        name=Name(zh=task.name_zh, en=task.name_en),
        unit=place(units.get(task.unit_id)),
        roles=list(task.role_names),
        due_at=task.due_at,
        light=light_of(task),
        claimed_by=person(people.get(task.claimed_by)) if task.claimed_by is not None else None,
    )


def task_line(task: Task, case: Case, unit: Unit | None, claimed_by: Person | None) -> TaskLine:
    told = open_task(
        task, {} if unit is None else {unit.id: unit}, {} if claimed_by is None else {claimed_by.id: claimed_by}
    )
    return TaskLine(
        **dict(told),
        case=case.number,
        case_title=masked_text(case.title),
        state=task.state,
        why=task.why,
        item=task.item,
        opened_at=task.opened_at,
        completed_at=task.completed_at,
    )


def item_line(item: Item, units: Mapping[str, Unit]) -> TaskLine:
    return task_line(item.task, item.case, units.get(item.task.unit_id), item.claimed_by)


def delegation(out: Delegation | None, people: Mapping[int, Person]) -> DelegationTold | None:
    if out is None:
        return None
    return DelegationTold(
        owner=person(people.get(out.owner_id)),
        delegate=person(people.get(out.delegate_id)),
        question=out.question,
        asked_at=out.asked_at,
    )


def form(asked: Form | None, choices: Mapping[str, Sequence[Choice]]) -> FormTold | None:
    if asked is None:
        return None
    return FormTold(id=asked.id, parts=[_question(part, choices) for part in asked.parts])


def _question(part: Part, choices: Mapping[str, Sequence[Choice]]) -> Question:
    hide = [condition.tree for condition in part.hide]
    match part:
        case Note():
            return Question(type="text", label=_name(part.words), hide=hide)
        case Group():
            inner = [_question(each, choices) for each in part.parts]
            return Question(type="group", label=_name(part.label), hide=hide, parts=inner)
        case Field():
            written = part.type in ("textfield", "textarea")
            return Question(
                type=part.type,
                label=_name(part.label),
                hide=hide,
                key=part.key,
                description=_name(part.description),
                required=part.required,
                kind=part.kind,
                min_length=part.shortest if written else None,
                max_length=part.longest if written else None,
                pattern=part.pattern.pattern if part.pattern else None,
                min=part.least,
                max=part.most,
                decimals=part.decimals if part.type == "number" else None,
                many=part.many,
                options=[Option(value=each.value, label=_sure(each.label)) for each in part.options(choices)],
                default=part.default,
            )


def _text(story: Story, text: str) -> str:
    return text if story.shown else masked_text(text)


def _where(story: Story) -> str | None:
    written = story.case.address_text
    return written if written is None or story.identity_shown else masked_address(written)


def party(who: PartyRow, *, shown: bool) -> Party:
    def told(value: str | None, masked: Callable[[str], str]) -> str | None:
        return value if shown or value is None else masked(value)

    return Party(
        id=who.id,
        role=who.role,
        type=who.type,
        name=name_of(who, shown=shown),
        phone=told(who.phone, masked_phone),
        address=told(who.address, masked_address),
        id_number=told(who.id_number, masked_id_number),
        protected=who.protected,
        shown=shown,
        unit=who.unit_id,
        person=who.person_id,
    )


def document(row: Document, people: Mapping[int, Person]) -> DocumentTold:
    return DocumentTold(
        id=row.id,
        name=row.name,
        kind=row.kind,
        media_type=KINDS[row.kind].media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        task=row.task_id,
        protected=row.protected,
        signs=row.signs,
        added_by=person(people.get(row.added_by or 0)),
        added_at=row.added_at,
        hidden_by=person(people.get(row.hidden_by or 0)),
        hidden_at=row.hidden_at,
        hidden_reason=row.hidden_reason,
    )


def _forecast(foreseen: Foreseen | None, units: Mapping[str, Unit]) -> Forecast | None:
    if foreseen is None:
        return None
    return Forecast(
        at=foreseen.at,
        step=foreseen.step,
        tier=foreseen.to_tier,
        unit=place(units.get(foreseen.to_unit_id)) if foreseen.to_unit_id else None,
        provisional=foreseen.provisional,
    )


def _name(words: Words | None) -> Name | None:
    return None if words is None else _sure(words)


def _sure(words: Words) -> Name:
    return Name(zh=words.zh, en=words.en)
