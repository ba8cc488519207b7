"""The manual of a process as a page, as a Word file and as a picture, in both languages, for everybody signed in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
PROCESSES = ("p_case", "p_small", "p_big", "p_joint", "p_supervision", "p_extension", "p_instruction")


def test_everybody_signed_in_reads_who_does_what_until_when(visit: Visit) -> None:
    page = words(visit("grid").get("/processes/p_small/manual"))
    for said in ("承办单位", "负责人、副职", "签收超时", "4 个工作小时", "10 个工作日", "将案件升一级"):
        assert said in page, said
    assert visit(None).get("/processes/p_small/manual").status_code == 302
    assert visit("grid").get("/processes/p_nowhere/manual").status_code == 404


@pytest.mark.parametrize("process", PROCESSES)
def test_each_process_has_a_manual_and_a_picture(visit: Visit, process: str) -> None:
    visitor = visit("designer")
    page = visitor.get(f"/processes/{process}/manual")
    assert page.status_code == 200
    assert "style=" not in page.text
    svg = visitor.get(f"/processes/{process}/picture.svg")
    assert svg.mimetype == "image/svg+xml"
    assert svg.text.startswith("<svg ")


@pytest.mark.parametrize(("language", "said"), [("zh_CN", "签收超时"), ("en", "Sign-in overdue"), ("xx", "签收超时")])
def test_the_word_file_is_in_the_language_asked_for(visit: Visit, language: str, said: str) -> None:
    answer = visit("designer").get(f"/processes/p_small/manual.docx?language={language}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        assert said in parts.read("word/document.xml").decode()
