"""Operations as functions: the arguments of one are its address, its keywords its body or query, and its rows are told.

    cards = Room("cards", "Yellow and red cards.", read="registers:read", write="registers:write")

    @cards.act("/cards/<int:card_id>/voiding", "voidCard", "card.void", "Void a card", tells=CARD)
    def void(session: Session, card_id: int, *, reason: Note) -> Card:
        return process.void_card(session, card_id, reason, viewer=viewer(), now=now())

The route, its policy and scope, its models and its entry in the OpenAPI document are made from that. A keyword named
`given` that is a frozen dataclass of the engine gives its fields. An act runs in one transaction, once for each
`Idempotency-Key`; a look reads. Operations that need more than this are written as routes of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, g
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel
from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.web.api import acting
from engine.web.api.asked import Query
from engine.web.api.blueprint import api
from engine.web.api.document import ACT, LOOK, Responses, refusals
from engine.web.api.problems import pointing
from engine.web.api.shapes import FromJson, Verb, keywords_of, models_of, page_of, told, values_of
from engine.web.api.told import Told
from engine.web.context import looking
from engine.web.idempotency import Answer
from engine.web.policy import policy


class Acted(Told):
    """It is done, and there is nothing more to tell."""

    done: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """Operations that belong together: under one heading of the document, with one scope to read and one to write."""

    name: str
    says: str
    read: str
    write: str

    @property
    def tag(self) -> Tag:
        return Tag(name=self.name, description=self.says)

    def look(
        self,
        address: str,
        id: str,
        act: str,
        summary: str,
        *,
        tells: type[BaseModel] | None = None,
        lists: type[BaseModel] | None = None,
        description: str = "",
    ) -> Callable[[Verb], Verb]:
        """`lists`: the function gives the rows of a page, and the cursor of the next one or None."""
        answers = page_of(lists) if lists is not None else tells or Acted

        def hang(verb: Verb) -> Verb:
            path, asked = models_of(verb, id, address, Query)

            def view(path: Any = None, query: Any = None) -> Response:
                with looking() as session:
                    found = verb(session, *values_of(path), **keywords_of(query))
                    if lists is None:
                        return acting.show(told(session, answers, [found])[0])
                    rows, following = found
                    said = {"items": told(session, lists, rows), "next": None if following is None else str(following)}
                    return acting.show(answers.model_validate(said))

            view.__annotations__ = {name: model for name, model in (("path", path), ("query", asked)) if model}
            described: Responses = {200: answers, **refusals(LOOK)}
            self._hang("GET", address, id, view, summary, description, described)(act, self.read)
            return verb

        return hang

    def act(
        self,
        address: str,
        id: str,
        act: str,
        summary: str,
        *,
        tells: type[BaseModel] | None = None,
        method: str = "POST",
        status: int = 200,
        description: str = "",
        before: Verb | None = None,
        after: Callable[[], Any] | None = None,
        scope: str | None = None,
    ) -> Callable[[Verb], Verb]:
        """`before` is done with the same arguments and no lock held; `after` once the act is kept."""
        answers = tells or Acted

        def hang(verb: Verb) -> Verb:
            path, body = models_of(verb, id, address, FromJson)

            def view(path: Any = None, body: Any = None) -> Response:
                if body is None and g.get("sent"):
                    raise Invalid("body.unwanted", "This takes no fields.")
                places, words = values_of(path), keywords_of(body)

                def do(session: Session) -> Answer:
                    with pointing("/"):
                        found = verb(session, *places, **words)
                    session.flush()
                    made = Acted() if tells is None else told(session, answers, [found])[0]
                    return acting.answer(made, status)

                if before is not None:
                    with looking() as session:
                        before(session, *places, **words)
                response = acting.act(do)
                if after is not None:
                    after()
                return response

            view.__annotations__ = {name: model for name, model in (("path", path), ("body", body)) if model}
            described: Responses = {status: answers, **refusals(ACT)}
            self._hang(method, address, id, view, summary, description, described)(act, scope or self.write)
            return verb

        return hang

    def _hang(
        self,
        method: str,
        address: str,
        id: str,
        view: Callable[..., Response],
        summary: str,
        description: str,
        responses: Responses,
    ) -> Callable[[str, str], None]:
        def hang(act: str, scope: str) -> None:
            view.__name__ = id
            route = getattr(api, method.lower())
            route(
                address,
                tags=[self.tag],
                operation_id=id,
                summary=summary,
                description=description or None,
                responses=responses,
            )(policy(act, scope=scope)(view))

        return hang
