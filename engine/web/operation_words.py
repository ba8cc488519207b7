"""The words of the operators' log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

OPERATIONS: Mapping[str, Any] = {
    "person.opened": _("Account opened"),
    "person.changed": _("Account changed"),
    "person.deactivated": _("Account closed"),
    "person.reactivated": _("Account opened again"),
    "person.unlocked": _("Account unlocked"),
    "password.reset": _("Password reset"),
    "role.given": _("Role given"),
    "role.taken": _("Role taken"),
    "absence.noted": _("Absence noted"),
    "sign_in.ended": _("Signed out"),
    "database.backed_up": _("Database backed up"),
    "database.restored": _("Database restored from a backup"),
    "deliveries.held": _("Everything that leaves held"),
    "deliveries.released": _("What was held sent again"),
    "service.opened": _("Service account opened"),
    "service.changed": _("Service account changed"),
    "token.issued": _("Token made"),
    "token.rotated": _("Token replaced"),
    "token.ended": _("Token ended"),
    "unit.added": _("Unit added"),
    "unit.renamed": _("Unit renamed"),
    "unit.moved": _("Unit moved"),
    "unit.closed": _("Unit closed"),
    "unit.reopened": _("Unit opened again"),
    "year.loaded": _("Working days loaded"),
    "history.exported": _("Event log taken"),
    "incident.retried": _("Incident tried again"),
    "inbound.dropped": _("Delivery put aside"),
    "inbound.replayed": _("Delivery taken in again"),
    "inbound.told_again": _("Status written back once more"),
    "inbound.shown": _("Content of a delivery shown in the clear"),
    "case.token_moved": _("Case put somewhere else on its diagram"),
    "cases.migrated": _("Running cases taken to another release"),
    "subscription.made": _("Subscription made"),
    "subscription.changed": _("Subscription changed"),
    "subscription.paused": _("Subscription paused"),
    "subscription.resumed": _("Subscription resumed"),
    "subscription.secret_made": _("New secret made for a subscription"),
    "subscription.secret_ended": _("Old secret of a subscription ended"),
    "subscription.removed": _("Subscription removed"),
    "delivery.repeated": _("Deliveries sent again"),
    "cases.taken_back": _("Migration taken back"),
    "channel.added": _("Notice channel of a unit added"),
    "channel.changed": _("Notice channel of a unit changed"),
    "channel.removed": _("Notice channel of a unit removed"),
    "message.retried": _("Message tried again"),
    "message.dropped": _("Message put away"),
}
