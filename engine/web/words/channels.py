"""The words of notices and of the channels they are told on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.web.language import later as _

NOTICE_KINDS: Mapping[str, Any] = {
    "urgent": _("Emergencies and urgent matters"),
    "asked": _("Decisions, opinions and tasks that are asked for"),
    "new": _("New cases"),
    "moved": _("Rises, returns, new gradings"),
    "clock": _("Time is running out"),
    "overdue": _("Time limits passed"),
    "decided": _("Decisions on more time"),
    "closed": _("Closed cases"),
    "news": _("Other news"),
    "mention": _("Mentions"),
    "supervision": _("Supervision"),
}

MEDIA: Mapping[str, Any] = {
    "email": _("E-mail"),
    "dingtalk": _("DingTalk group"),
    "wecom": _("WeCom group"),
    "feishu": _("Feishu group"),
    "webhook": _("Webhook"),
}

RHYTHMS: Mapping[str, Any] = {
    "at_once": _("At once"),
    "hourly": _("Once an hour"),
    "daily": _("Once a day"),
}

CHANNEL_TABLES: Mapping[str, Mapping[Any, Any]] = {
    "medium": MEDIA,
    "notice_kind": NOTICE_KINDS,
    "rhythm": RHYTHMS,
}
