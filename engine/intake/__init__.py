"""One verb files a case, many channels feed it."""

from engine.cases import PartyIn
from engine.intake.file import faults_of_each, file_case, file_cases, must_be_fileable, preview
from engine.intake.filing import CHANNELS, KINDS, Filing, Override, read_filing
from engine.intake.known import Memory

__all__ = [
    "CHANNELS",
    "KINDS",
    "Filing",
    "Memory",
    "Override",
    "PartyIn",
    "faults_of_each",
    "file_case",
    "file_cases",
    "must_be_fileable",
    "preview",
    "read_filing",
]
