"""The words for what a matter is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.web.language import later as _

CATEGORIES: Mapping[str, Any] = {
    "neighbour.leak": _("Neighbours: leak"),
    "neighbour.noise": _("Neighbours: noise"),
    "neighbour.parking": _("Neighbours: parking"),
    "neighbour.pet": _("Neighbours: pets"),
    "noise.social": _("Noise: public places"),
    "noise.construction": _("Noise: building site"),
    "noise.renovation": _("Noise: renovation"),
    "property.fee": _("Property management: fees"),
    "property.repair": _("Property management: repairs"),
    "property.lift": _("Property management: lift"),
    "property.illegal_build": _("Illegal building"),
    "labour.wages": _("Work: wages"),
    "consumer.prepaid": _("Consumers: prepaid card"),
    "consumer.refund": _("Consumers: refund"),
    "contract.lease": _("Contract: lease"),
    "contract.loan": _("Contract: loan"),
    "contract.shop_transfer": _("Contract: shop transfer"),
    "marriage.family": _("Marriage and family"),
    "marriage.property": _("Marriage: property"),
    "family.violence": _("Domestic violence"),
    "medical.harm": _("Medical harm"),
    "land.compensation": _("Land: compensation"),
    "land.collective": _("Land: collective assets"),
    "land.lease": _("Land: lease"),
    "housing.delivery": _("Housing: late delivery"),
    "construction.damage": _("Building site: damage"),
    "education": _("Education"),
    "education.admission": _("Education: admission"),
    "education.fee": _("Education: fees"),
    "environment.fumes": _("Environment: fumes"),
    "environment.waste": _("Environment: waste"),
    "safety.fire": _("Fire safety"),
    "road.facility": _("Roads: facilities"),
    "road.lighting": _("Roads: lighting"),
    "road.drainage": _("Roads: drainage"),
    "consult.permit": _("Question: permits"),
    "suggestion.facility": _("Suggestion: facilities"),
    "misconduct": _("Misconduct"),
    "unsorted": _("Not sorted yet"),
}

FAMILIES: Mapping[str, Any] = {
    "construction": _("Building sites"),
    "consult": _("Questions"),
    "consumer": _("Consumers"),
    "contract": _("Contracts"),
    "education": _("Education"),
    "environment": _("Environment"),
    "family": _("Family"),
    "housing": _("Housing"),
    "labour": _("Labour"),
    "land": _("Land"),
    "marriage": _("Marriage and family"),
    "medical": _("Medical care"),
    "misconduct": _("Misconduct"),
    "neighbour": _("Neighbours"),
    "noise": _("Noise"),
    "property": _("Property management"),
    "road": _("Roads"),
    "safety": _("Safety"),
    "suggestion": _("Suggestions"),
    "unsorted": _("Not sorted yet"),
}
"""Categories by their first part."""
