"""What a browser keeps. Over https every cookie is bound to this host and never sent in the clear."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

SIGN_IN = "sign-in"
PAGE = "maplebridge"


class Sessions(SecureCookieSessionInterface):
    """The signed cookie that carries the token against forged requests and passing messages; never who somebody is."""

    def get_cookie_name(self, app: Flask) -> str:
        return _bound(PAGE)

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def sign_in_cookie() -> str:
    return _bound(SIGN_IN)


def keep(response: Response, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def drop(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def _bound(name: str) -> str:
    return f"__Host-{name}" if request.is_secure else name
