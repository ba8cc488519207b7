"""Reading where somebody wants to be told: an e-mail address, a robot's address or key, a webhook's address. Pure.

A robot is kept as its key alone, so that it is only ever called where the operator's configuration says.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qs, urlsplit

from engine.config import NotifyConfig
from engine.errors import Invalid
from engine.notify.model import Medium

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,190}$)(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
SHOWN = 4

WORDS = {
    Medium.EMAIL: ("请填写一个邮箱地址。", "Write one e-mail address."),
    Medium.WEBHOOK: ("写成 https://主机/路径 的形式。", "Write it as https://host/path."),
}
ROBOT = (
    "请粘贴群机器人的 Webhook 地址，须为本系统登记的平台。",
    "Paste the webhook address of the group robot, of the platform this installation is set up for.",
)


def offered(config: NotifyConfig, *, for_unit: bool) -> tuple[Medium, ...]:
    """The media of this installation that a unit, or a person, may be told on, in the order of the page."""
    there = {
        Medium.EMAIL: bool(config.smtp.host),
        Medium.DINGTALK: bool(config.dingtalk),
        Medium.WECOM: bool(config.wecom),
        Medium.FEISHU: bool(config.feishu),
        Medium.WEBHOOK: True,
    }
    return tuple(medium for medium in Medium if there[medium] and (for_unit or medium.value in config.for_people))


def read_address(medium: Medium, written: str, config: NotifyConfig) -> str:
    """What is kept of an address. Raises Invalid with the field `to`. Whether a webhook may be called is not asked."""
    text = written.strip()
    if medium is Medium.EMAIL:
        name, _, host = text.rpartition("@")
        text = f"{name}@{host.lower()}"
        found = text if _EMAIL.fullmatch(text) and ".." not in text and not name.startswith(".") else None
    elif medium is Medium.WEBHOOK:
        found = text if re.fullmatch(r"https?://[^\s@]{3,480}", text) else None
    else:
        found = _robot(medium, text, config)
    if found is None:
        zh, en = WORDS.get(medium, ROBOT)
        raise Invalid("channel.address", en, fields={"to": {"zh": zh, "en": en}})
    return found


def _robot(medium: Medium, text: str, config: NotifyConfig) -> str | None:
    """The key in a robot's address, or the key itself."""
    if _KEY.fullmatch(text):
        return text
    base = getattr(config, medium.value)
    if not text.startswith(f"{base}/"):
        return None
    parts = urlsplit(text)
    if medium is Medium.FEISHU:
        key = parts.path.rpartition("/hook/")[2]
    else:
        key = parse_qs(parts.query).get({Medium.DINGTALK: "access_token", Medium.WECOM: "key"}[medium], [""])[0]
    return key if _KEY.fullmatch(key) else None


def hash_of(medium: Medium, to: str) -> str:
    plain = to.lower() if medium is Medium.EMAIL else to
    return hashlib.sha256(f"{medium.value}:{plain}".encode()).hexdigest()


def shown(medium: str, to: str) -> str:
    """As much of it as its owner needs to recognise it: a robot's key and the path of a webhook open its door."""
    if medium == Medium.EMAIL:
        return to
    if medium == Medium.WEBHOOK:
        parts = urlsplit(to)
        return f"{parts.scheme}://{parts.netloc}/…"
    return f"…{to[-SHOWN:]}"
