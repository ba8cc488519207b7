"""Other systems for tests: set up as docs/operators/inbound.md shows them, signing with the reference library."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from engine.clock import ManualClock
from engine.config import Config, load_config

PAGE = Path(__file__).parents[3] / "docs/operators/inbound.md"
PAYLOADS = Path(__file__).parents[1] / "payloads"
SECRETS = {
    "HOTLINE_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "HOTLINE_SECRET_NEXT": "whsec_bmV4dC1zZWNyZXQtb2YtdGhlLWhvdGxpbmU=",
    "HOTLINE_BACK": "whsec_d2hhdC13ZS1zYXktdG8tdGhlLWhvdGxpbmU=",
    "PROVINCE_SECRET": "a shared secret of the province",
    "TERMINAL_TOKEN": "token-of-all-terminals",
}
"""Known to everybody: they open nothing but databases of tests."""


def documented_sources() -> list[str]:
    """The sources of the page, each as the text of a list item."""
    blocks = re.findall(r"```yaml\ninbound:\n  sources:\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    return blocks


def config_of(folder: Path, sources: str, more: str = "") -> Config:
    path = folder / "inbound.yaml"
    path.write_text(f"inbound:\n{more}  sources:\n{sources}", encoding="utf-8")
    return load_config(path, {})


def order(**changes: Any) -> dict[str, Any]:
    """The recorded order of the hotline, with other values at some keys of its `order`."""
    sent: dict[str, Any] = json.loads((PAYLOADS / "hotline.json").read_text(encoding="utf-8"))
    sent["order"] |= changes
    return sent


@dataclass
class Sender:
    """The hotline, the province and the terminal on the other side of the doors."""

    app: Flask
    clock: ManualClock
    secret: str = SECRETS["HOTLINE_SECRET"]
    sent: int = field(default=0)

    def hotline(
        self,
        body: Mapping[str, Any] | bytes,
        *,
        id: str | None = None,
        at: datetime | None = None,
        to: str = "hotline",
        kind: str = "application/json",
    ) -> TestResponse:
        self.sent += 1
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = signed(self.secret, id or f"msg_{self.sent}", at or self.clock.now(), data)
        return self.post(to, data, kind, headers)

    def province(self, body: bytes, *, kind: str = "application/xml", id: str = "d-1") -> TestResponse:
        digest = hmac.new(SECRETS["PROVINCE_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        return self.post(
            "province", body, kind, {"X-Province-Signature": f"sha256={digest}", "X-Province-Delivery": id}
        )

    def terminal(self, body: bytes) -> TestResponse:
        kind = "application/x-www-form-urlencoded"
        return self.post("terminal", body, kind, {"X-Terminal-Token": SECRETS["TERMINAL_TOKEN"]})

    def post(self, to: str, body: bytes, kind: str, headers: Mapping[str, str]) -> TestResponse:
        return self.app.test_client().post(f"/webhooks/in/{to}", data=body, content_type=kind, headers=headers)


def signed(secret: str, delivery_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """As the reference library signs."""
    signature = Webhook(secret).sign(delivery_id, at, body.decode("utf-8", "surrogateescape"))
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
