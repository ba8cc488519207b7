"""Open311 GeoReport v2: civic apps list services, file requests and follow them."""

from webhooks.open311.apps import without_key
from webhooks.open311.model import CivicReport, CivicUpdate

__all__ = ["CivicReport", "CivicUpdate", "without_key"]
