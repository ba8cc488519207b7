"""What happens in one place only (committing, reading the clock, reading XML) and what never does (running text)."""

import ast
import re

from tests.rules import tree

WALL_CLOCK = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime|ctime))$"
)
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
RUNS_WHAT_IT_READS = ("pickle", "marshal", "shelve", "dill", "cloudpickle")
READS_XML = re.compile(
    r"(^|\.)(etree\.\w*(parse|Parser|fromstring|XML|HTML|iterparse)\w*|objectify\.\w+)$", re.IGNORECASE
)
LOOSE_XML = ("xml.etree", "xml.dom", "xml.sax", "xml.parsers", "lxml.html", "lxml.objectify")
XML_READER = "engine/runtime/xml.py"
TAKES_SQL = {"text", "execute", "executemany", "executescript", "exec_driver_sql", "scalar", "scalars"}


def test_only_the_store_commits() -> None:
    found = [
        name
        for name in tree.product()
        if re.search(r"\.commit\(", tree.text(name)) and not name.startswith("engine/store/")
    ]
    assert not found, "\n".join(found)
    assert sum(".commit(" in tree.text(name) for name in tree.python("engine/store")) == 1


def test_only_the_clock_reads_the_wall_clock() -> None:
    found = []
    for name in tree.product():
        if name == "engine/clock.py":
            continue
        found += [f"{name}:{call.lineno} {what}" for what, call in tree.calls(name) if WALL_CLOCK.search(what)]
        found += [f"{name}:{call.lineno} {what}" for what, call in tree.calls(name) if what.endswith("func.now")]
        found += [f"{name}:{line} {what}" for what, line in tree.imports(name) if what in ("time.time", "time.time_ns")]
    assert not found, "\n".join(found)


def test_only_outward_talks_http_to_others() -> None:
    """Packages are import-linter's; these are of Python itself, which it does not look into."""
    found = [
        f"{name}:{line} {what}"
        for name in tree.product()
        for what, line in tree.imports(name)
        if what.startswith(("http.client", "urllib.request")) and not name.startswith("engine/outward/")
    ]
    assert not found, "\n".join(found)


def test_no_text_is_run_as_a_program() -> None:
    found = []
    for name in tree.product():
        found += [f"{name}:{call.lineno} {what}" for what, call in tree.calls(name) if what in RUNS_TEXT]
        found += [
            f"{name}:{line} {what}" for what, line in tree.imports(name) if what.partition(".")[0] in RUNS_WHAT_IT_READS
        ]
    assert not found, "\n".join(found)


def test_xml_is_read_by_the_hardened_reader_only() -> None:
    found = []
    for name in tree.product():
        found += [f"{name}:{line} {what}" for what, line in tree.imports(name) if what.startswith(LOOSE_XML)]
        if name != XML_READER:
            found += [f"{name}:{call.lineno} {what}" for what, call in tree.calls(name) if READS_XML.search(what)]
    assert not found, "\n".join(found)


def test_yaml_is_read_safely() -> None:
    """A loader must be named, and must be safe: SafeLoader or one of ours derived from it."""
    found = []
    for name in tree.product():
        for what, call in tree.calls(name):
            loaders = [tree.dotted(each.value) for each in call.keywords if each.arg == "Loader"]
            loaders += [tree.dotted(each) for each in call.args[1:2]]
            unsafe = not loaders or any(re.search(r"(^|\.)(Unsafe|Full|Base)?Loader$", each) for each in loaders)
            if re.fullmatch(r"yaml\.(load|load_all)", what) and unsafe:
                found.append(f"{name}:{call.lineno} {what}")
            if re.fullmatch(r"yaml\.(unsafe|full)_load(_all)?", what):
                found.append(f"{name}:{call.lineno} {what}")
    assert not found, "\n".join(found)


def test_no_value_is_pasted_into_sql() -> None:
    """Values are bound. The store may paste our own constants into PRAGMAs, which take no parameters."""
    found = []
    for name in tree.product():
        for what, call in tree.calls(name):
            if what.rpartition(".")[2] not in TAKES_SQL or not call.args:
                continue
            if _is_pasted(call.args[0]) and not (name == "engine/store/database.py" and _is_pragma(call.args[0])):
                found.append(f"{name}:{call.lineno} {what}")
    assert not found, "\n".join(found)


def _is_pasted(statement: ast.expr) -> bool:
    if isinstance(statement, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in statement.values)
    if isinstance(statement, ast.BinOp):
        return isinstance(statement.op, ast.Mod | ast.Add) and _holds_text(statement)
    function = statement.func if isinstance(statement, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr == "format"


def _holds_text(expression: ast.expr) -> bool:
    return any(isinstance(node, ast.Constant) and isinstance(node.value, str) for node in ast.walk(expression))


def _is_pragma(statement: ast.expr) -> bool:
    first = statement.values[0] if isinstance(statement, ast.JoinedStr) and statement.values else None
    return isinstance(first, ast.Constant) and str(first.value).startswith("PRAGMA ")


def test_pages_escape_everything() -> None:
    """Text from a person never reaches a page as markup. Markup of ours is written out: `Markup("<b>{}</b>").format(x)`
    escapes x, `Markup(x)` and `Markup(f"…{x}")` do not. Sentences of templates, which `templating` says, are ours."""
    loose = re.compile(r"\|\s*safe\b|autoescape\s+false")
    found = [
        f"{name}: {hit.group()}"
        for name in tree.files()
        if name.startswith("engine/web/") and name.endswith((".html", ".txt", ".xml"))
        for hit in loose.finditer(tree.text(name))
    ]
    for name in tree.product():
        for what, call in tree.calls(name):
            ours = name == "engine/web/templating.py" or (call.args and isinstance(call.args[0], ast.Constant))
            if what.rpartition(".")[2] == "Markup" and not ours:
                found.append(f"{name}:{call.lineno} {what}")
    assert not found, "\n".join(found)
