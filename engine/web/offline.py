"""For a bad network: the service worker, the page it shows without one, and answers to forms that are sent later.

The worker keeps style and scripts by fingerprint, pages only until the person signs out, and forms until they are
sent. It runs on secure addresses only; without it everything works as long as the network does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, g, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.cases import get_case
from engine.errors import NotFound, Refusal
from engine.territory import units_by_id
from engine.web.context import locale, looking, maybe_viewer, world
from engine.web.language import OFFERED, _, speaking
from engine.web.policy import policy
from engine.web.refusals import Said
from engine.web.show import STATIC, asset, tier_name, unit_name

pages = Blueprint("offline", __name__)

LATER = "X-Sent-Later"
"""Header of a form that waited on the phone."""
AGAIN = "X-Sign-In-Again"
"""On the answer to a form whose sender is signed out, or signed in anew since its page was made: it is to wait."""
SHELL = ("css", "js", "img")


@pages.get("/worker.js")
@policy("public")
def worker() -> Response:
    """At the root, because a worker looks after the addresses below its own."""
    shell = sorted(_shell())
    text = render_template(
        "offline/worker.js",
        shell=shell,
        version=hashlib.sha256(" ".join(shell).encode()).hexdigest()[:16],
        store=(STATIC / "js" / "phone.js").read_text(encoding="utf-8").replace("export ", ""),
        pages=[f"/offline?language={language}" for language in OFFERED],
        hours=world().config.server.session_absolute_hours,
    )
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@pages.get("/offline")
@policy("public")
def show() -> str:
    """What waits on this phone. The worker keeps a copy in each language, made without anybody's cookie."""
    language = request.args.get("language")
    if language in OFFERED:
        with speaking(str(language)):
            return render_template("offline/offline.html")
    return render_template("offline/offline.html")


def is_sent_later() -> bool:
    return LATER in request.headers


def sent_at() -> datetime | None:
    """When a form that waited was sent on the phone, by the phone's clock."""
    try:
        at = datetime.fromisoformat(request.headers.get(LATER, ""))
    except ValueError:
        return None
    return at if at.tzinfo else None


def told(refusal: Refusal | None, said: Said, status: int) -> Response:
    """Why a form that waited was not taken, for the page that sent it; and where its case is now."""
    between = "" if locale().startswith("zh") else " "
    sentence = between.join(filter(None, (said.sentence or said.title, said.detail, _where(refusal))))
    return _answer(sentence, _form_address() or said.case_address, status)


@pages.after_app_request
def _tell_what_is_missing(response: Response) -> Response:
    """A form that came back with its mistakes marked is a page; for the phone it becomes a sentence and a way to it."""
    if not is_sent_later() or response.status_code != 422 or response.mimetype != "text/html":
        return response
    return _answer(_("Something is missing or wrong in it. Open it and complete it."), _form_address(), 422)


@pages.after_app_request
def _tell_to_wait(response: Response) -> Response:
    if g.get("sign_in_again"):
        response.headers[AGAIN] = "1"
    return response


def _answer(sentence: str, case: str | None, status: int) -> Response:
    answer = jsonify(sentence=sentence, case=case, kept=bool(g.get("words_are_kept")))
    answer.status_code = status
    return answer


def keeps_words() -> None:
    """Notes that what was written is kept as a draft, so that the phone may let it go."""
    g.words_are_kept = True


def asks_to_sign_in() -> None:
    """Notes that the form itself was not looked at."""
    g.sign_in_again = True


def _form_address() -> str | None:
    """The page of the form that was sent, where it has one."""
    task_id = (request.view_args or {}).get("task_id")
    if request.blueprint == "inspections":
        return url_for("inspections.show")
    if request.blueprint == "filing":
        return url_for("filing.show", place=request.form.get("place_id", ""), here=1)
    return url_for("tasks.show", task_id=task_id) if task_id else None


def _where(refusal: Refusal | None) -> str | None:
    """Where the case has gone meanwhile, for whoever tried to work on it."""
    case_id = refusal.facts.get("case") if refusal and refusal.code in ("task.gone", "task.done") else None
    if not isinstance(case_id, int) or maybe_viewer() is None:
        return None
    with looking() as session:
        try:
            case = get_case(session, case_id)
        except NotFound:
            return None
        unit = units_by_id(session, [case.holder_id]).get(case.holder_id)
    return _("The case is now with %(unit)s (%(tier)s).", unit=unit_name(unit), tier=tier_name(case.tier))


def _shell() -> Iterator[str]:
    for folder in SHELL:
        for file in (STATIC / folder).rglob("*.*"):
            yield asset(file.relative_to(STATIC).as_posix())
