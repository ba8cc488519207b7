"""What apps show to people, in the language they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as N_

GROUPS: Mapping[str, Any] = {
    "neighbour": N_("Neighbours"),
    "noise": N_("Noise"),
    "property": N_("Property management"),
    "labour": N_("Wages and work"),
    "consumer": N_("Consumers"),
    "contract": N_("Contracts"),
    "marriage": N_("Family"),
    "family": N_("Family"),
    "medical": N_("Health care"),
    "land": N_("Land"),
    "housing": N_("Housing"),
    "construction": N_("Building sites"),
    "education": N_("Education"),
    "environment": N_("Environment"),
    "safety": N_("Safety"),
    "road": N_("Roads"),
    "consult": N_("Questions"),
    "suggestion": N_("Suggestions"),
    "misconduct": N_("Misconduct"),
}
"""By the first word of a category; what is not here is called by that word."""
