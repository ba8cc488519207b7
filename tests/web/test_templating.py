"""Templates get the addresses and texts that the libraries would give them, with less work."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import flask
import pytest
from flask import Flask
from flask_babel import Babel

from engine.web import numbers, templating


class Kind(StrEnum):
    SOON = "soon"


ADDRESSES: tuple[tuple[str, dict[str, object]], ...] = (
    ("list", {}),
    ("case", {"case_id": 7}),
    ("case", {"case_id": 7, "task": 12}),
    ("case", {"page": 2, "case_id": 7}),
    ("case", {"case_id": 7, "q": "水 & 火"}),
    ("case", {"case_id": 7, "_anchor": "acts", "q": None}),
    ("both", {"two": 2, "one": 1}),
    ("case", {"case_id": "007", "page": "2"}),
    ("list", {"unit": "LHQ.MZ.01-a_b", "figure": Kind.SOON, "page": 3}),
    ("list", {"unit": "LHQ", "_anchor": "places"}),
    ("list", {"unit": "..", "q": "a b"}),
    ("list", {"unit": ""}),
    ("list", {"unit": "LHQ\n"}),
    ("list", {"unit": "LHQ", "_external": True}),
    ("kind", {"name": "a.b", "figure": "soon"}),
    ("kind", {"name": "a/b%20c", "figure": "soon"}),
)


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("engine.web")
    app.jinja_environment = templating.Templates
    app.url_map.converters["int"] = numbers.Id
    app.add_url_rule("/100%/list", "list")
    app.add_url_rule("/cases/<int:case_id>", "case")
    app.add_url_rule("/both/<int:one>/<int:two>", "both")
    app.add_url_rule("/kinds/<name>", "kind")
    Babel(app)
    templating.register(app)
    with app.test_request_context("/", base_url="http://somewhere/below"):
        yield app


@pytest.mark.parametrize(("endpoint", "values"), ADDRESSES)
def test_an_address_is_that_of_flask(app: Flask, endpoint: str, values: dict[str, object]) -> None:
    for _again in range(2):
        assert templating.address(endpoint, **values) == flask.url_for(endpoint, **values)  # type: ignore[arg-type]


def test_values_are_made_harmless_and_texts_are_said_as_they_are(app: Flask) -> None:
    page = app.jinja_env.from_string(
        "{{ _('100 %%, %(who)s', who='<b>') }} {{ _('50 %%') }} {{ ngettext('a', '%(num)d', 3) }}"
    )
    assert [page.render() for _again in range(2)] == ["100 %, &lt;b&gt; 50 % 3"] * 2
