"""What a channel hands in, and the words it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from engine.cases import PartyIn
from engine.errors import Invalid
from engine.strict_json import read_json

CHANNELS = (
    "hotline_12345",
    "qr",
    "petition_online",
    "petition_letter",
    "petition_visit",
    "secretary_mailbox",
    "inspection",
    "tea_talk",
    "leader_reception",
    "return_visit",
    "online_media",
    "backlog_import",
    "delegate",
    "webhook",
    "open311",
)
KINDS = (
    "dispute",
    "complaint",
    "help",
    "suggestion",
    "consult",
    "petition",
    "petition_simple",
    "emergency",
    "misconduct",
)
STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Override:
    """A person's own grading instead of the tables': needs a reason, and is measured."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    severity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Filing:
    """What a channel hands in. `facts` are the inputs of triage; `received_at` is when the matter reached us."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    channel: str
    kind: str
    category: str
    title: str
    description: str
    place_id: str
    received_at: datetime
    demand: str | None = None
    address_text: str | None = None
    external_no: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    parties: tuple[PartyIn, ...] = ()
    anonymous: bool = False
    confidential: bool = False
    override: Override | None = None


_REPORT = TypeAdapter(Filing)


def read_filing(data: bytes, *, now: datetime) -> Filing:
    """A filing from a JSON report, as the command line and files bring it. `received_at` left out means now.

    Raises Invalid naming every key that is missing, unknown or of a wrong type, all at once.
    """
    try:
        raw = read_json(data)
    except Invalid as refusal:
        raise Invalid("filing.unreadable", f"The report cannot be read. {refusal.sentence}") from refusal
    try:
        report = _REPORT.validate_python({"received_at": now, **raw})
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in each["loc"]) or "report": {"zh": each["msg"], "en": each["msg"]}
            for each in error.errors()
        }
        raise Invalid(
            "filing.invalid", f"The report cannot be taken: see {', '.join(sorted(fields))}.", fields=fields
        ) from error
    return report
