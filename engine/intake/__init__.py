"""One verb files a case, many channels feed it."""

from engine.cases import PartyIn
from engine.intake.file import file_case, preview
from engine.intake.filing import CHANNELS, KINDS, Filing, Override, read_filing

__all__ = ["CHANNELS", "KINDS", "Filing", "Override", "PartyIn", "file_case", "preview", "read_filing"]
