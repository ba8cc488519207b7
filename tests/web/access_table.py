"""The table of docs/operators/access.md: who may use which address, read from the code."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from engine.people import ACTS
from engine.web.policy import PUBLIC, SIGNED_IN, policy_of

HEAD = """# Who may use what

Made from the code by `tests/web/test_access_document.py`, which fails when this page says anything else; with
`MAPLEBRIDGE_WRITE_DOCS=1` in the environment it writes the page anew.

Two questions are always asked together: does a role allow the act (the tables below), and does the case lie where the
person stands (the units of their roles and everything below; never a case that complains about them). What may not be
seen answers like what does not exist. A deputy is offered the tasks of whoever is away, and gains no other right.
"""

IN_WORDS = {PUBLIC: "everybody, without signing in", SIGNED_IN: "everybody who is signed in"}


def table(app: Flask) -> str:
    return "\n".join([HEAD, *_acts(), "", *_routes(app)]) + "\n"


def _acts() -> Iterator[str]:
    roles = sorted({role for allowed in ACTS.values() for role in allowed})
    yield "## Roles and acts"
    yield ""
    yield f"| act | {' | '.join(role.replace('_', ' ') for role in roles)} |"
    yield f"|---|{'---|' * len(roles)}"
    for act in sorted(ACTS):
        yield f"| `{act}` | {' | '.join('●' if role in ACTS[act] else '' for role in roles)} |"


def _routes(app: Flask) -> Iterator[str]:
    yield "## Addresses"
    yield ""
    yield "| address | by | who |"
    yield "|---|---|---|"
    rows = [
        (rule.rule, method, policy_of(app, rule.endpoint))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    for address, method, policy in sorted(rows, key=lambda row: (row[0], row[1])):
        yield f"| `{address}` | {method} | {IN_WORDS.get(policy or '', f'`{policy}`')} |"
