"""What somebody without a sign-in has at hand: the code of a place, the form there, and the code they are given."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

from PIL import Image
from sqlalchemy import func, select

from engine.cases import Case
from engine.citizen.codes import place_code, place_token
from tests.web.district import SECRET, District
from tests.web.visitor import Visitor

Visit = Callable[[str | None], Visitor]
GRID = "LHQ.MZ.01.01.01"
BUILDING = "LHQ.MZ.01.01.01.01"
CODE = re.compile(r'class="code-shown">(.*?)</p>', re.DOTALL)
KEY = re.compile(r'name="form_key" value="([^"]+)"')
GOOD = {"what": "楼上漏水，天花板发霉。", "where": "302 室", "phone": ""}


def code_at(place: str, generation: int = 0) -> str:
    return place_code(place, place_token(SECRET, place, generation))


def form_at(visitor: Visitor, address: str) -> dict[str, str]:
    """The hidden key of the form that the page shows."""
    answer = visitor.get(address)
    assert answer.status_code == 200
    return {"form_key": html.unescape(KEY.findall(answer.text)[-1])}


def code_of(text: str) -> str:
    return re.sub(r"\s|<[^>]+>", "", CODE.findall(text)[0])


def count(district: District, what: type) -> int:
    with district.store.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def the_case(district: District) -> Case:
    with district.store.reading() as session:
        return session.scalars(select(Case)).one()


def photo() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG")
    out.seek(0)
    return out, "leak.jpg"


def filed(visitor: Visitor) -> str:
    answer = visitor.post(f"/q/{BUILDING}", {**form_at(visitor, f"/q/{BUILDING}"), **GOOD, "phone": "13800138000"})
    return code_of(answer.text)
