"""Numbers without a gap under many at once, letters a diagram calls for, PDF files by a program that may misbehave."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from engine import letters
from engine.config import LettersConfig, load_config
from engine.deploy import check_release, read_folder
from engine.errors import Invalid, NotFound, Unavailable
from engine.letters.numbers import next_number, number_words
from engine.runtime import letter_calls
from engine.store import Store
from engine.territory import Unit

BPMN = Path(__file__).parents[3] / "bpmn"


def test_many_at_once_leave_no_gap_and_take_no_number_twice(each_store: Store) -> None:
    """Some take their number back: whoever comes next has it."""
    with each_store.transaction() as session:
        session.add(Unit(id="LHQ", parent_id=None, tier="district", seq=0, name_zh="龙华区", name_en="Longhua"))
    given: list[int] = []
    failures: list[BaseException] = []

    def issue(number: int) -> None:
        try:
            for turn in range(6):
                try:
                    with each_store.transaction() as session:
                        mine = next_number(session, "opinion", "LHQ", 2026)
                        if (number + turn) % 4 == 0:
                            raise ZeroDivisionError
                    given.append(mine)
                except ZeroDivisionError:
                    pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=issue, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(given) == list(range(1, len(given) + 1))
    with each_store.transaction() as session:
        assert next_number(session, "opinion", "LHQ", 2026) == len(given) + 1
        assert next_number(session, "opinion", "LHQ", 2027) == 1
        assert next_number(session, "acceptance", "LHQ", 2026) == 1


def test_a_number_reads_as_the_configuration_says() -> None:
    assert number_words(LettersConfig().number, "acceptance", "民治街道", 2026, 12) == "民治街道受字〔2026〕第12号"
    assert number_words("{word}-{year}-{number}", "opinion", "{unit}", 2026, 3) == "意见-2026-3"


@pytest.mark.parametrize(
    "pattern", ["第{number}号", "{word}{year}{number}{unit.__class__}", "{word!r}{year}{number}", "{"]
)
def test_a_pattern_that_could_not_be_unique_or_says_more_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid, match=r"letters\.number"):
        load_config(None, {"MAPLEBRIDGE_LETTERS__NUMBER": pattern})


@pytest.mark.parametrize(
    ("written", "answers", "due"),
    [
        ("registration", {}, ["registration"]),
        ('forwarding if routing == "forward"; registration', {"routing": "assign"}, ["registration"]),
        ('forwarding if routing == "forward"; registration;', {"routing": "forward"}, ["forwarding", "registration"]),
        ("", {}, []),
    ],
)
def test_a_step_calls_for_letters_by_its_answers(written: str, answers: dict[str, str], due: list[str]) -> None:
    assert [call.kind for call in letter_calls(written) if call.is_due(answers)] == due


@pytest.mark.parametrize("written", ["two words", "opinion if", "opinion if __import__('os')", "opinion if a.b"])
def test_a_call_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        list(letter_calls(written))


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('value="refusal"', 'value="love_letter"', "vocabulary.letter"),
        ('value="refusal"', 'value="refusal if"', "letter.call"),
        ('value="refusal"', 'value="refusal if mood == 1"', "task.letter_condition"),
        ('name="delivers" value="opinion"', 'name="delivers" value="opinions"', "vocabulary.letter"),
        ('name="letter" value="refusal"', 'name="delivers" value="refusal"', "task.delivery"),
    ],
)
def test_the_check_reads_what_a_diagram_says_of_letters(before: str, after: str, code: str) -> None:
    files = {
        path: data for path, data in read_folder(BPMN).items() if path.startswith(("petition/", "forms/", "petition."))
    }
    diagram = files["petition/petition.bpmn"].decode()
    assert before in diagram
    files["petition/petition.bpmn"] = diagram.replace(before, after).encode()
    assert code in {finding.code for finding in check_release(files)}


# --- PDF


def program(folder: Path, script: str, seconds: float = 20) -> LettersConfig:
    """A program in the place of LibreOffice. Its last argument is the Word file."""
    file = folder / "soffice"
    file.write_text(f'#!/bin/sh\nfor last; do :; done\nfolder=$(dirname "$last")\n{script}\n')
    file.chmod(0o755)
    return LettersConfig.model_construct(converter=str(file), converter_seconds=seconds)


def test_a_letter_becomes_a_pdf(tmp_path: Path) -> None:
    copied = '(printf "%%PDF-1.7 "; cat "$last") > "$folder/letter.pdf"'
    assert letters.pdf_of(program(tmp_path, copied), b"the letter") == b"%PDF-1.7 the letter"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("sleep 60 & wait", "letter.slow"),
        ("exit 1", "letter.not_converted"),
        ('echo nonsense > "$folder/letter.pdf"', "letter.not_converted"),
        ('test -z "$MAPLEBRIDGE_PROBE" || printf "%%PDF-" > "$folder/letter.pdf"', "letter.not_converted"),
    ],
)
def test_a_program_that_misbehaves_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: str
) -> None:
    """It is given none of our environment, and what it started ends with it."""
    monkeypatch.setenv("MAPLEBRIDGE_PROBE", "secret")
    started = time.monotonic()
    with pytest.raises(Unavailable) as refusal:
        letters.pdf_of(program(tmp_path, script, seconds=0.1 if code == "letter.slow" else 20), b"x")
    assert refusal.value.code == code
    assert time.monotonic() - started < 20


def test_without_the_program_it_is_said() -> None:
    nowhere = LettersConfig(converter="there-is-no-such-program")
    assert letters.converter(nowhere) is None
    assert letters.converter(LettersConfig(converter="")) is None
    with pytest.raises(NotFound, match="LibreOffice"):
        letters.pdf_of(nowhere, b"x")
