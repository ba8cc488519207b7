"""What a release is refused for when it is compiled: always with file, line, element and reason, never silently."""

import pytest
from diagrams import (
    boundary,
    call,
    catch,
    definitions,
    end,
    extension,
    instances,
    on,
    process,
    script,
    service,
    start,
    sub,
    throw,
    timer,
    user,
    xor,
)
from diagrams import element as bpmn
from play import WORDS, Play

from engine.errors import Invalid
from engine.runtime import compile_package
from engine.vocabulary import WORDS as PRODUCT_WORDS

LINE = "start -> a -> end"


def around(*nodes, flows=LINE):
    return definitions(process("p", start(), *nodes, end(), flows))


PARAMETER_LIST = '<camunda:inputParameter name="x"><camunda:list/></camunda:inputParameter>'

REFUSED = {
    "expression.syntax": (around(user("a"), xor("g"), flows="start -> a -> g ->{x <} end"), "f_g_end_3"),
    "expression.function": (around(script("a", "x = open('f')")), "a"),
    "expression.refused": (around(script("a", "x = y.z")), "a"),
    "script.line": (around(script("a", "import os")), "a"),
    "script.length": (around(bpmn("scriptTask", "a")), "a"),
    "script.language": (around(bpmn("scriptTask", "a", "<bpmn:script>x = 1</bpmn:script>", scriptFormat="groovy")),
    "a"),
    "service.topic": (around(bpmn("serviceTask", "a", camunda__class="com.Evil")), "a"),
    "service.unknown": (around(service("a", "launch")), "a"),
    "decision.reference": (around(bpmn("businessRuleTask", "a")), "a"),
    "decision.unknown": (around(bpmn("businessRuleTask", "a", camunda__decisionRef="d_gone")), "a"),
    "call.process": (around(call("a", "gone")), "a"),
    "flow.ends": (around(user("a"), flows="start -> a -> gone"), "f_a_gone_2"),
    "timer.length": (around(user("a"), boundary("t", "a", timer("P1W1D"))), "t"),
    "timer.instant": (around(catch("a", timer("2026-01-01", "timeDate"))), "a"),
    "timer.cycle": (around(catch("a", timer("R0/P1D", "timeCycle"))), "a"),
    "timer.empty": (around(catch("a", "<bpmn:timerEventDefinition/>")), "a"),
    "event.missing": (around(user("a"), boundary("t", "a", "")), "t"),
    "event.reference": (around(throw("a", on("escalation", "gone"))), "a"),
    "event.condition": (around(catch("a", "<bpmn:conditionalEventDefinition/>")), "a"),
    "event.compensate": (around(throw("a", on("compensate"))), "a"),
    "compensation": (around(user("a", isForCompensation="true")), "a"),
    "boundary.host": (around(user("a"), boundary("t", "gone", timer("P1D"))), "t"),
    "link.target": (around(throw("a", '<bpmn:linkEventDefinition name="L"/>')), "a"),
    "instances.number": (around(user("a", instances())), "a"),
    "instances.behavior": (
        around(user("a", '<bpmn:multiInstanceLoopCharacteristics behavior="None" camunda:collection="x"/>')),
        "a",
    ),
    "loop.end": (around(user("a", "<bpmn:standardLoopCharacteristics/>")), "a"),
    "token.quantity": (around(user("a", startQuantity="0")), "a"),
    "element.unknown": (around(bpmn("complexGateway", "a")), "a"),
    "event_subprocess.start": (around(user("a"), sub("h", start("hs"), end("he"), "hs -> he",
    triggeredByEvent="true")), "h"),
    "process.start": (definitions(process("p")), "p"),
    "parameter.value": (
        around(user("a", extension(f"<camunda:inputOutput>{PARAMETER_LIST}</camunda:inputOutput>"))),
        "a",
    ),
    "call.mapping": (around(call("a", "p", extension('<camunda:in target="x"/>'))), "a"),
    "id": (definitions(process("p", start(), user("a"), user("a"), end(), LINE)), "a"),
}  # fmt: skip


@pytest.mark.parametrize("code", REFUSED)
def test_refused_with_element_and_rule(code):
    diagram, element = REFUSED[code]
    with pytest.raises(Invalid) as caught:
        compile_package({"case/p.bpmn": diagram}, PRODUCT_WORDS)
    assert caught.value.code == "package.refused"
    found = [finding for finding in caught.value.facts["findings"] if finding.code == code]
    assert [(one.file, one.element, one.severity) for one in found[:1]] == [("case/p.bpmn", element, "error")]
    assert found[0].line >= 1
    assert found[0].message


def test_everything_wrong_is_told_at_once():
    one = around(script("a", "import os"), call("b", "gone"), flows="start -> a -> b -> end")
    with pytest.raises(Invalid) as caught:
        compile_package({"1.bpmn": one, "2.bpmn": b"<broken", "3.bpmn": one}, WORDS)
    files = {finding.file for finding in caught.value.facts["findings"]}
    assert files == {"1.bpmn", "2.bpmn", "3.bpmn"}


def test_a_process_may_be_there_only_once():
    one = around(user("a"))
    with pytest.raises(Invalid) as caught:
        compile_package({"1.bpmn": one, "2.bpmn": one}, WORDS)
    assert [finding.code for finding in caught.value.facts["findings"]] == ["process.twice"]


def test_files_may_use_equal_ids_inside():
    def file(name, caught_message):
        inner = sub("s", start("s1"), catch("c", on("message", "M")), end("e1"), "s1 -> c -> e1")
        return definitions(
            f'<bpmn:message id="M" name="{caught_message}"/>', process(name, start(), inner, end(), "start -> s -> end")
        )

    package = compile_package({"1.bpmn": file("p", "one"), "2.bpmn": file("q", "two")}, WORDS)
    assert [message.message for message in Play(package, "p").advance.messages] == ["one"]
    assert [message.message for message in Play(package, "q").advance.messages] == ["two"]


def test_calls_lead_from_file_to_file():
    package = compile_package(
        {
            "p/p.bpmn": around(call("a", "q")),
            "q/q.bpmn": definitions(process("q", start("s1"), user("u"), end("e1"), "s1 -> u -> e1")),
        },
        WORDS,
    )
    assert Play(package).ready == ["u"]


def test_the_facts_of_a_package():
    inner = sub(
        "s", start("s1"), user("u", "<bpmn:documentation> how </bpmn:documentation>"), end("e1"), "s1 -> u -> e1"
    )
    files = {"case/p.bpmn": definitions(process("p", start(), inner, end(), "start -> s -> end"))}
    package = compile_package(files, WORDS)
    facts = package.processes["p"]
    assert (facts.id, facts.name, facts.path) == ("p", "p", "case/p.bpmn")
    assert set(facts.elements) == {"start", "s", "s1", "u", "e1", "end"}
    assert (facts.elements["u"].kind, facts.elements["u"].documentation, facts.elements["u"].process) == (
        "userTask",
        "how",
        "p",
    )
    assert package.fingerprint == compile_package(dict(files), WORDS).fingerprint
    assert len(package.fingerprint) == 64
    assert package.fingerprint != compile_package({"case/q.bpmn": files["case/p.bpmn"]}, WORDS).fingerprint


def test_a_process_that_is_not_executable_is_not_there():
    diagram = around(user("a")).replace(b'isExecutable="true"', b'isExecutable="false"')
    assert compile_package({"p.bpmn": diagram}, WORDS).processes == {}
