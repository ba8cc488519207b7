"""The ledger of a campaign to take away: one row for each item, as CSV or as a workbook. Nothing in a cell runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from engine import campaigns
from engine.campaigns import Campaign, Line, Standing
from engine.cases import masked_text
from engine.people import Person, names
from engine.territory import Unit, harmless, units_by_id
from engine.web.context import now, viewer
from engine.web.language import _
from engine.web.show import local, person_name, task_name, unit_name
from engine.web.words import word

WIDTH = 18


def table(session: Session, campaign: Campaign, standing: Standing) -> Iterator[list[str]]:
    """Its head, then the items the viewer may see; titles are masked as on pages."""
    lines = campaigns.ledger(session, viewer(), campaign, now=now(), standing=standing, page=None)
    leads = names(session, [line.item.lead_id or 0 for line in lines])
    units = units_by_id(session, [line.case.holder_id for line in lines])
    yield [_("Batch"), campaign.batch_no, campaign.name]
    yield [
        *(_("Number"), _("Case"), _("Title"), _("Category"), _("Received"), _("Unit"), _("State of the case")),
        *(_("Lead official"), _("Issued on"), _("Stands at"), _("due"), _("Light"), _("Outcome"), _("Struck off")),
    ]
    for line in lines:
        yield [*_case(line, units.get(line.case.holder_id)), *_way(line, leads.get(line.item.lead_id or 0))]


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_workbook(rows: Sequence[Sequence[str]]) -> bytes:
    import xlsxwriter  # needed for files alone, and slow to import

    data = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(data, plain)
    page, bold = book.add_worksheet(), book.add_format({"bold": True, "bottom": 1})
    for number, row in enumerate(rows):
        page.write_row(number, 0, row, bold if number < 2 else None)
    page.set_column(0, max(map(len, rows), default=1) - 1, WIDTH)
    page.freeze_panes(2, 1)
    book.close()
    return data.getvalue()


def _case(line: Line, holder: Unit | None) -> Iterator[str]:
    case = line.case
    yield from (str(line.item.number), case.number, masked_text(case.title), word(case.category, "category"))
    yield from (_day(case.received_at), unit_name(holder), word(case.state, "state"))


def _way(line: Line, lead: Person | None) -> Iterator[str]:
    waits, item = line.waits, line.item
    yield person_name(lead) if lead is not None else ""
    yield _day(item.issued_at)
    yield "" if waits is None else task_name(waits)
    yield "" if waits is None or waits.due_at is None else f"{local(waits.due_at):%Y-%m-%d %H:%M}"
    yield _("overdue") if line.overdue else ""
    yield word(line.outcome or ("remaining" if item.issued_at else ""), "outcome")
    yield _day(line.struck_off_at if line.outcome else None)


def _day(at: datetime | None) -> str:
    return "" if at is None else f"{local(at):%Y-%m-%d}"
