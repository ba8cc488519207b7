"""Leaders' receptions: a calendar, a book of places, a brief, what was promised, and the loop closed afterwards."""

from engine.receptions.arranging import Plan, arrange, cancel, publish
from engine.receptions.booking import Wish, book, book_publicly, give_up
from engine.receptions.brief import Brief, brief_of
from engine.receptions.figures import SOLVED, Counts, count_by_leader, count_receptions
from engine.receptions.model import Booking, Reception
from engine.receptions.receiving import EARLY, KINDS, Received, note_absence, owners, receive
from engine.receptions.rows import (
    PAGE,
    Booked,
    bookings_of,
    how_many_soon,
    open_to_all,
    places_taken,
    received_by,
    receptions_of,
    see_reception,
)

__all__ = [
    "EARLY",
    "KINDS",
    "PAGE",
    "SOLVED",
    "Booked",
    "Booking",
    "Brief",
    "Counts",
    "Plan",
    "Received",
    "Reception",
    "Wish",
    "arrange",
    "book",
    "book_publicly",
    "bookings_of",
    "brief_of",
    "cancel",
    "count_by_leader",
    "count_receptions",
    "give_up",
    "how_many_soon",
    "note_absence",
    "open_to_all",
    "owners",
    "places_taken",
    "publish",
    "receive",
    "received_by",
    "receptions_of",
    "see_reception",
]
