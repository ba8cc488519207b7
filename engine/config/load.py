"""Reading config.yaml and the environment into `Config`, and telling everything that is wrong with them at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, SecretStr, ValidationError

from engine.config.values import DEFAULT_SECRET, Config
from engine.errors import Invalid
from engine.strict_yaml import Document, YamlPath, read_yaml, show_path

PREFIX = "MAPLEBRIDGE_"
NOT_OURS = ("MAPLEBRIDGE_CONFIG", "MAPLEBRIDGE_TEST_", "MAPLEBRIDGE_CHROMIUM")
"""Names that other parts read: where this file is, and what tests and tools need."""

SHORTEST_SECRET = 32


def _shipped_file() -> Path:
    """In a checkout the file at the top, in a wheel the copy beside the packages' code."""
    engine = Path(__file__).parents[1]
    packaged = engine / "default_config.yaml"
    return packaged if packaged.exists() else engine.parent / "config.yaml"


SHIPPED_FILE = _shipped_file()


def load_config(path: Path | None, env: Mapping[str, str]) -> Config:
    """The values of a file (None: only defaults), overridden by the environment: MAPLEBRIDGE_DATABASE__URL and so on.

    In the environment, texts stand as they are; numbers, true/false and lists are written as in YAML.
    Raises Invalid: `yaml.broken` with the line; `config.unreadable`; or `config.invalid`, whose `problems` lists
    every fault as {path, problem, suggestion}, `suggestion` None where nothing is near. Secrets are never repeated.
    """
    document = _read(path)
    problems = [_problem(show_path(where), f"line {line}: {words}") for line, where, words in document.problems]
    raw = {} if document.value is None else document.value
    if not isinstance(raw, dict):
        problems.append(_problem("", "the file must consist of keys and their values"))
        raw = {}
    sources: dict[YamlPath, str] = {}
    problems += _override(raw, env, sources)
    config = None
    try:
        config = Config.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        problems += _told(error, raw, document, sources)
    if problems or config is None:
        name = path.name if path else "the environment"
        raise Invalid(
            "config.invalid",
            f"The configuration ({name}) cannot be used:\n" + "\n".join(f"- {_sentence(each)}" for each in problems),
            problems=problems,
        )
    return _with_folder_beside(config, path)


def refuse_unsafe(config: Config) -> None:
    """Raises Invalid (`config.unsafe`) outside demo mode for a secret that is the shipped one, short or monotonous."""
    secret = config.server.secret_key.get_secret_value()
    if config.demo:
        return
    if secret == DEFAULT_SECRET:
        fault = "is still the one that ships with the product"
    elif len(secret) < SHORTEST_SECRET:
        fault = f"is shorter than {SHORTEST_SECRET} characters"
    elif len(set(secret)) < 10:
        fault = "repeats a few characters only"
    else:
        return
    raise Invalid(
        "config.unsafe",
        f"server.secret_key {fault}: sign-in cookies could be forged. Set {PREFIX}SERVER__SECRET_KEY to what "
        "`python -c 'import secrets; print(secrets.token_urlsafe(48))'` prints.",
        path="server.secret_key",
    )


def _read(path: Path | None) -> Document:
    if path is None:
        return Document(None)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid("config.unreadable", f"{path} cannot be read: {error.strerror}.", path=str(path)) from error
    except UnicodeDecodeError as error:
        raise Invalid("config.unreadable", f"{path} is not UTF-8 text.", path=str(path)) from error
    return read_yaml(text, path.name)


def _override(raw: dict[str, Any], env: Mapping[str, str], sources: dict[YamlPath, str]) -> Iterator[dict[str, Any]]:
    """Puts the environment's values into `raw`, notes in `sources` who said what, and gives the names it cannot use."""
    known = {PREFIX + "__".join(path).upper(): path for path in _known_paths(Config)}
    for name in sorted(env):
        if not name.startswith(PREFIX) or name.startswith(NOT_OURS):
            continue
        path = known.get(name)
        if path is None:
            near = get_close_matches(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known], 1, 0.6)
            yield _problem(name, "unknown name in the environment", PREFIX + near[0] if near else None)
            continue
        inner = raw
        for part in path[:-1]:
            if not isinstance(inner.get(part), dict):
                inner[part] = {}
            inner = inner[part]
        inner[path[-1]] = _value(env[name], path)
        sources[path] = name


def _value(text: str, path: tuple[str, ...]) -> Any:
    if _takes_text(_annotation(path)):
        return text
    try:
        return read_yaml(text, "environment").value
    except Invalid:
        return text


def _told(
    error: ValidationError, raw: dict[str, Any], document: Document, sources: dict[YamlPath, str]
) -> Iterator[dict[str, Any]]:
    known = [".".join(path) for path in _known_paths(Config, with_sections=True)]
    for fault in error.errors(include_url=False, include_input=False):
        where: YamlPath = fault["loc"]
        if fault["type"] == "extra_forbidden":
            for path in _leaves(where, raw):
                yield _problem(show_path(path), f"unknown key{_place(path, document, sources)}", _near_key(path, known))
            continue
        given = _at(raw, where)
        words = _words(dict(fault), given, secret=where[-1:] in (("secret_key",), ("url",)))
        yield _problem(
            show_path(where), words + _place(where, document, sources), _near_value(dict(fault), where, given)
        )


def _words(fault: dict[str, Any], given: Any, *, secret: bool) -> str:
    shown = "" if secret else f", not {json.dumps(given, ensure_ascii=False, default=str)}"
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return "the key is missing"
        case "int_type" | "int_from_float" | "int_parsing":
            return f"a whole number is needed{shown}"
        case "float_type" | "float_parsing":
            return f"a number is needed{shown}"
        case "bool_type" | "bool_parsing":
            return f"true or false is needed{shown}"
        case "string_type" | "path_type":
            return f"text is needed{shown}"
        case "tuple_type":
            return f"a list is needed{shown}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"keys and values are needed{shown}"
        case "literal_error":
            return f"write {context['expected']}{shown}"
        case "string_pattern_mismatch":
            return f"{json.dumps(given, ensure_ascii=False)} does not have the form {context['pattern']}"
        case "value_error":
            return f"{context['error']}{shown if isinstance(given, str) else ''}"
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            bound = next(iter(context.items()))
            signs = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
            return f"it must be {signs[bound[0]]} {bound[1]:g}{shown}"
        case _:
            return str(fault["msg"])


def _near_key(path: YamlPath, known: list[str]) -> str | None:
    shown = ".".join(str(part) for part in path if isinstance(part, str))
    near = get_close_matches(shown, known, 1, 0.75)
    if near:
        return near[0]
    elsewhere = [each for each in known if each.split(".")[-1] == path[-1]]
    return elsewhere[0] if len(elsewhere) == 1 else None


def _near_value(fault: dict[str, Any], path: YamlPath, given: Any) -> str | None:
    if not isinstance(given, str):
        return None
    if path == ("timezone",):
        choices = sorted(available_timezones())
    elif fault["type"] == "literal_error":
        choices = [each.strip("'") for each in fault["ctx"]["expected"].replace(" or ", ", ").split(", ")]
    else:
        return None
    same = {each.lower(): each for each in choices}
    near = get_close_matches(given.lower(), same, 1, 0.6)
    return same[near[0]] if near else None


def _known_paths(model: type[BaseModel], *, with_sections: bool = False) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            if with_sections:
                yield (name,)
            for rest in _known_paths(inner, with_sections=with_sections):
                yield (name, *rest)
        else:
            yield (name,)
            if with_sections and name == "tiers":
                yield from (("tiers", each) for each in ("id", "name_zh", "name_en"))


def _annotation(path: tuple[str, ...]) -> Any:
    model: Any = Config
    for part in path:
        model = model.model_fields[part].annotation
    return model


def _takes_text(annotation: Any) -> bool:
    """Whether a value of the environment is taken letter by letter: `true` is a possible secret."""
    choices = get_args(annotation)
    return annotation in (str, SecretStr) or (bool(choices) and all(isinstance(each, str) for each in choices))


def _leaves(path: YamlPath, raw: Any) -> Iterator[YamlPath]:
    value = _at(raw, path)
    if isinstance(value, dict) and value:
        for key in value:
            yield from _leaves((*path, key), raw)
    else:
        yield path


def _at(raw: Any, path: YamlPath) -> Any:
    for part in path:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def _place(path: YamlPath, document: Document, sources: dict[YamlPath, str]) -> str:
    for end in range(len(path), 0, -1):
        if path[:end] in sources:
            return f" ({sources[path[:end]]})"
    line = document.line(path)
    return f" (line {line})" if line else ""


def _problem(path: str, problem: str, suggestion: str | None = None) -> dict[str, Any]:
    return {"path": path, "problem": problem, "suggestion": suggestion}


def _sentence(problem: dict[str, Any]) -> str:
    where = f"{problem['path']}: " if problem["path"] else ""
    hint = f", did you mean {problem['suggestion']}?" if problem["suggestion"] else ""
    return f"{where}{problem['problem']}{hint}"


def _with_folder_beside(config: Config, path: Path | None) -> Config:
    """Year tables are named relative to the file that names them, wherever the command is started."""
    folder = config.calendar.year_tables
    if folder is None or path is None:
        return config
    calendar = config.calendar.model_copy(update={"year_tables": path.parent / folder})
    return config.model_copy(update={"calendar": calendar})
