"""Where the registers of the district are found: one line each, for whoever may use it.

A register is a module beside `intake` with pages of its own; adding its line to `REGISTERS` puts it on the page, and
the page into the menu of everybody who may use at least one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, render_template
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session

from engine import assessments, bulk, campaigns, detection, inspections, letters, postmortems, receptions, sessions
from engine.people import Viewer
from engine.web.context import looking, maybe_viewer, now, viewer, world
from engine.web.policy import SIGNED_IN, policy

pages = Blueprint("registers", __name__)


@dataclass(frozen=True, slots=True)
class Register:
    """`waits` counts what asks something of the viewer now, in one statement; None where nothing ever does."""

    endpoint: str
    act: str
    icon: str
    name: Any
    says: Any
    waits: Callable[[Session, Viewer, datetime], int] | None = None

    @property
    def pages(self) -> str:
        """The name of the blueprint its pages hang on."""
        return self.endpoint.partition(".")[0]


REGISTERS: tuple[Register, ...] = (
    Register(
        "inspections.show",
        "inspection.read",
        "list",
        N_("Inspections"),
        N_("Checks by plan, sweeps, care visits, weekly contact and service promises."),
        lambda session, who, at: inspections.waiting(session, world(), viewer=who, now=at).total,
    ),
    Register(
        "sessions.show_list",
        "session.read",
        "person",
        N_("Sessions"),
        N_("Tea-talks and neighbourhood councils: what people raised, and what became of it."),
        lambda session, who, at: sessions.how_many_coming(session, who, now=at),
    ),
    Register(
        "letters.show_list",
        "letter.read",
        "file",
        N_("Letters"),
        N_("What leaves the office on paper: to be issued, issued, delivered, with its numbers."),
        lambda session, who, at: letters.how_many_due(session, who),
    ),
    Register(
        "receptions.show_list",
        "reception.read",
        "ask",
        N_("Receptions"),
        N_("When leaders receive people, and what became of what they promised."),
        lambda session, who, at: receptions.how_many_soon(session, who, now=at),
    ),
    Register(
        "campaigns.show_list",
        "campaign.read",
        "folder",
        N_("Backlog campaigns"),
        N_("Old matters, listed once and struck off one by one."),
        lambda session, who, at: campaigns.how_many_led_late(session, who, now=at),
    ),
    Register(
        "findings.show_list",
        "finding.read",
        "search",
        N_("Found"),
        N_("What repeats, belongs together or grows suddenly. The engine proposes, people decide."),
        lambda session, who, _at: detection.waiting(session, who),
    ),
    Register(
        "imports.show_list",
        bulk.ACT,
        "up",
        N_("Imports"),
        N_("Files of matters that are brought in at once: matched, checked row by row, then filed."),
        lambda session, who, _at: bulk.how_many_wait(session, who),
    ),
    Register(
        "postmortems.show_list",
        "postmortem.read",
        "book",
        N_("Post-mortems"),
        N_("Looking back on what grew suddenly or drew the public, and following what was learnt."),
        postmortems.waits,
    ),
    Register(
        "assessments.show_list",
        "assessment.read",
        "flow",
        N_("Risk assessments"),
        N_("What a project may stir up, what is done about it, and which cases came of it."),
        assessments.waits,
    ),
    Register(
        "mediation.directory",
        "mediation.read",
        "book",
        N_("Mediation"),
        N_("Organisations, mediators and rooms; bookings; which disputes were offered mediation."),
    ),
    Register(
        "staffing.assignments",
        "staffing.read",
        "person",
        N_("People and places"),
        N_("Member units and their officers, people sent to grids, delegates, linked leaders, task forces."),
    ),
    Register(
        "staffing.matters",
        "matter.raise",
        "pencil",
        N_("Matters you raised"),
        N_("What you raised for your grids as a delegate, and what became of it."),
    ),
)


def register(app: Flask) -> None:
    app.jinja_env.globals["own_registers"] = own_registers


def own_registers() -> list[Register]:
    """Those that the person who looks may use."""
    who = maybe_viewer()
    return [] if who is None else [each for each in REGISTERS if who.may(each.act)]


@pages.get("/registers")
@policy(SIGNED_IN)
def show() -> str:
    with looking() as session:
        lines = [(each, each.waits(session, viewer(), now()) if each.waits else 0) for each in own_registers()]
        return render_template("registers/registers.html", lines=lines)
