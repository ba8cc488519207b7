"""What is looked at and what is promised, as data: the files that ship, or those of the office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from engine.config import InspectionsConfig
from engine.errors import Invalid
from engine.strict_yaml import read_yaml, show_path

HERE = Path(__file__).parent

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Short = Annotated[str, Field(min_length=1, max_length=80)]
Words = Annotated[str, Field(min_length=1, max_length=120)]


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Item(_Values):
    """What should be so, and what it is called and filed as when it is not."""

    id: Id
    name_zh: Short
    name_en: Words
    found_zh: Short
    found_en: Words
    severity: Annotated[int, Field(ge=1, le=4)]
    category: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")]
    kind: Literal["dispute", "complaint", "help", "suggestion", "consult", "petition", "emergency"]


class Checklist(_Values):
    id: Id
    name_zh: Short
    name_en: Words
    tiers: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """The places it is for; none: all of them."""
    recheck_days: Annotated[int, Field(ge=1, le=365)]
    items: Annotated[tuple[Item, ...], Field(strict=False, min_length=1, max_length=60)]

    def is_for(self, tier: str) -> bool:
        return not self.tiers or tier in self.tiers


class Promise(_Values):
    """A service circle. `measured` None: nothing has a timestamp for it."""

    id: Id
    minutes: Annotated[int, Field(ge=1, le=525_600)]
    name_zh: Short
    name_en: Words
    says_zh: Words
    says_en: Words
    measured: Literal["first_contact", "first_act"] | None = None
    track: Id | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    checklists: Mapping[str, Checklist]
    promises: Mapping[str, Promise]

    def for_tier(self, tier: str) -> list[Checklist]:
        return [each for each in self.checklists.values() if each.is_for(tier)]


@lru_cache(maxsize=8)
def catalogue(config: InspectionsConfig) -> Catalogue:
    """Read once for each configuration. Raises Invalid `catalogue.invalid` naming every fault of a file at once."""
    lists = _read(config.checklists or HERE / "checklists.yaml", TypeAdapter(tuple[Checklist, ...]))
    promises = _read(config.promises or HERE / "promises.yaml", TypeAdapter(tuple[Promise, ...]))
    return Catalogue({each.id: each for each in lists}, {each.id: each for each in promises})


def _read(path: Path, shape: TypeAdapter[Any]) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("catalogue.unreadable", f"{path} cannot be read: {error}") from error
    document = read_yaml(text, path.name)
    faults = [f"line {line}: {show_path(where)} {words}" for line, where, words in document.problems]
    try:
        found = shape.validate_python(tuple(document.value) if isinstance(document.value, list) else document.value)
    except ValidationError as error:
        found = ()
        faults += [
            f"line {document.line(fault['loc'])}: {show_path(fault['loc'])}: {fault['msg']}" for fault in error.errors()
        ]
    faults += _twice(found)
    if faults:
        listed = "\n".join(f"- {each}" for each in faults)
        raise Invalid("catalogue.invalid", f"{path.name} cannot be used:\n{listed}", problems=faults)
    return found


def _twice(found: Any) -> Iterator[str]:
    groups = [("", [each.id for each in found])]
    groups += [(f"{each.id}: ", [item.id for item in each.items]) for each in found if isinstance(each, Checklist)]
    for where, ids in groups:
        yield from (f"{where}{each} is there twice" for each in sorted({each for each in ids if ids.count(each) > 1}))
