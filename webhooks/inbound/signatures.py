"""Whether a delivery comes from who it says it does. Pure: secrets, headers and the body are given.

Every secret is tried on every signature and compared in constant time, so that an answer tells nothing but yes or no.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.config import SignatureConfig
from engine.errors import NotAllowed

STANDARD = "whsec_"
MOST_SIGNATURES = 8
LONGEST_ID = 200
_ID = re.compile(r"[\x21-\x7e]{1,200}")
HEADERS = {"hmac": "X-Hub-Signature-256", "token": "X-Webhook-Token"}


@dataclass(frozen=True, slots=True)
class Proof:
    """What a true signature says: the id of the delivery, and whether the sender chose it."""

    delivery_id: str
    digest: str
    """SHA-256 of the body, in hex."""


def prove(
    config: SignatureConfig, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> Proof:
    """Names of `headers` are in small letters.

    Raises NotAllowed `signature.wrong`, or `signature.old` for a true one from another time than now."""
    match config.scheme:
        case "standard":
            true = _is_standard(secrets, headers, body)
        case "hmac":
            true = _is_hmac(secrets, headers.get((config.header or HEADERS["hmac"]).lower(), ""), body)
        case "token":
            true = _is_one_of(secrets, [headers.get((config.header or HEADERS["token"]).lower(), "")])
    if not true:
        raise NotAllowed("signature.wrong", "The signature is missing or wrong.")
    digest = hashlib.sha256(body).hexdigest()
    if config.scheme == "standard":
        _must_be_present(headers["webhook-timestamp"], timedelta(seconds=config.tolerance_seconds), now)
        return Proof(headers["webhook-id"], digest)
    named = headers.get(config.id_header.lower(), "") if config.id_header else ""
    return Proof(named if _ID.fullmatch(named) else f"sha256:{digest}", digest)


def secret_fault(scheme: str, secret: str) -> str | None:
    """What is wrong with a secret, without repeating it; None when it can be used."""
    if scheme == "standard":
        try:
            usable = len(_key(secret)) >= 16
        except (ValueError, binascii.Error):
            usable = False
        return None if usable else f"write {STANDARD} and at least 16 bytes in base64"
    return None if len(secret) >= 16 else "it has less than 16 characters"


def sign_standard(secret: str, delivery_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery of ours, as Standard Webhooks 1.0 has them."""
    second = str(int(at.timestamp()))
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": second,
        "webhook-signature": "v1," + _signed(_key(secret), delivery_id, second, body),
    }


def _is_standard(secrets: Iterable[str], headers: Mapping[str, str], body: bytes) -> bool:
    delivery_id, second = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(delivery_id) or not re.fullmatch(r"[0-9]{1,12}", second):
        return False
    sent = [each.partition(",") for each in headers.get("webhook-signature", "").split()[:MOST_SIGNATURES]]
    given = [signature for version, _, signature in sent if version == "v1"]
    return _is_one_of([_signed(_key(secret), delivery_id, second, body) for secret in secrets], given)


def _is_hmac(secrets: Iterable[str], sent: str, body: bytes) -> bool:
    """`sha256=` and hex as GitHub sends it; the prefix may be missing, and base64 is understood."""
    given = sent.strip().removeprefix("sha256=")
    digests = [hmac.digest(secret.encode(), body, "sha256") for secret in secrets]
    wanted = [each for digest in digests for each in (digest.hex(), base64.b64encode(digest).decode())]
    return _is_one_of(wanted, [given.lower() if len(given) == 64 else given])


def _is_one_of(wanted: Iterable[str], given: Sequence[str]) -> bool:
    """Compares all with all. Digests are compared, so that a length tells nothing either."""
    wanted_digests = [hashlib.sha256(each.encode()).digest() for each in wanted]
    found = False
    for each in given:
        digest = hashlib.sha256(each.encode("utf-8", "surrogateescape")).digest()
        for other in wanted_digests:
            found |= hmac.compare_digest(digest, other)
    return found


def _signed(key: bytes, delivery_id: str, second: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, f"{delivery_id}.{second}.".encode() + body, "sha256")).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(STANDARD), validate=True)


def _must_be_present(second: str, tolerance: timedelta, now: datetime) -> None:
    if abs(now - datetime.fromtimestamp(int(second), UTC)) > tolerance:
        raise NotAllowed("signature.old", "The delivery was signed at another time; its clock or ours is wrong.")
