"""Why an address is not called, and why a call came to nothing; in words for whoever wrote the address down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Invalid, Unavailable

_WORDS: Mapping[str, tuple[str, str]] = {
    "outward.address": ("写成 https://主机/路径 的形式。", "Write it as https://host/path."),
    "outward.scheme": (
        "只能用 https；http 仅限管理员放行的内部地址。",
        "Only https; http is for inside receivers an operator has allowed.",
    ),
    "outward.credentials": ("地址里不能带用户名或密码。", "An address holds no user name and no password."),
    "outward.port": ("端口须为 443，或 1024 以上。", "The port is 443, or 1024 and above."),
    "outward.host": ("主机名写得不规范。", "The host is not written in its plain form."),
    "outward.inside": (
        "该地址在内部网络，管理员尚未放行。",
        "That address lies inside the network, and no operator has allowed it.",
    ),
    "outward.name": ("找不到该主机名。", "There is no such host."),
    "outward.connection": ("对方没有接通。", "Nobody answered there."),
    "outward.time": ("对方没有及时答复。", "It did not answer in time."),
    "outward.tls": ("对方的证书不可信，或不是发给该主机的。", "Its certificate is not trusted, or is another host's."),
    "outward.answer": ("对方的答复不是 HTTP，或中途断开。", "What came back was no HTTP, or broke off."),
}


class Refused(Invalid):
    """The address may not be called; trying again changes nothing. `fields` has the words for a form's field `url`."""


class Unreached(Unavailable):
    """The call came to nothing; a later one may succeed. `ms` says after how long."""


def words_of(code: str) -> Mapping[str, str]:
    """The sentence of a code of this module in both languages (`zh`, `en`); of another the code itself."""
    zh, en = _WORDS.get(code, (code, code))
    return {"zh": zh, "en": en}


def refused(code: str, **facts: Any) -> Refused:
    words = words_of(code)
    return Refused(code, words["en"], fields={"url": words}, **facts)


def unreached(code: str, *, ms: int) -> Unreached:
    return Unreached(code, words_of(code)["en"], ms=ms)
