"""What the API takes: bodies and queries. A key that is not named here is refused, whatever it would have set."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from flask_openapi3.models.file import FileStorage
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, field_validator

from engine.web.numbers import LARGEST

Injury = Literal["none", "minor", "serious", "fatal"]
Risk = Literal["none", "vulnerable", "legacy_issue", "mass_gathering", "extreme_act"]
Attention = Literal["none", "local", "hot", "national"]
Role = Literal["applicant", "respondent", "third_party", "representative", "witness"]
PartyType = Literal["person", "group", "org", "agency"]
Count = Annotated[int, Field(ge=0, le=10**9)]
Note = Annotated[str, Field(min_length=1, max_length=4000)]


class Body(BaseModel):
    """Values keep their JSON type: "5" is no number here."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def model_json_schema(cls, *given: Any, **named: Any) -> dict[str, Any]:
        """Asked for at every request by flask-openapi3 4.3, and not cheap."""
        return _schema_of(cls, given, tuple(named.items()))


@cache
def _schema_of(query: type[Query], given: tuple[Any, ...], named: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return super(Query, query).model_json_schema(*given, **dict(named))


# --- filing ----------------------------------------------------------------------------------------------------------


class Facts(Body):
    """What the decision tables read. A fact that is not given counts as harmless."""

    people_count: Count | None = Field(None, description="People involved.", examples=[2])
    amount_cny: Count | None = Field(None, description="Yuan in dispute.", examples=[12000])
    injury: Injury | None = None
    risk: Risk | None = None
    opinion_level: Attention | None = Field(None, description="Public attention.")
    repeat_count: Count | None = Field(None, description="How often the matter came before.")
    departments: Count | None = Field(None, description="Departments whose competence it touches.")
    communities_spanned: Count | None = None
    streets_spanned: Count | None = None
    grids_spanned: Count | None = None
    building_known: bool | None = Field(None, description="Whether the building is known; the place tells by default.")
    legal_route_pending: bool | None = Field(None, description="Before a court or in arbitration already.")
    simple_ok: bool | None = Field(None, description="The petitioner agrees to the simple procedure.")
    complex: bool | None = Field(None, description="A hard matter: big, and the district's from the start.")
    backlog_batch: Annotated[str, Field(max_length=80)] | None = None

    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class PartyBody(Body):
    """Somebody the matter is between."""

    role: Role
    name: str = Field(max_length=120, examples=["冯某"])
    type: PartyType = "person"
    phone: Annotated[str, Field(max_length=40)] | None = None
    address: Annotated[str, Field(max_length=300)] | None = None
    protected: bool = Field(False, description="Name masked until it is asked for with a reason.")
    id_number: Annotated[str, Field(max_length=32)] | None = None
    unit_id: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="A unit of the district that is meant. As respondent it never sees the case."
    )
    person_id: int | None = Field(
        default=None, ge=1, lt=2**31, description="A handler that is meant. As respondent they never see the case."
    )


class OverrideBody(Body):
    """One's own grading instead of the tables'. Needs the right to it, and a reason."""

    severity: int = Field(ge=1, le=4)
    reason: Note


class FilingBody(Body):
    """A matter as it reached us."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channel": "hotline_12345",
                    "external_no": "12345-20260302-0077",
                    "kind": "complaint",
                    "category": "noise.renovation",
                    "title": "楼上夜间装修噪音",
                    "description": "连续三晚十点后仍在施工。",
                    "place_id": "LHQ.MZ.01.01.01",
                    "facts": {"people_count": 2},
                    "parties": [{"role": "applicant", "name": "冯某", "phone": "13800138000"}],
                }
            ]
        }
    )

    channel: str = Field(max_length=32, description="How it reached us.", examples=["hotline_12345"])
    kind: str = Field(max_length=32, examples=["complaint"])
    category: str = Field(max_length=64, examples=["noise.renovation"])
    title: str = Field(description="At most 200 characters.")
    description: str = Field(description="At most 20,000 characters.")
    place_id: str = Field(max_length=64, description="A unit's id, as `GET /api/v1/places` lists them.")
    received_at: AwareDatetime | None = Field(
        None, strict=False, description="When it reached us, with its offset; now, if not given."
    )
    demand: Annotated[str, Field(max_length=4000)] | None = Field(None, description="What the petitioner wants.")
    address_text: Annotated[str, Field(max_length=300)] | None = None
    external_no: Annotated[str, Field(max_length=80)] | None = Field(
        None, description="The channel's own number: the same one a second time gives the first case."
    )
    facts: Facts = Field(default_factory=lambda: Facts.model_validate({}))
    parties: list[PartyBody] = Field(default_factory=list, max_length=50)
    anonymous: bool = False
    confidential: bool = False
    override: OverrideBody | None = None


# --- acts on a case --------------------------------------------------------------------------------------------------


class CommentBody(Body):
    text: Note = Field(examples=["已电话回访。"], description="A name behind an @ tells its bearer, as `people` do.")
    people: list[int] = Field(default_factory=list, max_length=50, description="Ids of colleagues who get a notice.")
    units: list[str] = Field(default_factory=list, max_length=50, description="Units whose people get a notice.")


class CategoryBody(Body):
    category: str = Field(max_length=64, examples=["neighbour.leak"])


class ReasonBody(Body):
    reason: Note = Field(examples=["申请人撤回。"])


class UnmaskBody(Body):
    reason: Note = Field(examples=["电话联系申请人。"])
    party: int | None = Field(default=None, ge=1, lt=2**31, description="The id of one party; without it, all.")


class MaterialBody(Body):
    note: Note = Field(description="What arrived.", examples=["补来租赁合同。"])


class RiskBody(Body):
    """Facts that make a case graver. It is graded anew, and rises at once when the tables say so."""

    facts: Facts
    reason: Note


class InstructionBody(Body):
    """What a leader asks of a unit about a case."""

    text: Note
    unit: str | None = Field(None, max_length=64, description="On the case's line; of null: the unit that holds it.")
    urgent: bool = Field(False, description="With the shorter time to answer.")


class ExtensionBody(Body):
    length: str = Field(
        max_length=12, description="In the unit of the time limit, at most as long: `3wd`, `24h`.", examples=["3wd"]
    )
    reason: Note


class DowngradeBody(Body):
    tier: str = Field(max_length=32, description="A tier below the present one.", examples=["community"])
    reason: Note


class MaterialMessage(Body):
    """Something the case may have waited for has arrived."""

    name: Literal["m_material"]
    payload: MaterialBody


class WithdrawalMessage(Body):
    """The petitioner withdrew the matter."""

    name: Literal["m_withdraw"]
    payload: ReasonBody


class JumpMessage(Body):
    """The matter became graver."""

    name: Literal["m_severity_jump"]
    payload: RiskBody


class DowngradeMessage(Body):
    """The reason of a rise is gone."""

    name: Literal["m_downgrade"]
    payload: DowngradeBody


class ReviewMessage(Body):
    """The petitioner asks for a review or re-review of the opinion."""

    name: Literal["m_apply_review"]
    payload: ReasonBody


Message = MaterialMessage | WithdrawalMessage | JumpMessage | DowngradeMessage | ReviewMessage


class MessageBody(RootModel[Annotated[Message, Field(discriminator="name")]]):
    """A message to a case: its name says which payload it carries."""

    model_config = ConfigDict(strict=True, frozen=True)


# --- tasks -----------------------------------------------------------------------------------------------------------


class DraftBody(Body):
    answers: dict[str, bool | int | float | str | list[str] | None] = Field(
        max_length=200,
        description="By the keys of the task's form, as far as they are written.",
        examples=[{"action_type": "talk", "findings": "双方各执一词"}],
    )
    seen: Annotated[int, Field(ge=1, le=LARGEST)] | None = Field(
        None, description="The `revision` these words were written upon; none for the first."
    )


class HandoverBody(Body):
    to_person_id: int = Field(ge=1, le=LARGEST, description="One of the task's `colleagues`.")


class DelegationBody(Body):
    to_person_id: int = Field(ge=1, le=LARGEST, description="One of the task's `delegates`.")
    question: str = Field("", max_length=2000, description="What they should find out or fill in.")


class DelegatedAnswerBody(Body):
    note: str = Field("", max_length=2000, description="What you found.")
    answers: dict[str, Any] = Field(
        default_factory=dict,
        max_length=200,
        description="What you fill in of the task's form; the owner looks at it and completes.",
    )


class CompletionBody(Body):
    answers: dict[str, Any] = Field(
        default_factory=dict,
        max_length=200,
        description="By the keys of the task's form. Texts, numbers, ticks, lists of chosen values.",
        examples=[{"action": "sign"}],
    )


# --- documents and parties -------------------------------------------------------------------------------------------


class FileForm(BaseModel):
    """A file as multipart/form-data."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    file: FileStorage

    @field_validator("file")
    @classmethod
    def _is_a_file(cls, sent: Any) -> Any:
        if isinstance(sent, str):  # flask-openapi3 4.3 takes whatever field has the name
            raise ValueError("must be sent as a file")
        return sent


class DocumentForm(FileForm):
    """A file of a case as multipart/form-data."""

    protected: bool = Field(False, description="Only for those who may see identities.")
    signature: bool = Field(False, description="Of a task: a signature under the agreement.")


class PartyNamedBody(PartyBody):
    reason: Note = Field(examples=["上门时认识。"])


class PartyChangeBody(Body):
    """Only what changes."""

    role: Role = "third_party"
    name: Annotated[str, Field(max_length=120)] = ""
    type: PartyType = "person"
    phone: Annotated[str, Field(max_length=40)] | None = None
    address: Annotated[str, Field(max_length=300)] | None = None
    protected: bool = False
    id_number: Annotated[str, Field(max_length=32)] | None = None
    unit_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    person_id: int | None = Field(default=None, ge=1, lt=2**31)
    reason: Note = Field(examples=["登记时写错。"])


# --- addresses -------------------------------------------------------------------------------------------------------


class CasePath(BaseModel):
    number: str = Field(description="For example `LHQ-20260302-0001`.")


class TaskPath(BaseModel):
    task_id: int


class DocumentPath(CasePath):
    document_id: int


class PartyPath(CasePath):
    party_id: int


class CasesQuery(Query):
    state: Literal["open", "closed", "all"] = "open"
    tier: str = Field("", max_length=32)
    light: Literal["", "green", "yellow", "red"] = Field("", description="Of the running tier clock.")
    complex: bool = Field(False, description="Only matters that are marked as complex.")
    q: str = Field("", max_length=80, description="Words that must all be found: number, title, text, party, place.")
    cursor: str = Field("", pattern=r"^[0-9]{0,9}$", description="`next` of the page before.")
    limit: int = Field(30, ge=1, le=100)


class DocumentsQuery(Query):
    cursor: str = Field("", pattern=r"^[0-9]{0,9}$", description="`next` of the page before.")
    limit: int = Field(100, ge=1, le=100)


class TasksQuery(Query):
    tab: Literal["mine", "unit", "waiting", "done"] = Field(
        "mine",
        description="What I may take up or have taken, all that waits in my units, what others have to do for cases of "
        "mine, what I completed.",
    )
    step: str = Field("", max_length=64, description="An element of a diagram, for example `t_handle`.")
    light: Literal["", "green", "yellow", "red"] = Field("", description="How much time is left.")
    category: str = Field("", max_length=48)
    unit: str = Field(
        "", max_length=64, description="A unit with all below it; in tab `unit`, `below` for all below one's own."
    )
    q: str = Field("", max_length=60, description="Begins a case's number, or stands in its title.")
    cursor: str = Field("", pattern=r"^([0-9]{0,16}-[0-9]{1,9})?$", description="`next` of the page before.")
    limit: int = Field(30, ge=1, le=100)


class PlacesQuery(Query):
    parent: str = Field("", max_length=64, description="A unit's id; without it, the top of the tree.")
