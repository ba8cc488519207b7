"""Group robots and webhooks: what leaves, how it is signed, what their answers mean. Signatures are counted anew."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks import Webhook

from engine.config import NotifyConfig
from engine.errors import Invalid
from engine.notify import Medium, offered, read_address, shown
from engine.notify.addresses import hash_of
from engine.notify.robots import LONGEST_TEXT, Call, call_for, fault_in

NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = NotifyConfig(wecom="https://wecom.inside.example/proxy")


def call(medium: Medium, secret: str | None = None, text: str = "第一件", *, now: datetime = NOW) -> Call:
    return call_for(medium, "abc-123", secret, text, [{"said": "x"}], key="news.1.2", config=CONFIG, now=now)


def said(made: Call) -> Any:
    return json.loads(made.body)


def test_dingtalk_gets_its_mark_in_the_query() -> None:
    plain, marked = call(Medium.DINGTALK), call(Medium.DINGTALK, "SECabc")
    assert plain.url == "https://oapi.dingtalk.com/robot/send?access_token=abc-123"
    assert said(plain) == {"msgtype": "text", "text": {"content": "第一件"}}
    query = parse_qs(urlsplit(marked.url).query)
    at = query["timestamp"][0]
    assert int(at) == NOW.timestamp() * 1000
    wanted = hmac.new(b"SECabc", f"{at}\nSECabc".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == wanted


def test_feishu_gets_its_mark_in_the_body() -> None:
    made = call(Medium.FEISHU, "s3cret")
    assert made.url == "https://open.feishu.cn/open-apis/bot/v2/hook/abc-123"
    at = said(made)["timestamp"]
    assert int(at) == NOW.timestamp()
    wanted = hmac.new(f"{at}\ns3cret".encode(), b"", hashlib.sha256).digest()
    assert base64.b64decode(said(made)["sign"]) == wanted
    assert "sign" not in said(call(Medium.FEISHU))


def test_wecom_is_called_where_the_installation_says() -> None:
    assert call(Medium.WECOM).url == "https://wecom.inside.example/proxy/cgi-bin/webhook/send?key=abc-123"


def test_a_long_text_is_cut_where_a_character_ends() -> None:
    content = said(call(Medium.WECOM, text="漏" * 2000))["text"]["content"]
    assert content.endswith(" …")
    assert len(content.encode()) < LONGEST_TEXT + 10


def test_a_webhook_is_signed_as_the_reference_library_checks_it() -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    at = datetime.now(UTC)  # of now: the library refuses what is older than five minutes
    made = call(Medium.WEBHOOK, secret, now=at)
    checked = Webhook(secret).verify(made.body, dict(made.headers))
    assert checked["data"] == {"text": "第一件", "notices": [{"said": "x"}]}
    assert "webhook-signature" not in call(Medium.WEBHOOK).headers


@pytest.mark.parametrize(
    ("medium", "status", "body", "fault"),
    [
        (Medium.DINGTALK, 200, '{"errcode":0,"errmsg":"ok"}', None),
        (Medium.DINGTALK, 200, '{"errcode":310000,"errmsg":"sign not match"}', "310000: sign not match"),
        (Medium.WECOM, 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', "93000: invalid webhook url"),
        (Medium.FEISHU, 200, '{"code":0,"msg":"success"}', None),
        (Medium.FEISHU, 200, '{"StatusCode":0,"StatusMessage":"success"}', None),
        (Medium.FEISHU, 200, '{"code":19021,"msg":"sign match fail"}', "19021: sign match fail"),
        (Medium.FEISHU, 200, "<html>", "no answer of a robot: <html>"),
        (Medium.WECOM, 200, "[]", "no answer of a robot: []"),
        (Medium.WECOM, 502, "bad gateway", "HTTP 502: bad gateway"),
        (Medium.WEBHOOK, 204, "", None),
        (Medium.WEBHOOK, 302, "", "HTTP 302: "),
    ],
)
def test_an_answer_means(medium: Medium, status: int, body: str, fault: str | None) -> None:
    assert fault_in(medium, status, body) == fault


@pytest.mark.parametrize(
    ("medium", "written", "kept"),
    [
        (Medium.EMAIL, " Lin.Xiaodong+mb@Office.Example ", "Lin.Xiaodong+mb@office.example"),
        (Medium.EMAIL, "lin@office", None),
        (Medium.EMAIL, "a@b.example, c@d.example", None),
        (Medium.EMAIL, "lin@office.example\nBcc: x@y.example", None),
        (Medium.EMAIL, ".lin@office.example", None),
        (Medium.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef", "0123456789abcdef"),
        (Medium.DINGTALK, "https://evil.example/robot/send?access_token=0123456789abcdef", None),
        (Medium.DINGTALK, "https://oapi.dingtalk.com.evil.example/robot/send?access_token=0123456789abcdef", None),
        (Medium.DINGTALK, "0123456789abcdef", "0123456789abcdef"),
        (Medium.WECOM, "https://wecom.inside.example/proxy/cgi-bin/webhook/send?key=aa-bb-cc-dd", "aa-bb-cc-dd"),
        (Medium.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=aa-bb-cc-dd", None),
        (Medium.FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/aa-bb-cc-dd", "aa-bb-cc-dd"),
        (Medium.FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/../../evil", None),
        (Medium.WEBHOOK, "https://hook.example/a?b=c", "https://hook.example/a?b=c"),
        (Medium.WEBHOOK, "ftp://hook.example", None),
    ],
)
def test_an_address_is_kept_as(medium: Medium, written: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(Invalid) as refusal:
            read_address(medium, written, CONFIG)
        assert "to" in refusal.value.facts["fields"]
    else:
        assert read_address(medium, written, CONFIG) == kept


def test_what_opens_a_door_is_not_shown_again() -> None:
    assert shown(Medium.DINGTALK, "0123456789abcdef") == "…cdef"
    assert shown(Medium.WEBHOOK, "https://hook.example/secret?b=c") == "https://hook.example/…"
    assert hash_of(Medium.EMAIL, "Lin@office.example") == hash_of(Medium.EMAIL, "lin@office.example")


def test_media_are_offered_as_the_installation_is_set_up() -> None:
    robots = (Medium.DINGTALK, Medium.WECOM, Medium.FEISHU, Medium.WEBHOOK)
    assert offered(NotifyConfig(), for_unit=True) == robots
    assert offered(NotifyConfig(for_people=("email",)), for_unit=False) == ()
    assert offered(NotifyConfig(dingtalk="", for_people=("webhook",)), for_unit=True) == robots[1:]
