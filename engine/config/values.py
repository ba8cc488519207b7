"""The values of config.yaml. Frozen; every field has the default that the shipped file shows."""

from __future__ import annotations

import re
from datetime import time
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from engine.config.channels import MailboxConfig, Open311Config
from engine.config.frozen import Values as _Values
from engine.config.inbound import InboundConfig
from engine.config.notify import NotifyConfig
from engine.config.watching import LogsConfig, MetricsConfig, TelemetryConfig

DEFAULT_SECRET = "change-me-before-serving-real-cases"  # noqa: S105 - it opens nothing: refuse_unsafe names it
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

FILES_AT_ONCE = 4
"""So many documents may come in one request."""
ROOM_FOR_FIELDS = 1024 * 1024
"""Besides files, and more than any form has."""

_LENGTH = re.compile(r"[1-9][0-9]{0,4}(wd|cd|wh|wm|h|mo)", re.ASCII)
_TIER_ID = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_SESSION = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


# A list's own bounds are checked after its items and not by Field(min_length=…): pydantic would count only the items
# that are right, and tell a second fault that is none.


def _session(written: object) -> object:
    if isinstance(written, tuple):
        return written
    found = _SESSION.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("write a session as 09:00-12:00")
    start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if end <= start:
        raise ValueError("a session must end after it begins, on the same day")
    return start, end


def _in_order(sessions: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    if not sessions:
        raise ValueError("at least one session is needed")
    if any(later[0] < earlier[1] for earlier, later in pairwise(sessions)):
        raise ValueError("the sessions overlap or are out of order")
    return sessions


def _length(written: str) -> str:
    if not _LENGTH.fullmatch(written):
        raise ValueError("write a whole number and one of wd, cd, wh, wm, h, mo, for example 5wd")
    return written


def _tier_id(written: str) -> str:
    if not _TIER_ID.fullmatch(written):
        raise ValueError("write small letters, digits and _, a letter first, 32 at most")
    return written


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("write the name of a time zone, such as Asia/Shanghai")
    return name


def _database(url: str) -> str:
    if not re.match(r"sqlite(\+\w+)?://(/|$)|postgresql(\+\w+)?://", url):
        raise ValueError("write sqlite:///… or postgresql+psycopg://…")
    return url


def _public_url(url: str) -> str:
    if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", url):
        raise ValueError("write only https://host, without a path")
    return url


def _inside(written: str) -> str:
    if re.fullmatch(r"(?=.*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)*", written):
        return written
    try:
        ip_network(written)
    except ValueError:
        raise ValueError("write a host's name in small letters, or a network such as 10.20.0.0/16") from None
    return written


def _letter_number(written: str) -> str:
    holes = re.findall(r"\{([^{}]*)\}", written)
    if set(holes) - {"unit", "word", "year", "number"} or re.search(r"[{}]", re.sub(r"\{[a-z]+\}", "", written)):
        raise ValueError("write only {unit}, {word}, {year} and {number} in braces")
    if not {"word", "year", "number"} <= set(holes) or len(written) > 60:
        raise ValueError("it needs {word}, {year} and {number}, and has 60 characters at most")
    return written


def _distinct(tiers: tuple[TierConfig, ...]) -> tuple[TierConfig, ...]:
    if not tiers:
        raise ValueError("at least one tier is needed")
    ids = [tier.id for tier in tiers]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise ValueError(f"a tier is listed twice: {', '.join(twice)}")
    return tiers


LengthText = Annotated[str, AfterValidator(_length)]
"""As `engine.deadlines.parse_length` reads it; kept as text, because the calendar stands above the configuration."""

Share = Annotated[float, Field(ge=0, le=1)]


class TierConfig(_Values):
    id: Annotated[str, AfterValidator(_tier_id)]
    name_zh: Annotated[str, Field(min_length=1, max_length=32)]
    name_en: Annotated[str, Field(min_length=1, max_length=32)]

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en


class DatabaseConfig(_Values):
    url: Annotated[str, AfterValidator(_database)] = "sqlite:///var/maplebridge.db"


class CalendarConfig(_Values):
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"
    year_tables: Annotated[Path | None, Field(validate_default=True)] = None
    """A folder of year tables in place of those that ship, absolute or relative to the configuration file."""
    weekend: Annotated[tuple[WeekDay, ...], Field(max_length=6)] = ("saturday", "sunday")
    roll_forward: bool = True

    @field_validator("year_tables")
    @classmethod
    def _tables_of_other_countries(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        if folder is None and info.data.get("country", "CN") != "CN":
            raise ValueError("only the year tables of CN ship; name the folder that holds your country's")
        return folder

    @property
    def weekend_days(self) -> frozenset[int]:
        """As `date.weekday()` counts."""
        return frozenset(WEEK.index(day) for day in self.weekend)


class PolicyConfig(_Values):
    warn_share: Share = 0.8
    """So much of a clock's time used turns its light yellow."""
    pauses_per_visit: Annotated[int, Field(ge=0, le=100)] = 2
    extensions_per_clock: Annotated[int, Field(ge=0, le=1)] = 1
    extension_ask_before: LengthText = "1wd"
    """An extension is asked for at least so long before the due instant."""
    returns_between_units: Annotated[int, Field(ge=0, le=100)] = 2
    """So often may a matter go back between the same two units; the next time the unit above decides."""
    quality_sample_share: Share = 0.1
    """So many closed small matters are checked, besides all repeats."""
    return_visit_share: Share = 0.2
    """So many petitioners are asked whether it is solved, besides all whose matter was done again."""


class DetectionConfig(_Values):
    repeat_days: Annotated[int, Field(ge=1, le=3660)] = 365
    """So long after it was received, an answered case of the same person about the same matter makes a repeat."""
    duplicate_days: Annotated[int, Field(ge=1, le=60)] = 7
    """So far apart two open cases may be received and still be looked at as one and the same."""
    cluster_cases: Annotated[int, Field(ge=2, le=1000)] = 5
    cluster_hours: Annotated[int, Field(ge=1, le=720)] = 72
    """So many cases of a category in neighbouring places within so many hours belong together."""
    surge_factor: Annotated[float, Field(gt=1, le=100)] = 3.0
    """A week with so many times the mean of the eight weeks before is a surge."""
    surge_cases: Annotated[int, Field(ge=2, le=10_000)] = 10
    """A week with fewer cases than that is none, however quiet it was before."""
    return_times: Annotated[int, Field(ge=1, le=100)] = 3
    """A category that comes back to a place after so many closed cases within a year asks for a look at the cause."""
    post_mortem_within: LengthText = "10wd"
    """So long after it was opened a post-mortem is due."""


class LimitsPolicy(_Values):
    missing_step: Literal["refuse", "default"] = "refuse"
    """A diagram asks for a step that limits.yaml lacks: refuse to publish it, or use `default_length`."""
    default_length: LengthText = "5wd"


class ServerConfig(_Values):
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    secret_key: SecretStr = SecretStr(DEFAULT_SECRET)
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    """How many proxies in front are ours: so many X-Forwarded-For entries are believed."""
    public_url: Annotated[str, AfterValidator(_public_url)] = ""
    """Where citizens find the pages without sign-in; empty: the address a page was asked for."""
    session_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    session_absolute_hours: Annotated[int, Field(ge=1, le=720)] = 12
    least_free_bytes: Annotated[int, Field(ge=0)] = 16_777_216
    """With less room for the SQLite file or for documents a node says that it takes no requests; 0: never."""


class ApiConfig(_Values):
    per_bearer: Annotated[int, Field(ge=0, le=1_000_000)] = 600
    """So many requests a minute for each token, and each browser that is signed in; 0: as many as come."""
    per_address: Annotated[int, Field(ge=0, le=1_000_000)] = 3000
    """So many a minute from one address, whoever asks; 0: as many as come."""


class CitizensConfig(_Values):
    hotline: Annotated[str, Field(pattern=r"^[0-9+ -]{0,24}$")] = "12345"
    """To be called instead of writing; empty for none."""
    refuse_within: LengthText = "30cd"
    """So long after an answer a citizen may say that it did not solve the matter."""
    book_receptions: bool = False
    """Whether people book a leader's reception without a sign-in."""


class SchedulerConfig(_Values):
    tick_seconds: Annotated[float, Field(gt=0, le=3600)] = 2
    """At the latest so often; the next due instant wakes it earlier."""
    batch: Annotated[int, Field(ge=1, le=100_000)] = 200
    """So many deadlines at most before a tick looks at other work again."""
    retries: Annotated[int, Field(ge=0, le=100)] = 5
    """So often is a failing deadline tried again before an operator is asked."""


class DocumentsConfig(_Values):
    folder: Annotated[Path, Field(strict=False)] = Path("var/documents")
    """Where the contents of documents lie, one file each; shared by all nodes."""
    max_bytes: Annotated[int, Field(ge=65_536, le=104_857_600)] = 10_485_760
    """The largest single file that is taken."""
    per_case: Annotated[int, Field(ge=1, le=1000)] = 60
    """So many documents one case may show."""


class LettersConfig(_Values):
    number: Annotated[str, AfterValidator(_letter_number)] = "{unit}{word}字〔{year}〕第{number}号"
    """How the number of a letter reads: unit that issues it, word of its kind, year, running number."""
    converter: str = "soffice"
    """The program that makes PDF files: LibreOffice. Empty for none."""
    converter_seconds: Annotated[int, Field(ge=5, le=600)] = 60
    """A letter that takes longer is given up."""


class ReportsConfig(_Values):
    geojson: Annotated[Path | None, Field(strict=False)] = None
    """Outlines of units for the map of the board; without them the map is a treemap."""
    population: Annotated[Path | None, Field(strict=False)] = None
    """How many people live in which unit (`LHQ.MZ: 640000`), for figures per 10,000; without it there are none."""
    repeat_days: Annotated[int, Field(ge=1, le=730)] = 90
    """Whoever comes again with the same category within so many days after the closing was not helped at once."""


class InspectionsConfig(_Values):
    checklists: Annotated[Path | None, Field(strict=False)] = None
    """Lists of your own in place of those that ship (`engine/inspections/checklists.yaml`)."""
    promises: Annotated[Path | None, Field(strict=False)] = None
    """Service promises of your own (`engine/inspections/promises.yaml`)."""
    contact_tiers: Annotated[int, Field(ge=0, le=20)] = 2
    """Leads of units at so many of the lowest tiers owe contacts with households every week; 0: nobody."""
    contacts_per_week: Annotated[int, Field(ge=1, le=100)] = 1


class ImportsConfig(_Values):
    max_bytes: Annotated[int, Field(ge=65_536, le=524_288_000)] = 52_428_800
    """The largest file of rows that is taken."""
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    """So many rows one file may have."""
    portion: Annotated[int, Field(ge=1, le=5_000)] = 100
    """So many rows are filed in one transaction, for which everybody else who writes waits."""
    keep_days: Annotated[int, Field(ge=1, le=3660)] = 30
    """So long after an import has ended its rows are kept for error files; then they are removed."""


class OutboundConfig(_Values):
    inside: Annotated[tuple[Annotated[str, AfterValidator(_inside)], ...], Field(max_length=200)] = ()
    """Receivers inside the network that may be called: names of hosts, and networks."""
    keep_days: Annotated[int, Field(ge=1, le=3660)] = 90
    """So long deliveries stay in the log after they were delivered or given up."""


class PublishingConfig(_Values):
    four_eyes: bool = False
    """Whoever worked on a proposal may not publish it."""


_LADDER = (
    ("building", "楼栋", "Building"),
    ("grid", "网格", "Grid"),
    ("zone", "片区", "Zone"),
    ("community", "社区", "Community"),
    ("street", "街道", "Street"),
    ("district", "区", "District"),
)


class Config(_Values):
    """Everything that is set before the engine starts. `tiers` run from the lowest to the highest."""

    demo: bool = False
    locale: Literal["zh_CN", "en"] = "zh_CN"
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    tiers: Annotated[tuple[TierConfig, ...], AfterValidator(_distinct)] = tuple(
        TierConfig(id=tier, name_zh=zh, name_en=en) for tier, zh, en in _LADDER
    )
    database: DatabaseConfig = DatabaseConfig()
    calendar: CalendarConfig = CalendarConfig()
    working_hours: Annotated[
        tuple[Annotated[tuple[time, time], BeforeValidator(_session)], ...],
        AfterValidator(_in_order),
    ] = ((time(9), time(12)), (time(14), time(18)))
    policy: PolicyConfig = PolicyConfig()
    detection: DetectionConfig = DetectionConfig()
    limits_policy: LimitsPolicy = LimitsPolicy()
    server: ServerConfig = ServerConfig()
    api: ApiConfig = ApiConfig()
    citizens: CitizensConfig = CitizensConfig()
    scheduler: SchedulerConfig = SchedulerConfig()
    logs: LogsConfig = LogsConfig()
    metrics: MetricsConfig = MetricsConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    documents: DocumentsConfig = DocumentsConfig()
    letters: LettersConfig = LettersConfig()
    reports: ReportsConfig = ReportsConfig()
    publishing: PublishingConfig = PublishingConfig()
    inspections: InspectionsConfig = InspectionsConfig()
    imports: ImportsConfig = ImportsConfig()
    inbound: InboundConfig = InboundConfig()
    outbound: OutboundConfig = OutboundConfig()
    notify: NotifyConfig = NotifyConfig()
    mailbox: MailboxConfig = MailboxConfig()
    open311: Open311Config = Open311Config()

    @property
    def largest_request(self) -> int:
        """So many bytes at most does anything take; a server need not read more of a request before it refuses it."""
        sources = (source.max_bytes for source in self.inbound.sources)
        return max(self.documents.max_bytes * FILES_AT_ONCE, self.imports.max_bytes, *sources) + ROOM_FOR_FIELDS

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
