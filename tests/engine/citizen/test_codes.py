"""Codes: hard to guess, easy to type, the same again for the same form."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.citizen import codes

CODE = codes.tracking_code("secret", "form-key")


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        codes.in_groups(CODE),
        f"  {' '.join(codes.in_groups(CODE).split('-'))}\n",
        codes.in_groups(CODE).translate({ord(sign): ord(sign) + 0xFEE0 for sign in CODE + "-"}),
        CODE.replace("0", "O").replace("1", "l"),
        CODE.replace("0", "o").replace("1", "I").replace("V", "u"),
    ],
)
def test_however_it_is_typed_it_is_the_same_code(typed: str) -> None:
    assert codes.hash_of(typed) == codes.hash_of(CODE)


@pytest.mark.parametrize("typed", ["", "7K2M", CODE[:-1], CODE + "0", "中" * 16, "!" * 16, CODE[:-1] + "*"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert codes.hash_of(typed) is None


def test_a_form_gives_one_code_and_another_form_or_secret_another() -> None:
    assert codes.tracking_code("secret", "form-key") == CODE
    assert len({CODE, codes.tracking_code("secret", "form-kez"), codes.tracking_code("other", "form-key")}) == 3


@given(st.binary(min_size=1, max_size=20))
def test_writing_keeps_every_bit(data: bytes) -> None:
    written = codes.encode(data)
    assert len(written) == -(-len(data) * 8 // 5)
    number = 0
    for sign in written:
        number = number * 32 + codes.SIGNS.index(sign)
    assert number >> (len(written) * 5 - len(data) * 8) == int.from_bytes(data)
    assert number % (1 << (len(written) * 5 - len(data) * 8)) == 0


def test_a_code_holds_eighty_bits() -> None:
    assert len(codes.encode(b"\xff" * codes.TRACKING_BYTES)) == codes.TRACKING_SIGNS
    assert codes.TRACKING_BYTES * 8 >= 64


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("LHQ.MZ.03.02.05.01-7K2MX", ("LHQ.MZ.03.02.05.01", "7K2MX")),
        (" lhq.mz.03-7k2mx ", ("LHQ.MZ.03", "7K2MX")),
        ("LHQ.MZ.03-7KoIX", ("LHQ.MZ.03", "7K01X")),
        ("LHQ.MZ_ABCDE", ("LHQ.MZ", "ABCDE")),
        ("LHQ.MZ", ("LHQ.MZ", "")),
        ("-7K2MX", ("7K2MX", "")),
        ("../../etc", ("ETC", "")),
        ("", ("", "")),
        ("漏水", ("", "")),
    ],
)
def test_a_place_code_is_read_as_it_was_meant(typed: str, read: tuple[str, str]) -> None:
    assert codes.read_place_code(typed) == read


@given(st.text(alphabet=string.printable + "漏水", max_size=120))
def test_whatever_is_typed_gives_a_path_or_none(typed: str) -> None:
    path, _token = codes.read_place_code(typed)
    assert path == "" or codes.PLACE.fullmatch(path)
    assert len(path) <= 64
