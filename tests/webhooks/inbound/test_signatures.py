"""Only who holds a secret comes in, and only now. What is true is what the reference library signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from engine.config import SignatureConfig
from engine.errors import NotAllowed
from tests.webhooks.inbound.sender import SECRETS, signed
from webhooks.inbound import prove
from webhooks.inbound.signatures import secret_fault

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BODY = '{"order": {"no": "漏水"}}'.encode()
OLD, NEW = SECRETS["HOTLINE_SECRET"], SECRETS["HOTLINE_SECRET_NEXT"]
STANDARD = SignatureConfig(scheme="standard", secret_env=("A_SECRET",))
HMAC = SignatureConfig(scheme="hmac", secret_env=("A_SECRET",), header="X-Signed", id_header="X-Id")
TOKEN = SignatureConfig(scheme="token", secret_env=("A_SECRET",))
SHARED = "a shared secret of the province"
DIGEST = hmac.new(SHARED.encode(), BODY, hashlib.sha256)


def test_the_reference_library_is_understood() -> None:
    proof = prove(STANDARD, [OLD], signed(OLD, "msg_1", NOW, BODY), BODY, now=NOW)
    assert (proof.delivery_id, proof.digest) == ("msg_1", hashlib.sha256(BODY).hexdigest())


def test_a_secret_is_replaced_without_a_gap() -> None:
    """Theirs changes while we know both; and they may sign with both while we know one."""
    for secret in (OLD, NEW):
        prove(STANDARD, [OLD, NEW], signed(secret, "m", NOW, BODY), BODY, now=NOW)
    both = signed(OLD, "m", NOW, BODY)
    both["webhook-signature"] += " " + signed(NEW, "m", NOW, BODY)["webhook-signature"]
    prove(STANDARD, [NEW], both, BODY, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "-5"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1," + "A" * 44},
        {"webhook-signature": "v1a,AAAA"},
    ],
    ids=lambda change: str(change)[:50],
)
def test_whatever_was_changed_is_refused(change: dict[str, str]) -> None:
    headers = {**signed(OLD, "msg_1", NOW, BODY), **change}
    with pytest.raises(NotAllowed) as refused:
        prove(STANDARD, [OLD], headers, BODY, now=NOW)
    assert refused.value.code == "signature.wrong"


def test_another_body_another_secret_and_none_are_refused() -> None:
    headers = signed(OLD, "msg_1", NOW, BODY)
    for secrets, given, body in (([OLD], headers, BODY + b" "), ([NEW], headers, BODY), ([OLD], {}, BODY)):
        with pytest.raises(NotAllowed):
            prove(STANDARD, secrets, given, body, now=NOW)


@pytest.mark.parametrize("away", [-301, 301, -86_400 * 400])
def test_a_true_one_of_another_time_is_a_replay(away: int) -> None:
    headers = signed(OLD, "msg_1", NOW + timedelta(seconds=away), BODY)
    with pytest.raises(NotAllowed) as refused:
        prove(STANDARD, [OLD], headers, BODY, now=NOW)
    assert refused.value.code == "signature.old"
    prove(STANDARD, [OLD], signed(OLD, "m", NOW + timedelta(seconds=299), BODY), BODY, now=NOW)


@pytest.mark.parametrize(
    "sent",
    [
        f"sha256={DIGEST.hexdigest()}",
        DIGEST.hexdigest(),
        DIGEST.hexdigest().upper(),
        base64.b64encode(DIGEST.digest()).decode(),
    ],
)
def test_an_hmac_is_understood_as_github_and_others_write_it(sent: str) -> None:
    assert prove(HMAC, [SHARED], {"x-signed": sent, "x-id": "d-7"}, BODY, now=NOW).delivery_id == "d-7"
    with pytest.raises(NotAllowed):
        prove(HMAC, [SHARED], {"x-signed": sent}, BODY + b"x", now=NOW)


def test_without_an_id_of_its_own_the_content_names_a_delivery() -> None:
    digest = hashlib.sha256(BODY).hexdigest()
    assert prove(TOKEN, [SHARED], {"x-webhook-token": SHARED}, BODY, now=NOW).delivery_id == f"sha256:{digest}"
    assert prove(HMAC, [SHARED], {"x-signed": DIGEST.hexdigest(), "x-id": "has space"}, BODY, now=NOW).delivery_id == (
        f"sha256:{digest}"
    )
    for wrong in ({}, {"x-webhook-token": ""}, {"x-webhook-token": SHARED + "x"}, {"x-webhook-token": "\udcff"}):
        with pytest.raises(NotAllowed):
            prove(TOKEN, [SHARED], wrong, BODY, now=NOW)


@pytest.mark.parametrize(
    ("scheme", "secret", "usable"),
    [
        ("standard", OLD, True),
        ("standard", "whsec_c2hvcnQ=", False),
        ("standard", "whsec_not base64 at all", False),
        ("standard", "", False),
        ("hmac", SHARED, True),
        ("token", "short", False),
    ],
)
def test_a_secret_that_guards_nothing_is_none(scheme: str, secret: str, usable: bool) -> None:
    fault = secret_fault(scheme, secret)
    assert (fault is None) == usable
    assert not secret or secret not in (fault or "")
