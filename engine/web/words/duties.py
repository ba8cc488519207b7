"""The words for the contracted duties, for why somebody is looked after, and for what checks say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

DUTIES: Mapping[str, Any] = {
    "care": _("Care visit"),
    "contact": _("Contact with a household"),
    "emergency": _("Emergency response"),
    "hygiene": _("Civic hygiene"),
    "petition": _("Petitions and stability"),
    "volunteering": _("Volunteering"),
}

GROUPS: Mapping[str, Any] = {
    "elderly": _("elderly or living alone"),
    "disabled": _("with a disability"),
    "ill": _("seriously ill"),
    "child": _("child without care"),
    "hardship": _("in hardship"),
    "bereaved": _("bereaved"),
}

ANSWERS: Mapping[str, Any] = {"ok": _("In order"), "fail": _("Not in order"), "none": _("Not here")}

THEN: Mapping[str, Any] = {"fixed": _("Fixed on the spot"), "case": _("Make it a case")}
