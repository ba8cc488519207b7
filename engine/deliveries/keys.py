"""Secrets of receivers and the signature made with them. Source: Standard Webhooks, symmetric signatures (`v1`).

No secret is stored, only a random salt that it is derived from together with the installation's own secret: whoever
reads the database, or a copy of it, cannot sign. When the installation's secret is changed, the check value no longer
fits, and nothing is sent until the receiver's secret is made anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

PREFIX = "whsec_"


def new_key(root: str, *, now: datetime) -> dict[str, Any]:
    """What is stored of a new secret. `root` is the installation's own secret."""
    salt = secrets.token_hex(16)
    return {"salt": salt, "check": _check(_secret(root, salt)), "made_at": now.isoformat(), "ends_at": None}


def secret_text(root: str, key: Mapping[str, Any]) -> str:
    """A secret as its receiver writes it down."""
    return PREFIX + base64.b64encode(_secret(root, str(key["salt"]))).decode("ascii")


def secrets_of(root: str, keys: Iterable[Mapping[str, Any]], *, now: datetime) -> list[bytes]:
    """Those that are valid now, the newest first; none where the installation's secret has changed since."""
    found = []
    for key in keys:
        ends_at = key.get("ends_at")
        secret = _secret(root, str(key["salt"]))
        if (ends_at is None or datetime.fromisoformat(ends_at) > now) and key["check"] == _check(secret):
            found.append(secret)
    return found


def given_secret(text: str) -> bytes:
    """Of a secret as it stands in a configuration. Raises ValueError for one that is not base64."""
    return base64.b64decode(text.removeprefix(PREFIX), validate=True)


def signature(key: str, timestamp: int, body: bytes, with_secrets: Sequence[bytes]) -> str:
    """The header `webhook-signature`: one signature for each secret, parted by spaces."""
    signed = f"{key}.{timestamp}.".encode() + body
    made = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in with_secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode('ascii')}" for each in made)


def _secret(root: str, salt: str) -> bytes:
    return hmac.new(root.encode(), f"webhook:{salt}".encode(), hashlib.sha256).digest()


def _check(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()[:16]
