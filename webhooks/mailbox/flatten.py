"""Plain text of a mail that has only HTML: tags, scripts and styles go, lines and cells stay apart. Pure and linear.

Nothing is fetched and no markup is kept; what looks like a tag and is none stays as text.
"""

from __future__ import annotations

import html
import re

MOST_SIGNS = 500_000
_TAG = re.compile(r"<(?:/?[A-Za-z]|[!?])")
_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9]*)")
SILENT = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "math", "object"})
LINES = frozenset(
    {"p", "div", "br", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr", "pre"}
    | {"section", "article", "header", "footer", "address", "dl", "dt", "dd"}
)
CELLS = frozenset({"td", "th"})


def flatten(markup: str) -> str:
    """The text that a person would read."""
    markup = markup[:MOST_SIGNS]
    found: list[str] = []
    at = 0
    while tag := _TAG.search(markup, at):
        found.append(_words(markup[at : tag.start()]))
        at = _after(markup, tag.start(), found)
    found.append(_words(markup[at:]))
    lines = [" ".join(line.split()) for line in "".join(found).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _after(markup: str, start: int, found: list[str]) -> int:
    """Where reading goes on behind the tag that starts here, and all that belongs to it."""
    if markup.startswith("<!--", start):
        end = markup.find("-->", start + 4)
        return len(markup) if end < 0 else end + 3
    end = markup.find(">", start)
    if end < 0:
        return len(markup)
    name = _NAME.match(markup, start + 1, end)
    tag = name[1].lower() if name else ""
    if tag in SILENT and markup[start + 1] != "/" and markup[end - 1] != "/":
        closing = re.compile(rf"</{tag}", re.IGNORECASE).search(markup, end)
        if closing is None:
            return len(markup)
        end = markup.find(">", closing.end())
        return len(markup) if end < 0 else end + 1
    if tag in LINES:
        found.append("\n")
    elif tag in CELLS:
        found.append(" ")
    return end + 1


def _words(text: str) -> str:
    """Between tags a line break is a space."""
    return re.sub(r"\s+", " ", html.unescape(text)).replace("\xa0", " ")
