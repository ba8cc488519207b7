"""Every sentence of a page exists in Chinese; the English one is the sentence itself."""

import re

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.rules import tree

WEB = tree.ROOT / "engine" / "web"
LOCALES = ("zh_CN",)
METHODS = [("frontend/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]


def test_every_sentence_is_translated() -> None:
    folders = (WEB, tree.ROOT / "webhooks")
    wanted = {message for folder in folders for _, _, message, _, _ in extract_from_dir(folder, METHODS)}
    found = []
    for locale in LOCALES if wanted else ():
        catalog = _catalog(locale)
        translated = {
            message.id for message in catalog if message.id and _complete(message.string) and not message.fuzzy
        }
        found += [f"{locale}: {message!r}" for message in sorted(map(str, wanted - translated))]
    assert not found, "\n".join(found)


NARROW = re.compile(r"(?<=[\u4e00-\u9fff])[,;:!]|[,;:?!(](?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])\)")
"""Punctuation of another script beside a Chinese sign."""


def test_chinese_stands_with_its_own_punctuation() -> None:
    said = [text for message in _catalog("zh_CN") for text in _texts(message.string)]
    for form in sorted((tree.ROOT / "bpmn").rglob("*.form")):
        said += re.findall(r'"(?:label|description|text|placeholder)": "([^"\n]*)"', form.read_text(encoding="utf-8"))
    assert len(said) > 1000
    assert [text for text in said if NARROW.search(text)] == []


def _texts(sentence: str | tuple[str, ...]) -> tuple[str, ...]:
    return (sentence,) if isinstance(sentence, str) else sentence


def _complete(sentence: str | tuple[str, ...]) -> bool:
    return bool(sentence) and (isinstance(sentence, str) or all(sentence))


def _catalog(locale: str) -> Catalog:
    path = next(WEB.glob(f"translations/{locale}/LC_MESSAGES/messages.po"), None)
    assert path, f"there is no catalogue engine/web/translations/{locale}/LC_MESSAGES/messages.po"
    with path.open("rb") as source:
        return read_po(source)
