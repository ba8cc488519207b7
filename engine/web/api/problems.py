"""Every refusal as `application/problem+json` (RFC 9457): a stable code, a sentence in the language asked, the facts.

Which refusal has which status is decided in `engine.web.status`, for pages and for the API alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from engine.errors import Invalid, NotAllowed, Refusal
from engine.people import names
from engine.web.api.told import Problem
from engine.web.context import looking, maybe_viewer, stop_looking, world
from engine.web.language import speaking
from engine.web.refusals import SAID, TITLES
from engine.web.status import headers_of, status_of

KIND = "application/problem+json"
BEARER = 'Bearer realm="maplebridge"'

IN_CHINESE: Mapping[str, str] = {
    "api.too_many": "请求过于频繁,请按 Retry-After 稍后再试。",
    "scope.missing": "此令牌未获授权做这件事(缺少权限范围)。",
    "body.invalid": "请求的内容不符合要求,见 errors。",
    "body.too_deep": "请求的内容嵌套太深。",
    "body.too_many_values": "请求的内容项数太多。",
    "body.unreadable": "请求的内容无法读取。",
    "content_type.unknown": "请以 Content-Type: application/json 发送；文件以 multipart/form-data 发送。",
    "csrf.refused": "以浏览器登录身份写入时,必须带上页面的令牌(X-CSRFToken)。",
    "http.404": "没有这个地址。",
    "http.405": "这个地址不支持此方法。",
    "http.413": "请求太大。",
    "http.500": "我们这边出了故障,已记录。",
    "idempotency.busy": "这个 Idempotency-Key 的请求正在办理,请重发。",
    "idempotency.key": "Idempotency-Key 须为 1 至 255 个可见的 ASCII 字符。",
    "idempotency.reused": "这个 Idempotency-Key 已用于内容不同的请求,请换一个。",
    "query.invalid": "地址中的参数不符合要求,见 errors。",
    "request.unreadable": "请求无法读取。",
    "route.no_policy": "任何人都不能使用这个地址。",
    "token.refused": "令牌无效或已过期。",
    "filing.invalid": "有内容需要改正,见 errors。",
    "form.invalid": "表单有内容需要改正,见 errors。",
    "form.unknown_fields": "表单没有这些项,见 errors。",
    "field.required": "有必填项未填,见 errors。",
    "case.category": "类别应形如 labour.wages。",
    "agreement.unknown": "此案尚未达成协议。",
    "party.invalid": "当事人有内容需要改正,见 errors。",
    "party.unknown": "此案没有这位当事人。",
    "facts.invalid": "分级不认识这些事实,见 errors。",
    "task.not_a_colleague": "只能移交给本单位可以办理此任务的人。",
    "unit.unknown": "没有这个地点或单位。",
    "delivery.moved": "这个投递编号已用于内容不同的投递。",
    "inbound.charset": "字符编码与约定的不符。",
    "inbound.invalid": "来件不能受理,见 errors。",
    "inbound.too_many": "这个来源一时发得太多,请稍候。",
    "signature.old": "签名不是现在签的,双方时钟有一方不准。",
    "signature.wrong": "签名缺失或不正确。",
    "source.not_ready": "这个来源尚未配置完成。",
    "source.unknown": "没有这个来源。",
}
"""What the pages have no words for."""

FAULTS_IN_CHINESE: Mapping[str, str] = {
    "missing": "此项必填。",
    "extra_forbidden": "这里没有这一项。",
    "string_type": "应为文字。",
    "string_too_short": "至少 {min_length} 个字。",
    "string_too_long": "最多 {max_length} 个字。",
    "string_pattern_mismatch": "格式不对。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "int_from_float": "应为整数。",
    "float_type": "应为数字。",
    "bool_type": "应为 true 或 false。",
    "list_type": "应为列表。",
    "tuple_type": "应为列表。",
    "too_long": "最多 {max_length} 项。",
    "dict_type": "应为对象。",
    "model_type": "应为对象。",
    "model_attributes_type": "应为对象。",
    "literal_error": "应为 {expected} 之一。",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than_equal": "不能大于 {le}。",
    "timezone_aware": "时间须带时区。",
    "union_tag_not_found": "缺少 name。",
    "union_tag_invalid": "name 应为 {expected_tags} 之一。",
}

SILENT = frozenset({"fields", "case", "instance", "retry_after_s", "words"})
"""Facts that are told otherwise, or are numbers of ours that mean nothing outside."""


def language() -> str:
    """`zh` or `en`: what the request asks for, else the person's own, else the district's."""
    asked = request.accept_languages.best_match(["zh", "en"])
    viewer = maybe_viewer()
    for each in (asked, viewer.locale if viewer else None, str(world().config.locale)):
        if each:
            return "en" if each.lower().startswith("en") else "zh"
    return "zh"


def of_refusal(refusal: Refusal) -> Response:
    """The answer to a refusal of ours."""
    speaks = language()
    facts = {name: value for name, value in refusal.facts.items() if name not in SILENT or _told(name, value)}
    by = facts.get("by")
    if isinstance(by, int) and maybe_viewer() is not None:
        with looking() as session:
            person = names(session, [by]).get(by)
        facts["by"] = None if person is None else {"id": by, "zh": person.name_zh, "en": person.name_en}
    answer = _answer(
        status_of(refusal),
        refusal.code,
        _sentence(refusal, speaks),
        facts=facts,
        errors=[
            {"pointer": _pointer(name), "detail": _words(said, speaks)}
            for name, said in (refusal.facts.get("fields") or {}).items()
        ],
    )
    answer.headers.update(headers_of(refusal))
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        error = ', error="invalid_token"' if refusal.code == "token.refused" else ""
        answer.headers["WWW-Authenticate"] = BEARER + error
    elif refusal.code == "scope.missing":
        lacking = f', error="insufficient_scope", scope="{refusal.facts["scope"]}"'
        answer.headers["WWW-Authenticate"] = BEARER + lacking
    return answer


def of_failure(error: HTTPException) -> Response:
    """The answer where HTTP itself refused: no such address, wrong method, too large, or a fault of ours."""
    if isinstance(error, CSRFError):
        return of_refusal(
            NotAllowed("csrf.refused", "A browser's sign-in needs the page's token (X-CSRFToken) to write.")
        )
    status = error.code or 500
    if error.response is not None or status < 400:
        return Response(error.get_response())  # type: ignore[arg-type]
    code = f"http.{status}"
    english = (
        "Something broke on our side; it has been written down." if status == 500 else str(error.description or "")
    )
    answer = _answer(status, code, IN_CHINESE.get(code, english) if language() == "zh" else english)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def of_faults(error: ValidationError) -> Response:
    """The answer to a body or a query that does not have the shape its model says; every fault at once."""
    speaks = language()
    in_query = request.method in ("GET", "HEAD")
    faults = []
    for each in error.errors(include_url=False, include_input=False):
        where = [str(step) for step in each["loc"]]
        said = each["msg"]
        if speaks == "zh":
            said = FAULTS_IN_CHINESE.get(each["type"], "值无效。").format_map(each.get("ctx", {}))
        named = {"parameter": where[0] if where else ""} if in_query else {"pointer": _pointer_of(where)}
        faults.append({**named, "detail": said})
    code = "query.invalid" if in_query else "body.invalid"
    english = "The address has wrong parameters: see errors." if in_query else "The body does not fit: see errors."
    return _answer(400, code, IN_CHINESE[code] if speaks == "zh" else english, errors=faults)


@contextmanager
def pointing(prefix: str, rest: Mapping[str, str] | None = None) -> Iterator[None]:
    """Says where in the body the engine's fields stand: under `prefix`, or where `rest` names them."""
    try:
        yield
    except Invalid as refusal:
        fields = refusal.facts.get("fields")
        if not fields:
            raise
        placed = {(rest or {}).get(name, prefix + name.replace(".", "/")): said for name, said in fields.items()}
        raise Invalid(refusal.code, refusal.sentence, **{**refusal.facts, "fields": placed}) from refusal


def _told(name: str, value: Any) -> bool:
    return name == "case" and isinstance(value, str)


def _sentence(refusal: Refusal, speaks: str) -> str:
    """English sentences name what and where; Chinese ones come from the pages' own words."""
    if "words" in refusal.facts:
        return _words(refusal.facts["words"], speaks)
    if speaks == "en":
        return refusal.sentence
    if refusal.code in IN_CHINESE:
        return IN_CHINESE[refusal.code]
    with speaking("zh_CN"):
        return str(SAID.get(refusal.code, refusal.sentence))


def _title(status: int, speaks: str) -> str:
    if speaks == "en" or status not in TITLES:
        return HTTPStatus(status).phrase
    with speaking("zh_CN"):
        return str(TITLES[status])


def _pointer(name: str) -> str:
    return name if name.startswith("/") else "/" + name.replace(".", "/")


def _pointer_of(where: list[str]) -> str:
    """A JSON pointer. A message's kind is no place in its body, though pydantic names it first."""
    if where and where[0].startswith("m_"):
        where = where[1:]
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in where)


def _words(said: Any, speaks: str) -> str:
    return str(said[speaks]) if isinstance(said, Mapping) else str(said)


def _answer(
    status: int,
    code: str,
    detail: str,
    *,
    facts: Mapping[str, Any] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    stop_looking()
    problem = Problem.model_validate(
        {
            "type": f"urn:maplebridge:problem:{code}",
            "title": _title(status, language()),
            "status": status,
            "detail": detail,
            "code": code,
            "instance": request.path,
            "facts": json.loads(json.dumps(dict(facts or {}), default=str)),
            "errors": errors or [],
        }
    )
    body = problem.model_dump_json(exclude_defaults=False, exclude_none=True)
    return Response(body, status, content_type=KIND, headers={"Vary": "Accept-Language"})
