"""What the API answers. Names come in both languages, instants in UTC, ids of places as materialised paths."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Name(Told):
    zh: str
    en: str


class Place(Told):
    """A unit of the tree."""

    id: str = Field(examples=["LHQ.MZ.01"])
    tier: str = Field(examples=["community"])
    name: Name


class PersonRef(Told):
    id: int
    name: Name


class Fault(Told):
    pointer: str | None = Field(None, description="Where in the body, as a JSON pointer.", examples=["/facts/injury"])
    parameter: str | None = Field(None, description="Which parameter of the address.")
    detail: str


class Problem(Told):
    """A refusal (RFC 9457). `code` never changes; `detail` is for people, in the language of `Accept-Language`."""

    type: str = Field(examples=["urn:maplebridge:problem:task.done"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["task.done"])
    instance: str = Field(examples=["/api/v1/tasks/7/completion"])
    facts: dict[str, Any] = Field(description="What the sentence talks about: by whom, when, which one.")
    errors: list[Fault] = Field(description="Every wrong field at once.")


Light = Annotated[str, Field(json_schema_extra={"enum": ["green", "yellow", "red", "still", "none"]})]
State = Annotated[str, Field(json_schema_extra={"enum": ["open", "completed", "withdrawn"]})]
Size = Annotated[str, Field(json_schema_extra={"enum": ["small", "big"]})]


class Clock(Told):
    """A time limit. `light`: green in time, yellow nearly used up, red overdue, still while stopped."""

    step: str = Field(examples=["handle"])
    state: str = Field(json_schema_extra={"enum": ["armed", "paused", "met", "breached", "cancelled"]})
    light: Light
    started_at: datetime
    due_at: datetime
    warn_at: datetime | None
    length: str = Field(examples=["3wd"])
    provisional: bool = Field(description="Reaches past the last year whose working days are known.")
    pause_reason: str | None
    extended_by: str | None


class Visit(Told):
    """One stay at one tier."""

    seq: int
    tier: str
    unit: Place | None
    reason: str
    entered_at: datetime
    signed_in_at: datetime | None
    left_at: datetime | None
    left_reason: str | None


class Party(Told):
    """Telephone, address, identity number and protected names are masked until somebody with the right asks for them
    with a reason (`unmaskParties`)."""

    id: int
    role: str
    type: str
    name: str
    phone: str | None
    address: str | None
    id_number: str | None
    protected: bool
    shown: bool = Field(description="Whether this is in the clear now, for you.")
    unit: str | None = Field(description="The unit of the district that is meant, if any.")
    person: int | None = Field(description="The handler that is meant, if any.")


class DocumentTold(Told):
    """A paper of a case. `sha256` is the hash of what is kept: of a photo, without what the camera wrote into it."""

    id: int
    name: str
    kind: str = Field(examples=["jpeg"])
    media_type: str = Field(examples=["image/jpeg"])
    size_bytes: int
    sha256: str
    task: int | None = Field(description="The task it was added to.")
    protected: bool
    signs: str | None = Field(description="Of a signature: the hash of the text it stands under.")
    added_by: PersonRef | None = Field(description="Null: the petitioner, or a connected system.")
    added_at: datetime
    hidden_by: PersonRef | None
    hidden_at: datetime | None
    hidden_reason: str | None


class Documents(Told):
    items: list[DocumentTold]
    next: str | None = Field(description="`cursor` of the following page; null on the last one.")


class Shown(Told):
    """Parties in the clear. What was shown, to whom and why stands in the case's history."""

    parties: list[Party]


class Reason(Told):
    decision: str
    rule: str
    says: str


class Forecast(Told):
    """What happens at `at` if nobody acts: the case rises to `unit`; without one, supervision is opened at the top."""

    at: datetime
    step: str
    tier: str | None
    unit: Place | None
    provisional: bool


class OpenTask(Told):
    id: int
    element: str
    name: Name
    unit: Place | None
    roles: list[str]
    due_at: datetime | None
    light: Light
    claimed_by: PersonRef | None


class CaseLine(Told):
    """A case in a list."""

    number: str = Field(examples=["LHQ-20260302-0001"])
    title: str
    state: str
    tier: str
    holder: Place | None
    place: list[Place] = Field(description="Highest unit first.")
    severity: int
    size: Size
    track: str
    urgent: bool
    received_at: datetime
    closed_at: datetime | None
    due_at: datetime | None = Field(description="Of the running tier clock.")
    light: Light


class CaseFull(CaseLine):
    """All that the viewer may know about a case."""

    accountable: Place | None
    channel: str
    external_no: str | None
    kind: str
    category: str
    description: str
    demand: str | None
    address_text: str | None
    confidential: bool
    anonymous: bool
    facts: dict[str, Any]
    reasons: list[Reason]
    filed_at: datetime
    result: str | None
    lead_official: str | None
    parties: list[Party]
    visits: list[Visit]
    tier_clock: Clock | None
    case_clock: Clock | None
    forecast: Forecast | None
    open_tasks: list[OpenTask]
    extension_asked: str | None = Field(description="The length of a request for more time that waits for a decision.")
    set_aside: bool = Field(description="Whether a fault holds it up until an operator takes it up again.")


class Cases(Told):
    items: list[CaseLine]
    next: str | None = Field(description="`cursor` of the following page; null on the last one.")


class Receipt(Told):
    """A filed case. `case` is null when it lies with people whose cases the filer does not see."""

    number: str
    repeated: bool = Field(description="Whether this number of the channel had been filed before.")
    case: CaseLine | None


class Done(Told):
    """An act on a case was done; how the case stands now."""

    number: str
    state: str
    tier: str
    holder_id: str
    effect: bool = Field(description="Whether the case moved by it: jumped, or went on after waiting.")


class Option(Told):
    value: str
    label: Name


class Question(Told):
    """A part of a form. `hide` holds conditions as trees; the part is hidden when any of them holds."""

    type: str = Field(examples=["radio"], description="A field's type, or `text` or `group`.")
    label: Name | None
    hide: list[list[Any]]
    key: str | None = None
    description: Name | None = None
    required: bool = False
    kind: str | None = Field(default=None, description="phone, email; date, time, datetime.")
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min: float | None = None
    max: float | None = None
    decimals: int | None = None
    many: bool = Field(default=False, description="Whether the answer is a list.")
    options: list[Option] = Field(default_factory=list)
    default: Any = None
    parts: list[Question] = Field(default_factory=list, description="Of a group.")


class FormTold(Told):
    id: str
    parts: list[Question]


class TaskLine(OpenTask):
    """A task in the work list."""

    case: str = Field(description="The case's number.")
    case_title: str
    state: State
    why: str
    item: str | None
    opened_at: datetime
    completed_at: datetime | None


class DelegationTold(Told):
    """A task out to somebody who answers it and hands it back; its owner completes it."""

    owner: PersonRef | None
    delegate: PersonRef | None
    question: str
    asked_at: datetime


class TaskFull(TaskLine):
    """A task with its form, and what the viewer may do with it now."""

    form: FormTold | None = Field(description="Null for a closed task, and for one that only asks to be done.")
    may: list[Literal["claim", "give_back", "complete", "answer", "take_back", "hand_over", "delegate"]]
    colleagues: list[PersonRef] = Field(description="To whom it may be handed over.")
    delegates: list[PersonRef] = Field(description="Who may be asked to answer it.")
    delegation: DelegationTold | None = Field(description="While somebody answers it for its owner.")


class Tasks(Told):
    items: list[TaskLine]
    next: str | None = Field(description="`cursor` of the following page; null on the last one.")


class DraftTold(Told):
    """What somebody has begun to write. `other` is what another device had kept when this was saved unseen."""

    answers: dict[str, Any] = Field(description="Texts and lists of texts by field, not checked.")
    revision: int
    saved_at: datetime
    other: dict[str, Any] | None
    other_at: datetime | None


class TrackingCode(Told):
    """What a petitioner follows their matter by, without a sign-in."""

    code: str = Field(examples=["7K2M-X4QP-9TBD-W3HN"])


class Completed(Told):
    """`opened`: the tasks that now wait in the same process."""

    case: str
    opened: list[int]
    ended: bool


class Places(Told):
    """A unit's line, highest first, and the units right below it."""

    line: list[Place]
    items: list[Place]
    next: None = Field(None, description="A unit has few below it: all of them come at once.")


class Ready(Told):
    status: str
    """`ready`, `leaving`, or the code of what is wrong."""


class Beat(Told):
    last_beat_at: datetime | None
    age_s: float | None


class Late(Told):
    due_at: datetime
    late_s: float


class CalendarState(Told):
    """Which working days are known. A missing year is no failure: limits that reach into it are provisional."""

    loaded_until: date
    missing_year: int | None = Field(description="Ought to be loaded by now: from 1 December the next year.")


class Health(Told):
    """Red (503) when no scheduler has beaten for a minute, a deadline waits longer, or nothing can be saved."""

    status: Literal["ok", "failing"]
    database: str = Field(examples=["ok"], description="`ok`, or the code of what is wrong, such as `store.full`.")
    documents: str = Field(examples=["ok"], description="`ok`, or `document.folder`: it takes no more files.")
    scheduler: Beat
    oldest_unprocessed_deadline: Late | None
    calendar: CalendarState
    release: int | None = Field(description="The processes in force; null before the first publication.")
    version: str
