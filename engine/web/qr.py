"""Drawing a QR code into a page, and the address it leads to."""

from __future__ import annotations

import segno
from flask import request

from engine.web.context import world


def public_base() -> str:
    """Where citizens find the pages without sign-in, without a slash at the end."""
    return world().config.server.public_url or request.url_root.rstrip("/")


def picture(text: str) -> str:
    """An address of its own (`data:`) for an `img`, dark on white whatever the page's colours."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=4, dark="#000", light="#fff"))
