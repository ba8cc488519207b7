"""How the robots of groups, and webhooks, are called: what is sent where, and what their answers mean. Pure.

Sources: DingTalk "Custom robot access" and "security settings" (HMAC-SHA256 of `timestamp\\nsecret` under the secret,
both in the query, milliseconds), WeCom "Group robot configuration", Feishu "Custom bot guide" (HMAC-SHA256 of nothing
under `timestamp\\nsecret`, both in the body, seconds). A webhook is signed as Standard Webhooks 1.0 says.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from urllib.parse import quote

from engine.config import NotifyConfig
from engine.errors import Invalid
from engine.notify.model import Medium
from engine.strict_json import read_json

JSON = {"Content-Type": "application/json; charset=utf-8"}
LONGEST_TEXT = 1800
"""In bytes of UTF-8; WeCom takes 2048 in a text, the others more."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of HTTP, as it leaves."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def call_for(
    medium: Medium,
    to: str,
    secret: str | None,
    text: str,
    news: Sequence[Mapping[str, Any]],
    *,
    key: str,
    config: NotifyConfig,
    now: datetime,
) -> Call:
    """`key` is the same on every try of the same thing; a webhook gets it as its id."""
    said = _short(text)
    match medium:
        case Medium.DINGTALK:
            url = f"{config.dingtalk}/robot/send?access_token={quote(to)}"
            return _json(url + _dingtalk_mark(secret, now), {"msgtype": "text", "text": {"content": said}})
        case Medium.WECOM:
            url = f"{config.wecom}/cgi-bin/webhook/send?key={quote(to)}"
            return _json(url, {"msgtype": "text", "text": {"content": said}})
        case Medium.FEISHU:
            url = f"{config.feishu}/open-apis/bot/v2/hook/{quote(to)}"
            return _json(url, {"msg_type": "text", "content": {"text": said}, **_feishu_mark(secret, now)})
        case Medium.WEBHOOK:
            body = json.dumps(
                {"type": "notices", "timestamp": now.isoformat(), "data": {"text": text, "notices": list(news)}},
                ensure_ascii=False,
            ).encode()
            return Call(to, body, {**JSON, **_standard_mark(secret, key, body, now)})
        case Medium.EMAIL:
            raise ValueError("mail is no call of HTTP")
        case _:
            assert_never(medium)


def fault_in(medium: Medium, status: int, body: str) -> str | None:
    """What is wrong with an answer, in the robot's own words; None when it took the message.

    The robots answer 200 to everything and say in the body whether they took it.
    """
    if not 200 <= status < 300:
        return f"HTTP {status}: {body[:300]}"
    if medium is Medium.WEBHOOK:
        return None
    try:
        said = read_json(body)
    except Invalid:
        return f"no answer of a robot: {body[:300]}"
    code = said.get("code", said.get("StatusCode")) if medium is Medium.FEISHU else said.get("errcode")
    return None if code == 0 else f"{code}: {said.get('msg' if medium is Medium.FEISHU else 'errmsg')}"[:500]


def _json(url: str, said: Mapping[str, Any]) -> Call:
    return Call(url, json.dumps(said, ensure_ascii=False).encode(), JSON)


def _short(text: str) -> str:
    raw = text.encode()
    return text if len(raw) <= LONGEST_TEXT else raw[:LONGEST_TEXT].decode(errors="ignore").rstrip() + " …"


def _dingtalk_mark(secret: str | None, now: datetime) -> str:
    if not secret:
        return ""
    at = round(now.timestamp() * 1000)
    mark = hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()
    return f"&timestamp={at}&sign={quote(base64.b64encode(mark).decode(), safe='')}"


def _feishu_mark(secret: str | None, now: datetime) -> dict[str, str]:
    if not secret:
        return {}
    at = int(now.timestamp())
    mark = hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(at), "sign": base64.b64encode(mark).decode()}


def _standard_mark(secret: str | None, key: str, body: bytes, now: datetime) -> dict[str, str]:
    at = int(now.timestamp())
    plain = {"webhook-id": key, "webhook-timestamp": str(at)}
    if not secret:
        return plain
    mark = hmac.new(_bytes_of(secret), f"{key}.{at}.".encode() + body, hashlib.sha256).digest()
    return {**plain, "webhook-signature": f"v1,{base64.b64encode(mark).decode()}"}


def _bytes_of(secret: str) -> bytes:
    """`whsec_` and base64, as the specification writes secrets; anything else is taken as it stands."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            pass
    return secret.encode()
