"""Sessions with residents, leaders' receptions, and campaigns about old matters."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from engine import campaigns, receptions, sessions
from engine.campaigns import Campaign, CampaignItem, Charge, Criteria, Standing
from engine.errors import NotFound
from engine.people import ACTS
from engine.receptions import Booked, Booking, Reception, Wish
from engine.sessions import Gathering, GatheringItem, Invitation, Minutes, Raised
from engine.web.api.operation import Room
from engine.web.api.shapes import Cursor, Whole, page_of_rows, row, told
from engine.web.areas import area_asked, own_asked
from engine.web.context import now, viewer, world

Unit = Annotated[str, Field(max_length=64, description="A unit within your own; without it, your highest.")]
YEARS = timedelta(days=3660)

SESSIONS = Room("sessions", "Tea-talks and neighbourhood councils.", read="registers:read", write="registers:write")
INVITED = row("Invited", Invitation, "unit_id person_id name")
ITEM = row("SessionItem", GatheringItem, "id seq text by_name disposition answer case:case_id")
SESSION = row(
    "Session",
    Gathering,
    "id unit_id kind topic place_text starts_at host_id created_by created_at attended held_at held_by cancelled_at",
)
SESSION_FULL = row(
    "SessionFull",
    Gathering,
    "id unit_id kind topic place_text starts_at host_id created_by created_at attended attendees minutes held_at"
    " held_by cancelled_at",
    "Minutes are those written so far; they are published with `held_at`.",
    invited=list[INVITED],  # type: ignore[valid-type]
    items=list[ITEM],  # type: ignore[valid-type]
)


@SESSIONS.look("/sessions", "listSessions", "session.read", "List sessions of a unit, latest first", lists=SESSION)
def list_sessions(session: Session, *, unit: Unit = "", cursor: Cursor = "") -> Any:
    unit_id = area_asked(unit, ACTS["session.read"])
    return page_of_rows(
        cursor,
        sessions.PAGE,
        lambda page: sessions.sessions_of(session, unit_id, since=now() - YEARS, until=now() + YEARS, page=page),
    )


@SESSIONS.look("/sessions/<int:session_id>", "readSession", "session.read", "Read a session", tells=SESSION_FULL)
def read_session(session: Session, session_id: int) -> Any:
    return _session(session, session_id)


@SESSIONS.act("/sessions", "callSession", "session.hold", "Call a session", tells=SESSION, status=201)
def call_session(session: Session, *, given: sessions.Plan) -> Gathering:
    return sessions.schedule(session, given, viewer=viewer(), now=now())


@SESSIONS.act(
    "/sessions/<int:session_id>/items",
    "raiseItem",
    "session.hold",
    "Write down what somebody raised",
    tells=ITEM,
    status=201,
    description="With the disposition `case` or `suggestion` a case is filed about it.",
)
def raise_item(session: Session, session_id: int, *, given: Raised) -> GatheringItem:
    return sessions.raise_item(session, world(), session_id, given, viewer=viewer(), now=now())


@SESSIONS.act(
    "/sessions/<int:session_id>/items/<int:item_id>/removal",
    "takeItemBack",
    "session.hold",
    "Remove an item that was no case",
    tells=SESSION_FULL,
)
def take_item_back(session: Session, session_id: int, item_id: int) -> Any:
    sessions.take_back(session, session_id, item_id, viewer=viewer())
    return _session(session, session_id)


@SESSIONS.act(
    "/sessions/<int:session_id>/minutes", "publishMinutes", "session.hold", "Publish the minutes", tells=SESSION_FULL
)
def publish_minutes(session: Session, session_id: int, *, given: Minutes) -> Any:
    sessions.publish(session, session_id, given, viewer=viewer(), now=now())
    return _session(session, session_id)


@SESSIONS.act(
    "/sessions/<int:session_id>/cancellation", "cancelSession", "session.hold", "Call a session off", tells=SESSION_FULL
)
def cancel_session(session: Session, session_id: int) -> Any:
    sessions.cancel(session, session_id, viewer=viewer(), now=now())
    return _session(session, session_id)


def _session(session: Session, session_id: int) -> Any:
    session.flush()
    found = sessions.see_session(session, viewer(), session_id)
    items = [each.row for each in sessions.items_of(session, viewer(), session_id)]
    invited = sessions.invitations_of(session, session_id)
    return told(
        session,
        SESSION_FULL,
        [found],
        items=told(session, ITEM, items),
        invited=told(session, INVITED, invited),
    )[0]


# --- receptions ------------------------------------------------------------------------------------------------------

RECEPTIONS = Room("receptions", "Days on which leaders receive.", read="registers:read", write="registers:write")
BOOKING = row(
    "ReceptionBooking",
    Booking,
    "id seq matter booked_at cancelled_at arrived persons statements promise instruction owner_unit_id received_at"
    " case:case_id",
)
RECEPTION = row(
    "Reception",
    Reception,
    "id unit_id leader_id community_id place_text starts_at ends_at topics quota published_at cancelled_at",
)
RECEPTION_FULL = row(
    "ReceptionFull",
    Reception,
    "id unit_id leader_id community_id place_text starts_at ends_at topics quota published_at cancelled_at",
    bookings=list[BOOKING],  # type: ignore[valid-type]
)


@RECEPTIONS.look("/receptions", "listReceptions", "reception.read", "List receptions, latest first", lists=RECEPTION)
def list_receptions(session: Session, *, cursor: Cursor = "") -> Any:
    return page_of_rows(
        cursor,
        receptions.PAGE,
        lambda page: receptions.receptions_of(session, viewer(), since=now() - YEARS, until=now() + YEARS, page=page),
    )


@RECEPTIONS.look(
    "/receptions/<int:reception_id>", "readReception", "reception.read", "Read a reception", tells=RECEPTION_FULL
)
def read_reception(session: Session, reception_id: int) -> Any:
    return _reception(session, reception_id)


@RECEPTIONS.act(
    "/receptions", "arrangeReception", "reception.arrange", "Arrange a reception", tells=RECEPTION, status=201
)
def arrange_reception(session: Session, *, given: receptions.Plan) -> Reception:
    return receptions.arrange(session, given, viewer=viewer(), now=now())


@RECEPTIONS.act(
    "/receptions/<int:reception_id>/publication",
    "publishReception",
    "reception.arrange",
    "Publish a reception: its book is open",
    tells=RECEPTION_FULL,
)
def publish_reception(session: Session, reception_id: int) -> Any:
    receptions.publish(session, reception_id, viewer=viewer(), now=now())
    return _reception(session, reception_id)


@RECEPTIONS.act(
    "/receptions/<int:reception_id>/cancellation",
    "cancelReception",
    "reception.arrange",
    "Call a reception off",
    tells=RECEPTION_FULL,
)
def cancel_reception(session: Session, reception_id: int) -> Any:
    receptions.cancel(session, reception_id, viewer=viewer(), now=now())
    return _reception(session, reception_id)


@RECEPTIONS.act(
    "/receptions/<int:reception_id>/bookings",
    "bookReception",
    "reception.book",
    "Book a place at a reception",
    tells=BOOKING,
    status=201,
    description="For the petitioner of a case (`number`), or for somebody by name and telephone.",
)
def book_reception(session: Session, reception_id: int, *, given: Wish) -> Booking:
    return receptions.book(session, reception_id, given, viewer=viewer(), now=now())


@RECEPTIONS.act(
    "/receptions/<int:reception_id>/bookings/<int:booking_id>/removal",
    "giveReceptionUp",
    "reception.book",
    "Free a booked place",
    tells=RECEPTION_FULL,
)
def give_reception_up(session: Session, reception_id: int, booking_id: int) -> Any:
    receptions.give_up(session, reception_id, booking_id, viewer=viewer(), now=now())
    return _reception(session, reception_id)


@RECEPTIONS.act(
    "/receptions/<int:reception_id>/bookings/<int:booking_id>",
    "recordVisit",
    "reception.receive",
    "Record what somebody said, and what was promised",
    tells=BOOKING,
)
def record_visit(session: Session, reception_id: int, booking_id: int, *, given: receptions.Received) -> Booking:
    _booked(session, reception_id, booking_id)
    return receptions.receive(session, world(), reception_id, booking_id, given, viewer=viewer(), now=now())


@RECEPTIONS.act(
    "/receptions/<int:reception_id>/bookings/<int:booking_id>/absence",
    "noteNobodyCame",
    "reception.receive",
    "Note that nobody came",
    tells=RECEPTION_FULL,
)
def note_nobody_came(session: Session, reception_id: int, booking_id: int) -> Any:
    _booked(session, reception_id, booking_id)
    receptions.note_absence(session, reception_id, booking_id, viewer=viewer(), now=now())
    return _reception(session, reception_id)


def _reception(session: Session, reception_id: int) -> Any:
    session.flush()
    found = receptions.see_reception(session, viewer(), reception_id)
    booked = [each.row for each in receptions.bookings_of(session, viewer(), found) if _is_shown(each)]
    return told(session, RECEPTION_FULL, [found], bookings=told(session, BOOKING, booked))[0]


def _booked(session: Session, reception_id: int, booking_id: int) -> None:
    """Raises NotFound also for a booking whose case the viewer may not see, as the page does."""
    found = receptions.see_reception(session, viewer(), reception_id)
    booked = receptions.bookings_of(session, viewer(), found)
    if not any(each.row.id == booking_id and _is_shown(each) for each in booked):
        raise NotFound("booking.unknown", "There is no such booking.")


def _is_shown(booked: Booked) -> bool:
    return booked.row.case_id is None or booked.case is not None


# --- campaigns -------------------------------------------------------------------------------------------------------

CAMPAIGNS = Room("campaigns", "Old matters, listed once.", read="registers:read", write="registers:write")
CAMPAIGN = row("Campaign", Campaign, "id unit_id name batch_no criteria panel frozen_at frozen_by")
CAMPAIGN_ITEM = row(
    "CampaignItem",
    CampaignItem,
    "number lead_unit_id lead_id force_unit_id issued_at case:case_id",
    outcome=str | None,
    overdue=bool,
)
COUNT = row("CampaignCount", CampaignItem, "", count=int)


@CAMPAIGNS.look("/campaigns", "listCampaigns", "campaign.read", "List campaigns", lists=CAMPAIGN)
def list_campaigns(session: Session) -> Any:
    return campaigns.campaigns_of(session, viewer()), None


@CAMPAIGNS.look("/campaigns/<int:campaign_id>", "readCampaign", "campaign.read", "Read a campaign", tells=CAMPAIGN)
def read_campaign(session: Session, campaign_id: int) -> Campaign:
    return campaigns.see_campaign(session, viewer(), campaign_id)


@CAMPAIGNS.look(
    "/campaigns/<int:campaign_id>/items",
    "listCampaignItems",
    "campaign.read",
    "List the items of a campaign",
    lists=CAMPAIGN_ITEM,
)
def list_campaign_items(
    session: Session, campaign_id: int, *, standing: Standing = Standing.ALL, cursor: Cursor = ""
) -> Any:
    found = campaigns.see_campaign(session, viewer(), campaign_id)
    lines, following = page_of_rows(
        cursor,
        campaigns.PAGE,
        lambda page: campaigns.ledger(session, viewer(), found, now=now(), standing=standing, page=page),
    )
    return _items(session, lines), following


@CAMPAIGNS.act(
    "/campaigns/count",
    "countCampaign",
    "campaign.run",
    "How many cases the criteria find",
    tells=COUNT,
    description="Keeps nothing.",
)
def count_campaign(session: Session, *, given: Criteria) -> Any:
    own_asked(given.unit_id, ACTS["campaign.run"])
    return {"count": campaigns.how_many(session, given, viewer=viewer(), now=now())}


@CAMPAIGNS.act("/campaigns", "freezeCampaign", "campaign.run", "Freeze a list", tells=CAMPAIGN, status=201)
def freeze_campaign(session: Session, *, given: campaigns.Plan) -> Campaign:
    own_asked(given.criteria.unit_id, ACTS["campaign.run"])
    return campaigns.freeze(session, given, viewer=viewer(), now=now())


@CAMPAIGNS.act(
    "/campaigns/<int:campaign_id>/issues",
    "issueCampaignItems",
    "campaign.run",
    "Issue items to those who take charge",
    tells=COUNT,
)
def issue_items(
    session: Session,
    campaign_id: int,
    *,
    numbers: Annotated[list[Whole], Field(max_length=campaigns.MOST_AT_ONCE)],
    lead: Annotated[str, Field(max_length=80, description="`unit#person`.")],
    force: Literal["holder", "unit"] = "holder",
) -> Any:
    charge = Charge(lead, by_holder=force == "holder")
    return {"count": campaigns.issue(session, world(), campaign_id, numbers, charge, viewer=viewer(), now=now())}


@CAMPAIGNS.act(
    "/campaigns/<int:campaign_id>/items/<int:item_number>/reopening",
    "reopenCampaignCase",
    "campaign.read",
    "Take the closed case of an item up again",
    tells=CAMPAIGN_ITEM,
)
def reopen_item(
    session: Session, campaign_id: int, item_number: int, *, reason: Annotated[str, Field(max_length=4000)]
) -> Any:
    campaigns.take_up_again(session, world(), campaign_id, item_number, reason, viewer=viewer(), now=now())
    session.flush()
    found = campaigns.see_campaign(session, viewer(), campaign_id)
    return _items(session, [campaigns.item_of(session, viewer(), found, item_number, now=now())])[0]


def _items(session: Session, lines: Any) -> list[Any]:
    return [
        each
        for line in lines
        for each in told(session, CAMPAIGN_ITEM, [line.item], outcome=line.outcome, overdue=line.overdue)
    ]
