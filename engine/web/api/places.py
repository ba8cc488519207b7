"""The tree of units, one level at a time."""

from __future__ import annotations

from flask import Response

from engine.errors import NotFound
from engine.territory import children, line_of
from engine.web.api import telling
from engine.web.api.acting import show
from engine.web.api.asked import PlacesQuery
from engine.web.api.blueprint import api
from engine.web.api.document import LOOK, PLACES, refusals
from engine.web.api.told import Places
from engine.web.context import looking
from engine.web.policy import policy


@api.get(
    "/places",
    tags=[PLACES],
    operation_id="listPlaces",
    summary="The units right below a unit",
    responses={200: Places, **refusals(LOOK)},
)
@policy("signed_in", scope="cases:read")
def list_places(query: PlacesQuery) -> Response:
    with looking() as session:
        line = line_of(session, query.parent) if query.parent else []
        if query.parent and (not line or line[-1].id != query.parent):
            raise NotFound("unit.unknown", f"There is no place or unit {query.parent!r}.", unit=query.parent)
        below = [unit for unit in children(session, query.parent or None) if unit.valid_to is None]
        return show(Places(line=telling.places(line), items=telling.places(below), next=None))
