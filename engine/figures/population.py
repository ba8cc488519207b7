"""How many people live where, from a file of one's own; the demonstration has one, with invented numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from engine.config import Config
from engine.errors import Invalid
from engine.strict_yaml import read_yaml

INVENTED = Path(__file__).parent / "population.yaml"


def people_in(config: Config) -> Mapping[str, int]:
    """Unit → people; empty where nobody has said it. Raises Invalid for a file that says anything else."""
    file = config.reports.population or (INVENTED if config.demo else None)
    return {} if file is None else _read(file, _changed(file))


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError as fault:
        raise Invalid("population.missing", f"The file of people per unit {file.name} cannot be read.") from fault


@lru_cache(maxsize=4)
def _read(file: Path, _changed_at: float) -> Mapping[str, int]:
    found = read_yaml(file.read_text(encoding="utf-8"), file.name).value
    if not isinstance(found, dict) or not all(type(each) is int and each > 0 for each in found.values()):
        raise Invalid("population.unreadable", f"{file.name} must say of each unit how many people live there.")
    return {str(unit): people for unit, people in found.items()}
