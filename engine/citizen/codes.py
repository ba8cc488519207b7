"""Codes that people read, type and photograph: the one of a place and the one of a matter. Pure.

Both are written in Crockford's alphabet, which has no I, L, O and U; who types them all the same is understood.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans("ILOU", "110V")
PLACE = re.compile(r"[A-Z0-9]{1,8}(\.[A-Z0-9]{1,8})*")
TRACKING_SIGNS = 16
"""Eighty bits."""
TRACKING_BYTES = TRACKING_SIGNS * 5 // 8
PLACE_SIGNS = 5
"""Not a secret: it tells a sticker of today from an older one and from a mistyped address."""


def tracking_code(secret: str, form_key: str) -> str:
    """The code of the matter that a form filed. The same form gives the same code, so that a form that is sent again
    over a bad network shows it again; without the secret nobody can tell it from the form."""
    return encode(_digest(secret, "tracking", form_key)[:TRACKING_BYTES])


def place_token(secret: str, unit_id: str, generation: int) -> str:
    return encode(_digest(secret, "place", f"{unit_id}:{generation}")[:4])[:PLACE_SIGNS]


def place_code(unit_id: str, token: str) -> str:
    """What stands at the end of a place's address: `LHQ.MZ.03.02.05.01-7K2MX`."""
    return f"{unit_id}-{token}"


def read_place_code(text: str) -> tuple[str, str]:
    """(unit id, token) of whatever was typed; both may lead nowhere."""
    path, _, token = text.strip().upper().replace("_", "-").rpartition("-")
    if not path:
        path, token = token, ""
    path = re.sub(r"[^A-Z0-9.]", "", path).strip(".")[:64]
    return (path if PLACE.fullmatch(path) else ""), _plain(token)


def encode(data: bytes) -> str:
    number, count = int.from_bytes(data), len(data) * 8
    spare = -count % 5
    number <<= spare
    return "".join(SIGNS[number >> shift & 31] for shift in range(count + spare - 5, -1, -5))


def in_groups(code: str) -> str:
    """As it is shown: `7K2M-X4QT-0B9C-WZ3H`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def hash_of(typed: str) -> str | None:
    """What is stored and looked up for a tracking code, however it was typed; None for what cannot be one."""
    code = _plain(typed)
    if len(code) != TRACKING_SIGNS or set(code) - set(SIGNS):
        return None
    return hashlib.sha256(f"tracking:{code}".encode()).hexdigest()


def _plain(typed: str) -> str:
    """Without what separates, and with the signs that were meant: a Chinese keyboard may write them wide."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", typed).upper()).translate(LOOKALIKES)


def _digest(secret: str, purpose: str, text: str) -> bytes:
    return hmac.digest(secret.encode(), f"maplebridge:{purpose}:{text}".encode(), "sha256")
