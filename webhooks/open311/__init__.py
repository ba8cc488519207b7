"""Open311 GeoReport v2: civic apps list services, file requests and follow them."""

from webhooks.open311.apps import unready
from webhooks.open311.model import CivicReport, CivicUpdate

__all__ = ["CivicReport", "CivicUpdate", "unready"]
