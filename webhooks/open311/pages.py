"""Open311 GeoReport v2 at /open311/v2: services, requests, tokens and updates, in JSON and XML, for civic apps.

Source: wiki.open311.org/GeoReport_v2 and /Service_Discovery; updates as FixMyStreet documents them. Whatever is refused
is answered in the form that was asked for, as a list of errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from engine import deploy
from engine.config import CivicAppConfig
from engine.errors import REQUIRED, Invalid, NotAllowed, NotFound, Refusal, Unavailable
from engine.web import attached
from engine.web.context import acting, address, edge, looking, now, stop_looking, world
from engine.web.language import speaking
from engine.web.policy import policy
from engine.web.qr import public_base
from engine.web.status import headers_of
from webhooks.open311 import following
from webhooks.open311.apps import app_of
from webhooks.open311.filing import file_request, note_report, note_wrong_key
from webhooks.open311.following import Wanted, find_requests
from webhooks.open311.formats import KINDS, write
from webhooks.open311.reading import asked_span, sent_papers, sent_request, sent_text, wanted
from webhooks.open311.services import get_service, questions, services
from webhooks.open311.telling import (
    tell_definition,
    tell_discovery,
    tell_filed,
    tell_news,
    tell_request,
    tell_service,
)
from webhooks.open311.updates import Said, news_of, take_update

pages = Blueprint("open311", __name__, url_prefix="/open311/v2")

LATELY = timedelta(hours=2)
"""Updates are told of so long ago when nothing is asked; FixMyStreet asks for as much."""
FORM = "<any(json, xml):form>"
Content = tuple[str, Any]
View = Callable[..., Content]


@pages.record_once
def _open_to_machines(state: BlueprintSetupState) -> None:
    """An app has no page and so no token of one; its api_key says who it is."""
    state.app.extensions["csrf"].exempt(pages)


def answers(view: View) -> Callable[..., Response]:
    """Gives what the view tells in the form that was asked for, and in the reader's language."""

    @wraps(view)
    def answer(form: str, **parts: str) -> Response:
        with speaking(_language()):
            _must_be_ours()
            _must_not_hurry()
            return _answer(form, *view(**parts))

    return policy("public")(answer)


@pages.get(f"/discovery.{FORM}")
@answers
def discovery() -> Content:
    with looking() as session:
        release = deploy.get_release(session, world().releases.current(session).id)
        return "discovery", tell_discovery(world(), release.published_at, public_base())


@pages.get(f"/services.{FORM}")
@answers
def list_services() -> Content:
    with looking() as session:
        asks = bool(questions(session, world()))
        found = services(session, world()).values()
        return "services", [tell_service(each, asks=asks, language=_language()) for each in found]


@pages.get(f"/services/<code>.{FORM}")
@answers
def define_service(code: str) -> Content:
    with looking() as session:
        service = get_service(session, world(), code)
        return "service_definition", tell_definition(service, questions(session, world()), language=_language())


@pages.get(f"/requests.{FORM}")
@answers
def list_requests() -> Content:
    return _requests(wanted())


@pages.get(f"/requests/<number>.{FORM}")
@answers
def show_request(number: str) -> Content:
    root, found = _requests(Wanted(numbers=[number[:32]]))
    if not found:
        raise _unknown("service_request_id")
    return root, found


@pages.post(f"/requests.{FORM}")
@attached.takes_files
@answers
def file() -> Content:
    app = _app_for_writing()
    papers, sent = sent_papers(), sent_request()
    with acting() as session:
        filed = file_request(session, world(), app, sent, papers, now=now())
        return "service_requests", [tell_filed(filed, public_base())]


@pages.get(f"/tokens/<token>.{FORM}")
@answers
def show_token(token: str) -> Content:
    """Requests are numbered at once, so no token is ever given; an app's own number of a report is taken for one."""
    app = _app()
    with looking() as session:
        number = None if app is None else following.number_of(session, app.id, token[:80])
    if number is None:
        raise _unknown("token")
    return "service_requests", [{"service_request_id": number, "token": token}]


@pages.get(f"/servicerequestupdates.{FORM}")
@answers
def list_updates() -> Content:
    app = _app_must()
    since, until = asked_span(LATELY)
    with looking() as session:
        found, units = news_of(session, app.id, since=since, until=until)
        return "service_request_updates", [tell_news(each, units, world()) for each in found]


@pages.post(f"/servicerequestupdates.{FORM}")
@attached.takes_files
@answers
def update() -> Content:
    app = _app_for_writing()
    number, request_id = sent_text("update_id") or sent_text("update_id_ext"), sent_text("service_request_id")
    if not number or not request_id:
        missing = [name for name, sent in (("update_id", number), ("service_request_id", request_id)) if not sent]
        raise Invalid("update.invalid", "A number is missing.", fields=dict.fromkeys(missing, REQUIRED))
    media = tuple(each.strip() for each in request.form.getlist("media_url") if each.strip())
    said = Said(number, request_id[:32], sent_text("status").upper(), sent_text("description"), media)
    papers = sent_papers()
    with acting() as session:
        taken = take_update(session, world(), app, said, papers, now=now())
        return "service_request_updates", [{"update_id": taken.external_no, "account_id": None}]


@pages.route("/", defaults={"rest": ""}, methods=["GET", "POST"])
@pages.route("/<path:rest>", methods=["GET", "POST"])
@policy("public")
def nothing(rest: str) -> Response:
    raise _unknown("address")


@pages.after_request
def for_browsers(response: Response) -> Response:
    """Apps that run in a browser come from another address; no cookie means anything here."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@pages.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    stop_looking()
    language = "zh" if _language().startswith("zh") else "en"
    status = _status(refusal)
    fields: Mapping[str, Mapping[str, str]] = refusal.facts.get("fields") or {}
    said = [f"{name}: {words[language]}" for name, words in fields.items()]
    whole = refusal.facts.get("words", {}).get(language, refusal.sentence)
    errors = [{"code": status, "description": each} for each in said or [whole]]
    answer = _answer(_form(), "errors", errors, status)
    answer.headers.update(headers_of(refusal))
    return answer


@pages.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    stop_looking()
    status = error.code or 500
    said = "Something broke on our side." if status == HTTPStatus.INTERNAL_SERVER_ERROR else str(error.description)
    return _answer(_form(), "errors", [{"code": status, "description": said}], status)


def _status(refusal: Refusal) -> int:
    """404 for what there is not, 403 for keys, 400 for everything else that stays wrong (GeoReport v2, "Errors").

    What may succeed later says so: 429 and 503.
    """
    match refusal:
        case NotFound():
            return HTTPStatus.NOT_FOUND
        case NotAllowed():
            return HTTPStatus.FORBIDDEN
        case Unavailable(code="open311.too_many"):
            return HTTPStatus.TOO_MANY_REQUESTS
        case Unavailable():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.BAD_REQUEST


def _answer(form: str, root: str, content: Any, status: int = HTTPStatus.OK) -> Response:
    return Response(write(form, root, content), status, content_type=KINDS[form])


def _form() -> str:
    return "json" if request.path.endswith(".json") else "xml"


def _language() -> str:
    """`locale` in the address, else what the app accepts, else the office's."""
    asked = request.args.get("locale") or request.accept_languages.best_match(["zh", "en"])
    return "en" if (asked or str(world().config.locale)).lower().startswith("en") else "zh_CN"


def _must_be_ours() -> None:
    config = world().config.open311
    if not config.apps:
        raise _unknown("address")
    asked = request.values.get("jurisdiction_id", "").strip()
    if asked and config.jurisdiction and asked.lower() != config.jurisdiction.lower():
        raise _unknown("jurisdiction_id")


def _must_not_hurry() -> None:
    """Lists may be asked for by anybody. Raises Unavailable beyond `api.per_address` requests in a minute."""
    most = world().config.api.per_address
    if most and (left := edge().pace.take("open311", address(), most, now=now())).refused:
        words = {"zh": "请求太快，请稍候。", "en": "There are too many requests; please wait."}
        raise Unavailable("open311.too_many", words["en"], words=words, retry_after_s=left.wait_s)


def _app() -> CivicAppConfig | None:
    return app_of(world().config.open311, request.values.get("api_key", "")[:200])


def _app_must() -> CivicAppConfig:
    """Raises NotAllowed for a missing or wrong key, and counts the wrong ones."""
    app = _app()
    if app is None:
        if request.values.get("api_key"):
            with acting() as session:
                note_wrong_key(session, address(), now=now())
        words = {"zh": "api_key 缺失或无效。", "en": "The api_key is missing or invalid."}
        raise NotAllowed("open311.key", words["en"], words=words)
    return app


def _app_for_writing() -> CivicAppConfig:
    app = _app_must()
    with acting() as session:
        note_report(session, world(), app, now=now())
    return app


def _requests(wanted: Wanted) -> Content:
    app = _app()
    with looking() as session:
        names = services(session, world())
        found = find_requests(session, wanted)
        own = None if app is None else app.id
        return "service_requests", [
            tell_request(each, names, world(), own=each.report.app == own, language=_language()) for each in found
        ]


def _unknown(what: str) -> NotFound:
    words = {"zh": f"没有这个 {what}。", "en": f"There is no such {what}."}
    return NotFound("open311.unknown", words["en"], words=words)
