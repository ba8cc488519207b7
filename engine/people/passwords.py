"""Passwords: argon2id, at most a few at a time, equal time for people who do not exist."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from engine.errors import Invalid

SHORTEST = 8
LONGEST = 128
AT_ONCE = threading.BoundedSemaphore(2)
"""One check takes 64 MiB; a flood of sign-ins must not take all memory."""

hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_nobody: list[str] = []


def hash_password(password: str) -> str:
    """Raises Invalid for a password shorter than 8 or longer than 128 characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            "password.length",
            f"A password has {SHORTEST} to {LONGEST} characters.",
            fields={"password": {"zh": f"密码为 {SHORTEST} 至 {LONGEST} 个字符。", "en": "8 to 128 characters."}},
        )
    with AT_ONCE:
        return hasher.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Whether they belong together. Takes as long for nobody's hash (None) as for somebody's."""
    if len(password) > LONGEST:
        return False
    with AT_ONCE:
        try:
            hasher.verify(password_hash or _nobodys_hash(), password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def _nobodys_hash() -> str:
    if not _nobody:
        _nobody.append(hasher.hash("nobody has this password"))
    return _nobody[0]
