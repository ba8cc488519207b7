"""What every section of the configuration is: frozen, strict, without unknown keys, and silent about what was given."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Values(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
