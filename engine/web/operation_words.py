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
    "unit.added": _("Unit added"),
    "unit.renamed": _("Unit renamed"),
    "unit.moved": _("Unit moved"),
    "unit.closed": _("Unit closed"),
    "unit.reopened": _("Unit opened again"),
    "year.loaded": _("Working days loaded"),
    "history.exported": _("Event log taken"),
    "incident.retried": _("Incident tried again"),
    "case.token_moved": _("Case put somewhere else on its diagram"),
    "cases.migrated": _("Running cases taken to another release"),
    "cases.taken_back": _("Migration taken back"),
    "channel.added": _("Notice channel of a unit added"),
    "channel.changed": _("Notice channel of a unit changed"),
    "channel.removed": _("Notice channel of a unit removed"),
    "message.retried": _("Message tried again"),
    "message.dropped": _("Message put away"),
}
