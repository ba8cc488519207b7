"""How people are told of news besides the notices page (`notify` in config.yaml)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from engine.config.frozen import Values


def _sender(written: str) -> str:
    if written and not re.fullmatch(r"[^@\s<>\",;:]+@[A-Za-z0-9.-]+", written):
        raise ValueError("write one e-mail address, without a name")
    return written


def _robots(url: str) -> str:
    if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*[A-Za-z0-9])?", url):
        raise ValueError("write https://host, perhaps with a path, without a slash at the end")
    return url


class SmtpConfig(Values):
    host: str = ""
    """The mail server that takes our mail; empty: no mail leaves."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: Annotated[str, AfterValidator(_sender)] = ""
    """From whom mail comes."""


class NotifyConfig(Values):
    smtp: SmtpConfig = SmtpConfig()
    dingtalk: Annotated[str, AfterValidator(_robots)] = "https://oapi.dingtalk.com"
    wecom: Annotated[str, AfterValidator(_robots)] = "https://qyapi.weixin.qq.com"
    feishu: Annotated[str, AfterValidator(_robots)] = "https://open.feishu.cn"
    """Where group robots are called; empty: not offered."""
    for_people: tuple[Literal["email", "dingtalk", "wecom", "feishu", "webhook"], ...] = (
        "email",
        "dingtalk",
        "wecom",
        "feishu",
        "webhook",
    )
    """The channels somebody may set for themselves; those of a unit are set by its lead."""

    @model_validator(mode="after")
    def _mail_comes_from_somebody(self) -> NotifyConfig:
        if self.smtp.host and not self.smtp.sender:
            raise ValueError("mail needs a sender: set notify.smtp.sender")
        return self
