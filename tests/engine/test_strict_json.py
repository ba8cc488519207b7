"""What others send is read in one way at every door; the doors have tests of their own for how they say it."""

from __future__ import annotations

import pytest

from engine.errors import Invalid
from engine.strict_json import DEEPEST, MOST_VALUES, must_be_harmless, read_json

UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{title: 5}",
    "cut off": b'{"a": 1',
    "a list": b"[]",
    "a text": b'"{}"',
    "null": b"null",
    "two": b"{} {}",
    "not UTF-8": '{"a": "è"}'.encode("latin-1"),
    "UTF-16": '{"a": "x"}'.encode("utf-16"),
    "a mark of the byte order": b"\xef\xbb\xbf{}",
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice within": b'{"b": [{"a": 1, "a": 2}]}',
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "too large a number": b'{"a": 1e999}',
    "a number of 5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "a zero character": b'{"a": "\\u0000"}',
    "a zero character in a key": b'{"\\u0000": 1}',
    "half a character": b'{"a": ["\\ud800"]}',
    "half a character in a key": b'{"a": {"\\udfff": 1}}',
}
TOO_DEEP = {
    "objects": b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
    "lists": b'{"a":' + b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1) + b"}",
    "never closed": b"[" * 100_000,
    "very deep": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
TOO_MANY = {
    "in a list": b'{"a": [' + b"1," * MOST_VALUES + b"1]}",
    "in objects": b'{"a": [' + b'{"b": 1},' * 999 + b'{"b": {}, "c": 1}]}',
}
REFUSED = [
    pytest.param(sent, code, id=f"{code}: {name}")
    for code, table in (
        ("body.unreadable", UNREADABLE),
        ("body.too_deep", TOO_DEEP),
        ("body.too_many_values", TOO_MANY),
    )
    for name, sent in table.items()
]


@pytest.mark.parametrize(("sent", "code"), REFUSED)
def test_what_would_hurt_is_refused(sent: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_json(sent)
    assert refused.value.code == code


def test_what_is_just_within_the_bounds_is_read() -> None:
    assert read_json(b'{"a": [1, 2.5, true, null, "\xe6\xbc\x8f\xf0\xa0\xae\xb7"]}') == {
        "a": [1, 2.5, True, None, "漏𠮷"]
    }
    assert read_json('{"a": "\\ud842\\udfb7"}') == {"a": "𠮷"}
    deepest = b'{"a":' * (DEEPEST - 1) + b"1" + b"}" * (DEEPEST - 1)
    assert read_json(deepest)["a"]
    must_be_harmless({"a": [1] * (MOST_VALUES - 1)})
    must_be_harmless({"a": [1] * MOST_VALUES}, most=MOST_VALUES + 1)
