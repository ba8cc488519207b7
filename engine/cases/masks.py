"""Personal data as it is shown to whoever has not asked for it in the clear. Pure."""

from __future__ import annotations

import re

from engine.cases.model import Party

_PHONE = re.compile(r"(?<![0-9])(1[3-9][0-9])[ -]?[0-9]{4}[ -]?([0-9]{4})(?![0-9])")
_ID_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{5}(?:18|19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx](?![0-9Xx])")


def masked_name(name: str) -> str:
    """The family name alone: 谢**."""
    return name[:1] + "**"


def masked_phone(phone: str) -> str:
    """138****8000; a short number not at all."""
    return phone[:3] + "****" + phone[-4:] if len(phone) >= 8 else "****"


def masked_id_number(number: str) -> str:
    """440300********1238; a short number not at all."""
    return number[:6] + "*" * (len(number) - 10) + number[-4:] if len(number) >= 15 else "****"


def masked_address(address: str) -> str:
    """The first six signs: enough to tell a district or street, never a door."""
    return address[:6] + "****" if len(address) > 8 else "****"


def masked_text(text: str) -> str:
    """A text in which mobile telephones and identity numbers are masked; all else stays."""
    text = _ID_NUMBER.sub(lambda found: masked_id_number(found.group()), text)
    return _PHONE.sub(r"\1****\2", text)


def name_of(party: Party, *, shown: bool) -> str:
    """A protected party's name is masked unless it is shown."""
    return party.name if shown or not party.protected else masked_name(party.name)
