"""How reports come in from outside: civic apps that speak Open311, and the mailbox."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from engine.config.frozen import Values

_UNIT = re.compile(r"[A-Z0-9]{1,8}(\.[A-Z0-9]{1,8})*", re.ASCII)
_ENV = re.compile(r"[A-Z][A-Z0-9_]{2,79}", re.ASCII)
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/ -]{0,79}", re.ASCII)


def _unit(written: str) -> str:
    if written and not _UNIT.fullmatch(written):
        raise ValueError("write the id of a unit, for example LHQ.MZ")
    return written


def _folder(written: str) -> str:
    if not _FOLDER.fullmatch(written):
        raise ValueError("write the name of a folder in letters and digits, for example INBOX")
    return written


def _environment(name: str) -> str:
    if not _ENV.fullmatch(name) or name.startswith("MAPLEBRIDGE_"):
        raise ValueError("write capitals, digits and _, not beginning with MAPLEBRIDGE_")
    return name


UnitText = Annotated[str, AfterValidator(_unit)]
FolderText = Annotated[str, AfterValidator(_folder)]


class CivicAppConfig(Values):
    """Somebody whose app files for citizens."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    key_env: Annotated[str, AfterValidator(_environment)]
    """The name of the variable in the environment that holds its api_key, at least 24 characters."""
    place: UnitText = ""
    """Where its reports are filed whose place it does not say so that we understand; empty: the highest unit."""


def _apart(apps: tuple[CivicAppConfig, ...]) -> tuple[CivicAppConfig, ...]:
    for names in ([each.id for each in apps], [each.key_env for each in apps]):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two apps share {', '.join(twice)}")
    return apps


class Open311Config(Values):
    apps: Annotated[tuple[CivicAppConfig, ...], AfterValidator(_apart)] = ()
    """Who may file; without any, nothing answers at /open311."""
    jurisdiction: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{0,120}$")] = ""
    """The jurisdiction_id that is ours; empty: whatever is sent is ours."""
    per_quarter: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    """So many reports and updates of one app are taken in a quarter of an hour."""


class MailboxConfig(Values):
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{0,253}$")] = ""
    """The IMAP server, always over TLS; empty: no mailbox is read."""
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    user: str = ""
    password: SecretStr = SecretStr("")
    ca_file: Annotated[Path | None, Field(strict=False)] = None
    """A file of certificates that vouch for the server, in place of those of the system."""
    folder: FolderText = "INBOX"
    refused: FolderText = "Refused"
    """The folder of the mailbox into which what cannot be filed is moved."""
    drop: Annotated[Path | None, Field(strict=False)] = None
    """A folder on this machine in which somebody lays .eml files."""
    place: UnitText = ""
    """Where mail is filed that names no place we know; empty: the highest unit."""
    confidential: bool = False
    """Whether all mail is filed as confidential."""
    every_seconds: Annotated[int, Field(ge=5, le=3600)] = 60
    max_bytes: Annotated[int, Field(ge=65_536, le=104_857_600)] = 26_214_400
    """A larger message is refused unread."""

    @property
    def is_read(self) -> bool:
        return bool(self.host) or self.drop is not None
