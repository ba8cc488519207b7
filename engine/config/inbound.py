"""The section `inbound` of config.yaml: which systems send reports, how they sign, and what of theirs is which of ours.

A path names a place in what was sent, whatever its form: `/order/caller/phone`. In JSON it goes through keys and, by
their number from 0, through lists; in XML through tags, without their namespaces, with `@name` for an attribute; in a
form it is the field's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from engine.config.frozen import Values

_PATH = re.compile(r"(/[^/\s]{1,80}){1,12}")
_ENV = re.compile(r"[A-Z][A-Z0-9_]{2,80}", re.ASCII)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})?", re.ASCII)


def _paths(written: object) -> object:
    listed = [written] if isinstance(written, str) else written
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise ValueError("write a path such as /order/title, or a list of paths")
    wrong = next((each for each in listed if not _PATH.fullmatch(each)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no path: write /order/title")
    return tuple(listed)


def _environment(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("name at least one variable of the environment")
    for name in names:
        if not _ENV.fullmatch(name) or name.startswith("MAPLEBRIDGE_"):
            raise ValueError(
                f"{name!r} is no name for it: write capitals, digits and _, not beginning with MAPLEBRIDGE_"
            )
    return names


def _names(written: object) -> object:
    return (written,) if isinstance(written, str) else tuple(written) if isinstance(written, list) else written


def _header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError("write the name of a header, such as X-Hub-Signature-256")
    return name


def _plain(value: Any) -> Any:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise ValueError("write a text, a number, true or false")
    return value


def _plain_values(values: Mapping[str, Any]) -> Mapping[str, Any]:
    for value in values.values():
        _plain(value)
    return values


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError("write the name of a time zone, such as Asia/Shanghai")
    return name


def _time_format(written: str) -> str:
    if written in ("iso", "unix", "unix_ms"):
        return written
    sample = datetime(2026, 11, 26, 3, 4, 5, tzinfo=UTC)
    try:
        if "%" not in written:
            raise ValueError
        datetime.strptime(sample.strftime(written), written)  # noqa: DTZ007 - only tried out
    except ValueError:
        raise ValueError("write iso, unix, unix_ms, or a pattern such as %Y-%m-%d %H:%M:%S") from None
    return written


Paths = Annotated[tuple[str, ...], BeforeValidator(_paths)]
Header = Annotated[str, AfterValidator(_header)]
Plain = Annotated[Any, AfterValidator(_plain)]
PlainMap = Annotated[Mapping[str, Any], AfterValidator(_plain_values)]


class RuleConfig(Values):
    """Where a value comes from: the first of the paths that says something, through the value map, else the default."""

    path: Paths = ()
    value: Plain = None
    """A constant, instead of a path."""
    values: PlainMap | None = None
    """Theirs to ours. What is not among them is refused, unless there is a default."""
    default: Plain = None
    join: str | None = None
    """All paths that say something, with this between them, instead of the first one."""
    cut: Annotated[int, Field(ge=1, le=20_000)] | None = None
    """A longer text is cut after so many characters, with … at its end."""

    @model_validator(mode="after")
    def _says_something(self) -> RuleConfig:
        if not self.path and self.value is None and self.default is None:
            raise ValueError("name a path, a value or a default")
        if self.path and self.value is not None:
            raise ValueError("a value stands for itself; leave the path out")
        return self


class TimeRuleConfig(RuleConfig):
    format: Annotated[str, AfterValidator(_time_format)] = "iso"
    """iso, unix (seconds), unix_ms, or a pattern such as %Y-%m-%d %H:%M:%S."""
    zone: Annotated[str, AfterValidator(_zone)] = ""
    """Whose clock it was, where the text does not say; empty for that of the district."""


class VersionRuleConfig(TimeRuleConfig):
    kind: Literal["number", "instant"] = "instant"
    """What tells which of two reports about one matter is the newer one."""


class PlaceRuleConfig(RuleConfig):
    by: Literal["unit", "code", "names"] = "unit"
    """What is read there: a unit's id (or what `values` makes one of), the code of a sticker or its address, or the
    names of units, one path each from above to below."""


class PartyRuleConfig(Values):
    """Somebody the matter is between. Left out where what is sent names neither them nor a telephone."""

    role: Literal["applicant", "respondent", "third_party", "representative", "witness"]
    type: RuleConfig = RuleConfig(value="person")
    name: RuleConfig
    phone: RuleConfig | None = None
    address: RuleConfig | None = None
    id_number: RuleConfig | None = None
    unit_id: RuleConfig | None = None
    protected: RuleConfig | None = None


class MapConfig(Values):
    """Field of our form → where it comes from. There is no other way in: what is not named here is not read."""

    external_no: RuleConfig
    kind: RuleConfig
    category: RuleConfig
    title: RuleConfig
    description: RuleConfig
    place_id: PlaceRuleConfig
    version: VersionRuleConfig | None = None
    received_at: TimeRuleConfig | None = None
    demand: RuleConfig | None = None
    address_text: RuleConfig | None = None
    anonymous: RuleConfig | None = None
    confidential: RuleConfig | None = None
    facts: Mapping[str, RuleConfig] = {}
    parties: tuple[PartyRuleConfig, ...] = ()


class MessageConfig(Values):
    """Which case a message is for, by one of both, and the words it brings."""

    case: RuleConfig | None = None
    external_no: RuleConfig | None = None
    text: RuleConfig

    @model_validator(mode="after")
    def _finds_the_case(self) -> MessageConfig:
        if (self.case is None) == (self.external_no is None):
            raise ValueError("name either case or external_no")
        return self


class SignatureConfig(Values):
    scheme: Literal["standard", "hmac", "token"]
    """standard: Standard Webhooks; hmac: HMAC-SHA256 of the body in a header; token: a shared secret in a header."""
    secret_env: Annotated[tuple[str, ...], BeforeValidator(_names), AfterValidator(_environment)]
    """Variables of the environment that hold a secret; several while one is being replaced."""
    header: Header = ""
    """Empty: X-Hub-Signature-256 for hmac, X-Webhook-Token for token."""
    id_header: Header = ""
    """What names a delivery, for hmac and token; empty: its content does."""
    tolerance_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300
    """So far may the time of a delivery of `standard` lie from ours."""


MessageName = Literal["m_material", "m_withdraw", "m_apply_review"]
"""What comes from outside a diagram and from no handler."""


PublicWord = Literal["received", "accepted", "in_progress", "waiting", "moved_up", "answered", "reopened"]
Told = Literal["external_no", "number", "state", "at", "sequence"]


def _same_keys() -> dict[Told, str]:
    return {"external_no": "external_no", "number": "number", "state": "state", "at": "at", "sequence": "sequence"}


class WriteBackConfig(Values):
    """How a source is told where its matters stand: a JSON object, signed by Standard Webhooks."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]{3,1900}$")]
    secret_env: Annotated[tuple[str, ...], BeforeValidator(_names), AfterValidator(_environment)]
    states: Annotated[Mapping[PublicWord, Any], AfterValidator(_plain_values)]
    """What a citizen is told → their word. A state that is left out is not told."""
    fields: Mapping[Told, Annotated[str, Field(min_length=1, max_length=80)]] = Field(default_factory=_same_keys)
    """What is told → the key it has there."""


class SourceConfig(Values):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    """The end of its address: /webhooks/in/<name>."""
    channel: str
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9:-]{0,16}$")] = ""
    """Before its numbers in ours; needed where two sources share a channel."""
    format: Literal["json", "form", "xml"] = "json"
    charset: Literal["utf-8", "gb18030"] = "utf-8"
    max_bytes: Annotated[int, Field(ge=1024, le=10_485_760)] = 262_144
    per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 12_000
    answers: Literal["receipt", "case"] = "receipt"
    """receipt: as soon as it is safe, and it is filed at once afterwards; case: when it is filed, with the number."""
    signature: SignatureConfig
    map: MapConfig
    messages: Mapping[MessageName, MessageConfig] = {}
    write_back: WriteBackConfig | None = None


class InboundConfig(Values):
    keep_refused_days: Annotated[int, Field(ge=1, le=365)] = 30
    """So long is the body of what was refused kept, for a replay."""
    keep_messages_days: Annotated[int, Field(ge=1, le=365)] = 14
    """So long does a message wait for its case."""
    keep_ids_days: Annotated[int, Field(ge=7, le=3650)] = 400
    """So long is a delivery known again by its id; a matter is known by its number for ever."""
    sources: tuple[SourceConfig, ...] = ()
