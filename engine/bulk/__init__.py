"""Bulk import: a file of matters is matched, checked row by row, and filed in the background."""

from engine.bulk.columns import LOOKED_AT, ColumnMap, names_of
from engine.bulk.error_file import as_csv, said_of, write_workbook
from engine.bulk.fields import FIELDS, Field
from engine.bulk.held import places_of
from engine.bulk.matter import Read, Reader
from engine.bulk.model import BulkImport, FiledRow, ImportState, MappingTemplate, NotedRow, Outcome
from engine.bulk.rows import (
    ACT,
    LISTED,
    PAGE,
    filed_cases,
    how_many_wait,
    imports_of,
    noted_counts,
    noted_rows,
    see_import,
    shown_cases,
    to_be_mended,
)
from engine.bulk.verbs import (
    MOST_VALUES,
    Taken,
    begin_check,
    begin_filing,
    cancel_import,
    choose_rows,
    completed,
    guess_columns,
    head_of,
    open_import,
    say_columns,
    start_filing,
    take_file,
)
from engine.bulk.worker import Worker

__all__ = [
    "ACT",
    "FIELDS",
    "LISTED",
    "LOOKED_AT",
    "MOST_VALUES",
    "PAGE",
    "BulkImport",
    "ColumnMap",
    "Field",
    "FiledRow",
    "ImportState",
    "MappingTemplate",
    "NotedRow",
    "Outcome",
    "Read",
    "Reader",
    "Taken",
    "Worker",
    "as_csv",
    "begin_check",
    "begin_filing",
    "cancel_import",
    "choose_rows",
    "completed",
    "filed_cases",
    "guess_columns",
    "head_of",
    "how_many_wait",
    "imports_of",
    "names_of",
    "noted_counts",
    "noted_rows",
    "open_import",
    "places_of",
    "said_of",
    "say_columns",
    "see_import",
    "shown_cases",
    "start_filing",
    "take_file",
    "to_be_mended",
    "write_workbook",
]
