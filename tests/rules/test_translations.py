"""Every sentence of a page exists in Chinese; the English one is the sentence itself."""

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.rules import tree

WEB = tree.ROOT / "engine" / "web"
LOCALES = ("zh_CN",)
METHODS = [("frontend/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]


def test_every_sentence_is_translated() -> None:
    wanted = {message for _, _, message, _, _ in extract_from_dir(WEB, METHODS)}
    found = []
    for locale in LOCALES if wanted else ():
        catalog = _catalog(locale)
        translated = {
            message.id for message in catalog if message.id and _complete(message.string) and not message.fuzzy
        }
        found += [f"{locale}: {message!r}" for message in sorted(map(str, wanted - translated))]
    assert not found, "\n".join(found)


def _complete(sentence: str | tuple[str, ...]) -> bool:
    return bool(sentence) and (isinstance(sentence, str) or all(sentence))


def _catalog(locale: str) -> Catalog:
    path = next(WEB.glob(f"translations/{locale}/LC_MESSAGES/messages.po"), None)
    assert path, f"there is no catalogue engine/web/translations/{locale}/LC_MESSAGES/messages.po"
    with path.open("rb") as source:
        return read_po(source)
