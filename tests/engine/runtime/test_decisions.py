"""Decision tables: what cells mean, what each hit policy gives, and what is refused."""

# ruff: noqa: E501 - a case of a table reads best on one line
from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid, NotFound
from engine.runtime.check import check
from engine.runtime.decisions import Decisions, load_decisions
from engine.runtime.decisions.cells import matches, read_cell
from engine.vocabulary import WORDS

DMN_1_3 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
NAMESPACES = (
    DMN_1_3,
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
)

Row = tuple[Sequence[str], Sequence[str]] | tuple[Sequence[str], Sequence[str], str]


def decision(
    rows: Sequence[Row],
    *,
    name: str = "d",
    inputs: Sequence[str] = ("x:number",),
    outputs: Sequence[str] = ("y:number",),
    policy: str = "UNIQUE",
    aggregation: str = "",
    requires: Sequence[str] = (),
    default: str = "",
) -> str:
    """One decision as XML; `x:number` is an expression and its type, a row is input cells, output cells, annotation."""
    said = [f'<decision id="{name}" name="{name}">']
    said += [f'<informationRequirement><requiredDecision href="#{r}"/></informationRequirement>' for r in requires]
    said.append(f'<decisionTable hitPolicy="{policy}" {f"""aggregation="{aggregation}" """ if aggregation else ""}>')
    for one in inputs:
        text, _, kind = one.partition(":")
        said.append(
            f'<input label="{text}"><inputExpression typeRef="{kind}"><text>{escape(text)}</text></inputExpression></input>'
        )
    for one in outputs:
        text, _, kind = one.partition(":")
        entry = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
        said.append(f'<output name="{text}" typeRef="{kind}">{entry}</output>')
    for number, (cells, results, *note) in enumerate(rows, 1):
        said.append(f'<rule id="{name}_r{number}"><description>{"".join(note)}</description>')
        said += [f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells]
        said += [f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in results]
        said.append("</rule>")
    return "".join([*said, "</decisionTable></decision>"])


def file(*decisions: str, space: str = DMN_1_3) -> dict[str, bytes]:
    return {"t.dmn": f'<definitions xmlns="{space}" id="t">{"".join(decisions)}</definitions>'.encode()}


def load(*rows: Row, **options: Any) -> Decisions:
    return load_decisions(file(decision(rows, **options)))


def codes(*decisions: str) -> set[tuple[str, str]]:
    return {(one.code, one.severity[0]) for one in check(file(*decisions), WORDS)}


CELLS: list[tuple[str, list[Any], list[Any]]] = [
    # cell, what matches, what does not
    ("-", [1, "a", True, None], []),
    ("", [1, "a", None], []),
    ("5", [5, 5.0], [4, "5", None]),
    ("-5", [-5], [5]),
    ("1.5", [1.5], [1, 2]),
    ('"a"', ["a"], ["A", "b", 1, None]),
    ('"a \\"b\\""', ['a "b"'], ["a b"]),
    ('"楼栋","网格"', ["楼栋", "网格"], ["片区"]),
    ("1, 3 ,5", [1, 3, 5], [2]),
    ("true", [True], [False, 1, "true"]),
    ("false", [False], [True, 0, None]),
    ("1", [1], [True]),
    ("null", [None], [0, "", False]),
    ("not(null)", [0, "a"], [None]),
    ("< 5", [4, 4.9, -1], [5, 6, "4", None, True]),
    ("<=5", [5], [5.1]),
    ("> 5", [6], [5]),
    (">= 5", [5], [4]),
    ("= 5", [5], [4]),
    ("!= 5", [4, "5"], [5]),
    ("[5..29]", [5, 29, 7.5], [4, 30, "7", None]),
    ("(5..29)", [6, 28], [5, 29]),
    ("]5..29[", [6, 28], [5, 29]),
    ("[5..29[", [5], [29]),
    ("(5..29]", [29], [5]),
    ("[-5..-1]", [-5, -1], [0]),
    ("[1.5..2.5]", [1.5, 2], [1]),
    ("<1, [5..6], >=10", [0, 5, 10], [3, 8]),
    ('not("a","b")', ["c", None], ["a", "b"]),
    ("not([5..29])", [4, 30], [5]),
    ("not(< 5)", [5], [4]),
]


@pytest.mark.parametrize(("cell", "inside", "outside"), CELLS, ids=[cell for cell, _, _ in CELLS])
def test_a_cell_matches_what_feel_says(cell: str, inside: list[Any], outside: list[Any]) -> None:
    test = read_cell(cell)
    assert [value for value in inside if not matches(test, value)] == []
    assert [value for value in outside if matches(test, value)] == []


BAD_CELLS = [
    ("big", "decision.cell"),
    ("5..29", "decision.cell"),
    ("[29..5]", "decision.cell"),
    ("[5..]", "decision.cell"),
    ("[5,6]", "decision.cell"),
    ('"a', "decision.cell"),
    ("'a'", "decision.cell"),
    ("“a”", "decision.cell"),
    ("5 6", "decision.cell"),
    ("5,", "decision.cell"),
    ("not(5", "decision.cell"),
    ("not not(5)", "decision.feel"),
    ('< "a"', "decision.cell"),
    ("1e400", "decision.cell"),
    ("9" * 30, "decision.cell"),
    ("x" * 3_000, "decision.cell"),
    ("__import__('os')", "decision.feel"),
    ('date("2026-01-01")', "decision.feel"),
    ("? > 5", "decision.feel"),
    ("if x then y", "decision.feel"),
    ("some x in y satisfies z", "decision.feel"),
]


@pytest.mark.parametrize(("cell", "code"), BAD_CELLS)
def test_a_cell_that_is_not_executed_is_refused_with_rule_and_column(cell: str, code: str) -> None:
    told = check(file(decision([(["1"], ["1"]), ([cell], ["1"])])), WORDS)
    assert [(one.code, one.element) for one in told if one.severity == "error"] == [(code, "d")]
    assert 'Rule 2, column "x"' in told[0].message
    with pytest.raises(Invalid) as refused:
        load((["1"], ["1"]), ([cell], ["1"]))
    assert refused.value.code == "decision.refused"


@given(st.text(max_size=40))
def test_no_text_in_a_cell_breaks_the_reader(text: str) -> None:
    try:
        matches(read_cell(text), 5)
    except Invalid as refused:
        told = refused.code
    else:
        told = ""
    assert told in ("", "decision.cell", "decision.feel")


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-60, 60), st.booleans(), st.booleans())
def test_a_range_is_its_two_comparisons(low: int, high: int, value: int, left: bool, right: bool) -> None:
    low, high = sorted((low, high))
    test = read_cell(f"{'[' if left else ']'}{low}..{high}{']' if right else '['}")
    expected = (low <= value if left else low < value) and (value <= high if right else value < high)
    assert matches(test, value) is expected
    assert matches(read_cell(f"not([{low}..{high}])"), value) is not (low <= value <= high)


@pytest.mark.parametrize("space", NAMESPACES)
def test_every_version_of_dmn_in_use_is_read(space: str) -> None:
    decisions = load_decisions(file(decision([(["1"], ["2"])]), space=space))
    assert decisions.decide("d", {"x": 1}).values == ({"y": 2},)
    assert decisions.ids() == ("d",)
    assert "d" in decisions


def test_unique_gives_the_one_rule_with_its_name_and_words() -> None:
    decisions = load((["< 5"], ["1"], "R1_small: few / 少"), ([">= 5"], ["x * 2"], "just words"))
    (hit,) = decisions.decide("d", {"x": 3}).hits
    assert (hit.rule_id, hit.annotation, hit.outputs) == ("R1_small", "few / 少", {"y": 1})
    (hit,) = decisions.decide("d", {"x": 5}).hits
    assert (hit.rule_id, hit.annotation, hit.outputs) == ("d_r2", "just words", {"y": 10})


def test_each_hit_policy_gives_what_dmn_says() -> None:
    rows: list[Row] = [(["<= 5"], ["3"]), ([">= 5"], ["7"]), (["5"], ["7"])]
    data = {"x": 5}
    assert load(*rows, policy="FIRST").decide("d", data).values == ({"y": 3},)
    assert load(*rows, policy="COLLECT").decide("d", data).values == ({"y": 3}, {"y": 7}, {"y": 7})
    assert load(*rows, policy="RULE ORDER").decide("d", data).values == ({"y": 3}, {"y": 7}, {"y": 7})
    for aggregation, expected in (("SUM", 17), ("MIN", 3), ("MAX", 7), ("COUNT", 3)):
        outcome = load(*rows, policy="COLLECT", aggregation=aggregation).decide("d", data)
        assert outcome.values == ({"y": expected},)
        assert len(outcome.hits) == 3
    assert load(*rows[1:], policy="ANY").decide("d", data).values == ({"y": 7},)
    for policy, code in (("UNIQUE", "decision.overlap"), ("ANY", "decision.conflict")):
        with pytest.raises(Invalid) as refused:
            load(*rows, policy=policy).decide("d", data)
        assert refused.value.code == code
        assert refused.value.facts["rules"] == ["d_r1", "d_r2", "d_r3"]


def test_a_table_without_an_answer_says_so_or_takes_its_default() -> None:
    row: Row = (["1"], ["1"])
    for policy in ("UNIQUE", "FIRST", "ANY"):
        with pytest.raises(Invalid, match="no rule matches x = 2") as refused:
            load(row, policy=policy).decide("d", {"x": 2})
        assert refused.value.code == "decision.no_match"
        outcome = load(row, policy=policy, default="9").decide("d", {"x": 2})
        assert (outcome.values, outcome.hits) == (({"y": 9},), ())
    assert load(row, policy="COLLECT").decide("d", {"x": 2}).values == ()
    assert load(row, policy="COLLECT", aggregation="COUNT").decide("d", {"x": 2}).values == ({"y": 0},)
    with pytest.raises(Invalid):
        load(row, policy="COLLECT", aggregation="MAX").decide("d", {"x": 2})


def test_missing_variables_and_wrong_types_are_named() -> None:
    decisions = load((["1", "-"], ["1"]), (["2", "-"], ["z"]), inputs=("x:integer", "unused:string"))
    assert decisions.decide("d", {"x": 1}).values == ({"y": 1},)
    for data, code, word in (
        ({}, "decision.missing", '"x"'),
        ({"x": "1"}, "decision.type", "integer"),
        ({"x": True}, "decision.type", "integer"),
        ({"x": 1.5}, "decision.type", "integer"),
        ({"x": 2}, "decision.result", '"z"'),
        ({"x": 2, "z": "text"}, "decision.type", "number"),
    ):
        with pytest.raises(Invalid, match=word) as refused:
            decisions.decide("d", data)
        assert refused.value.code == code
        assert refused.value.facts["decision"] == "d"
    assert decisions.decide("d", {"x": 1.0}).values == ({"y": 1},)
    assert load((["null"], ["1"]), (["not(null)"], ["2"])).decide("d", {}).values == ({"y": 1},)
    with pytest.raises(NotFound):
        decisions.decide("nowhere", {})


def test_columns_and_results_may_be_expressions() -> None:
    decisions = load((["> 3"], ["max(a, b)"]), (["-"], ["0"]), inputs=("a + b:number",), policy="FIRST")
    assert decisions.decide("d", {"a": 2, "b": 2}).values == ({"y": 2},)
    assert decisions.decide("d", {"a": 1, "b": 1}).values == ({"y": 0},)


def test_required_decisions_are_decided_first_unless_the_data_already_know() -> None:
    decisions = load_decisions(
        file(
            decision([(["-"], ["severity * 10"])], name="c", inputs=("size:string",), requires=("b", "a")),
            decision([([">= 3"], ['"big"']), (["< 3"], ['"small"'])], name="b", inputs=("severity:number",), outputs=("size:string",), requires=("a",)),
            decision([(["-"], ["1"]), (["> 5"], ["3"])], name="a", outputs=("severity:number",), policy="COLLECT", aggregation="MAX"),
        )
    )  # fmt: skip
    assert decisions.decide("b", {"x": 6}).values == ({"size": "big"},)
    assert decisions.decide("c", {"x": 1}).values == ({"y": 10},)
    assert decisions.decide("b", {"x": 1, "severity": 4}).values == ({"size": "big"},)


def test_a_long_chain_of_requirements_is_decided() -> None:
    chain = [
        decision([(["-"], [f"v{n - 1} + 1" if n else "0"])], name=f"d{n}", inputs=("'-':string",), outputs=(f"v{n}:number",), requires=[f"d{n - 1}"] if n else [])
        for n in range(150)
    ]  # fmt: skip
    assert load_decisions(file(*chain)).decide("d149", {}).values == ({"v149": 149},)


def test_a_business_rule_task_gets_variables() -> None:
    one = load((["-"], ["1"]), outputs=("y:number",))
    assert one.for_task("d", None, None, {"x": 1}) == {"y": 1}
    assert one.for_task("d", "r", "singleEntry", {"x": 1}) == {"r": 1}
    assert one.for_task("d", "r", "collectEntries", {"x": 1}) == {"r": [1]}
    two = load((["-"], ["1", "2"]), outputs=("y:number", "z:number"))
    assert two.for_task("d", None, None, {"x": 1}) == {"y": 1, "z": 2}
    with pytest.raises(Invalid, match="2 outputs"):
        two.for_task("d", "r", None, {"x": 1})
    many = load((["-"], ["1"]), (["> 5"], ["2"]), policy="COLLECT")
    assert many.for_task("d", "r", None, {"x": 6}) == {"r": [1, 2]}
    with pytest.raises(Invalid, match="2 results"):
        many.for_task("d", "r", "singleEntry", {"x": 6})
    top = load((["-"], ["1"]), (["> 5"], ["2"]), policy="COLLECT", aggregation="MAX")
    assert top.for_task("d", "r", None, {"x": 6}) == {"r": 2}


@pytest.mark.parametrize(
    ("code", "severity", "said"),
    [
        ("decision.overlap", "e", decision([(["<= 5"], ["1"]), ([">= 5"], ["2"])])),
        ("decision.gap", "w", decision([(["< 5"], ["1"]), (["> 5"], ["2"])])),
        ("decision.gap", "w", decision([(['"a"'], ["1"]), (['"b"'], ["2"])], inputs=("x:string",))),
        ("decision.gap", "w", decision([(["true"], ["1"])], inputs=("x:boolean",))),
        ("decision.gap", "w", decision([(["< 5", "true"], ["1"]), ([">= 5", "-"], ["1"])], inputs=("x:number", "b:boolean"))),
        ("decision.rule_unreachable", "w", decision([(["-"], ["1"]), (["5"], ["2"])], policy="FIRST")),
        ("decision.rule_unreachable", "w", decision([(["< 5"], ["1"]), ([">= 5"], ["2"]), (["7"], ["3"])], policy="FIRST")),
        ("decision.rule_dead", "w", decision([(["(5..6)"], ["1"]), (["-"], ["1"])], inputs=("x:integer",), policy="FIRST")),
        ("decision.cell_type", "e", decision([(['"a"'], ["1"])])),
        ("decision.cell_type", "e", decision([(["1"], ['"a"'])])),
        ("decision.policy", "e", decision([(["1"], ["1"])], policy="PRIORITY")),
        ("decision.policy", "e", decision([(["1"], ["1"])], policy="OUTPUT ORDER")),
        ("decision.aggregation", "e", decision([(["1"], ["1"])], aggregation="SUM")),
        ("decision.aggregation", "e", decision([(["1"], ["1", "2"])], policy="COLLECT", aggregation="SUM", outputs=("y:number", "z:number"))),
        ("decision.outputs", "e", decision([(["1"], ["1", "2"])], outputs=("y:number", "y:number"))),
        ("decision.output_name", "e", decision([(["1"], ["1"])], outputs=("to do:number",))),
        ("decision.type", "e", decision([(["1"], ["1"])], inputs=("x:date",))),
        ("decision.expression", "e", decision([(["1"], ["1"])], inputs=("x. y:number",))),
        ("decision.expression", "e", decision([(["1"], ["__import__('os')"])])),
        ("decision.expression", "e", decision([(["1"], ["().__class__"])])),
        ("decision.no_rules", "e", decision([])),
        ("decision.rule_cells", "e", decision([(["1", "2"], ["1"])])),
        ("decision.requires", "e", decision([(["1"], ["1"])], requires=("gone",))),
        ("decision.circle", "e", decision([(["1"], ["1"])], requires=("d",))),
        ("decision.twice", "e", decision([(["1"], ["1"])]) * 2),
        ("decision.none", "e", ""),
        ("decision.unsupported", "e", decision([(["-"], ["1"])]) + "<businessKnowledgeModel id='k'/>"),
        ("decision.language", "e", decision([(["-"], ["1"])]).replace("<inputExpression", '<inputExpression expressionLanguage="javascript"')),
    ],
)  # fmt: skip
def test_the_check_finds_what_is_wrong_with_a_table(code: str, severity: str, said: str) -> None:
    assert (code, severity) in codes(said)


@pytest.mark.parametrize(
    "said",
    [
        decision([(["< 5"], ["1"]), ([">= 5"], ["2"])]),
        decision([(["[0..4]"], ["1"]), (["[5..9]"], ["2"]), (["not([0..9])"], ["3"])], inputs=("x:integer",)),
        decision([(["true", "-"], ["1"]), (["false", "< 5"], ["2"]), (["false", ">= 5"], ["3"])], inputs=("b:boolean", "x:number")),
        decision([(['"a"'], ["1"]), (["-"], ["2"])], inputs=("x:string",), policy="FIRST"),
        decision([(["1"], ["1"])], default="0"),
        decision([(["1"], ["1"]), (["1"], ["1"])], policy="COLLECT"),
    ],
)  # fmt: skip
def test_nothing_is_said_about_a_sound_table(said: str) -> None:
    assert codes(said) == set()


CELL = st.sampled_from(["-", "1", "2", "< 2", ">= 2", "[1..2]", "not(2)", "3", "> 3"])


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4))
def test_overlaps_and_gaps_are_what_trying_every_value_finds(rows: list[tuple[str, str]]) -> None:
    said = decision([([a, b], ["1"]) for a, b in rows], inputs=("x:integer", "z:integer"))
    found = {code for code, _ in codes(said)}
    tests = [(read_cell(a), read_cell(b)) for a, b in rows]
    hits = [sum(matches(a, x) and matches(b, z) for a, b in tests) for x in range(-1, 6) for z in range(-1, 6)]
    assert ("decision.overlap" in found) is any(count > 1 for count in hits)
    assert ("decision.gap" in found) is any(count == 0 for count in hits)


def test_a_table_too_large_to_look_through_is_left_alone_quickly() -> None:
    inputs = [f"x{n}:integer" for n in range(12)]
    rows: list[Row] = [([f"not({n % 7 + m})" for m in range(12)], ["1"]) for n in range(60)]
    assert not any(severity == "e" for _, severity in codes(decision(rows, inputs=inputs, policy="FIRST")))
