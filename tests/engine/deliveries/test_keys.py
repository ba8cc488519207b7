"""Signatures, held against the reference library of Standard Webhooks and its published example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.deliveries.keys import given_secret, new_key, secret_text, secrets_of, signature

ROOT = "the installation's own secret"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_the_published_example() -> None:
    secret = given_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret])
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("body", ["", "{}", '{"案件": "LHQ-1"}', "a" * 100_000])
def test_the_reference_library_takes_what_is_signed(body: str) -> None:
    key = new_key(ROOT, now=NOW)
    at = int(datetime.now(UTC).timestamp())
    made = signature("msg_1", at, body.encode(), secrets_of(ROOT, [key], now=NOW))
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": made}
    receiver = Webhook(secret_text(ROOT, key))
    receiver.verify(body, headers, json_parse=False)
    for wrong in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(at + 1)}):
        with pytest.raises(WebhookVerificationError):
            receiver.verify(body, {**headers, **wrong}, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        receiver.verify(body + " ", headers, json_parse=False)


def test_while_a_secret_is_changed_both_sign() -> None:
    new, old = new_key(ROOT, now=NOW), new_key(ROOT, now=NOW)
    keys = [new, {**old, "ends_at": (NOW + timedelta(days=7)).isoformat()}]
    at = int(datetime.now(UTC).timestamp())
    made = signature("msg_1", at, b"{}", secrets_of(ROOT, keys, now=NOW))
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": made}
    for key in (new, old):
        Webhook(secret_text(ROOT, key)).verify("{}", headers)
    assert len(secrets_of(ROOT, keys, now=NOW + timedelta(days=7))) == 1


def test_under_another_secret_of_the_installation_nothing_is_valid() -> None:
    assert secrets_of("another", [new_key(ROOT, now=NOW)], now=NOW) == []
