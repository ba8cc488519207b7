"""A source that cannot work stops the start: every fault with its path, and no secret repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import webhooks
from engine.config import Config, load_config
from engine.errors import Invalid
from tests.webhooks.inbound.sender import SECRETS, config_of, documented_sources
from webhooks.inbound import must_be_sound, unready

HOTLINE = documented_sources()[0]


def faults(folder: Path, sources: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        must_be_sound(config_of(folder, sources))
    assert refused.value.code == "config.invalid"
    problems: list[dict[str, Any]] = refused.value.facts["problems"]
    return {each["path"]: each["problem"] for each in problems}


def test_the_documented_sources_are_sound(tmp_path: Path) -> None:
    config = config_of(tmp_path, "\n".join(documented_sources()))
    must_be_sound(config)
    assert [source.name for source in config.inbound.sources] == ["hotline", "province", "terminal"]
    assert unready(config.inbound.sources, SECRETS) == []


ONE_FAULT = [
    # a text of the hotline, what stands there instead, path, words
    ("title: {path:", "titel: {path:", "inbound.sources[0].map.titel.path", "unknown key"),
    ("cut: 200", "cut: no", "inbound.sources[0].map.title.cut", "a whole number is needed"),
    ("path: /order/no}", "path: order.no}", "inbound.sources[0].map.external_no.path", "is no path"),
    ("path: /order/no}", "pfad: /order/no}", "inbound.sources[0].map.external_no.pfad", "unknown key"),
    ("kind: number", "kind: letter", "inbound.sources[0].map.version.kind", "write 'number' or 'instant'"),
    ("scheme: standard", "scheme: none", "inbound.sources[0].signature.scheme", "write 'standard'"),
    ("HOTLINE_SECRET,", "hotline,", "inbound.sources[0].signature.secret_env", "write capitals"),
    ("HOTLINE_SECRET,", "MAPLEBRIDGE_X,", "inbound.sources[0].signature.secret_env", "not beginning with MAPLEBRIDGE_"),
    ("by: names", "by: magic", "inbound.sources[0].map.place_id.by", "write 'unit', 'code' or 'names'"),
    ('"%Y-%m-%d %H:%M:%S"', "yesterday", "inbound.sources[0].map.received_at.format", "write iso"),
    ("role: applicant", "role: victim", "inbound.sources[0].map.parties[0].role", "write 'applicant'"),
    ("name: hotline", "name: Hot Line", "inbound.sources[0].name", "does not have the form"),
    ("m_withdraw:", "m_merge:", "inbound.sources[0].messages.m_merge.[key]", "write 'm_material'"),
    ("channel: hotline_12345", "channel: pigeon", "inbound.sources[0].channel", "there is no channel 'pigeon'"),
    ("投诉: complaint", "投诉: complain", "inbound.sources[0].map.kind.values.投诉", "'complain' is not one of"),
    ("people_count:", "people:", "inbound.sources[0].map.facts.people", "triage knows no fact"),
]


@pytest.mark.parametrize(("old", "new", "path", "said"), ONE_FAULT, ids=[each[2] for each in ONE_FAULT])
def test_a_fault_is_told_with_its_path(tmp_path: Path, old: str, new: str, path: str, said: str) -> None:
    assert old in HOTLINE
    found = faults(tmp_path, HOTLINE.replace(old, new, 1))
    assert path in found, found
    assert said in found[path]


def test_two_sources_of_one_channel_need_prefixes(tmp_path: Path) -> None:
    second = HOTLINE.replace("name: hotline", "name: other", 1)
    assert "inbound.sources[1].prefix" in faults(tmp_path, HOTLINE + second)
    channel = "channel: hotline_12345"
    apart = HOTLINE.replace(channel, f"{channel}\n      prefix: 'A:'") + second.replace(
        channel, f"{channel}\n      prefix: 'B:'"
    )
    must_be_sound(config_of(tmp_path, apart))
    assert "inbound.sources[1].name" in faults(tmp_path, HOTLINE + HOTLINE)


def test_a_missing_secret_stops_the_doors_and_is_not_repeated(tmp_path: Path) -> None:
    config = config_of(tmp_path, HOTLINE)
    weak = {"HOTLINE_SECRET": "whsec_c2hvcnQ=", "HOTLINE_SECRET_NEXT": ""}
    with pytest.raises(Invalid) as refused:
        webhooks.must_be_ready(config, weak)
    said = refused.value.sentence
    assert "inbound.sources[0].signature.secret_env[0]: HOTLINE_SECRET:" in said
    assert "HOTLINE_SECRET_NEXT: it is not set" in said
    assert "c2hvcnQ" not in said
    webhooks.must_be_ready(config, SECRETS)
    webhooks.must_be_ready(Config(), {})


def test_sources_may_come_from_the_environment() -> None:
    text = "[" + "{name: them, channel: webhook, signature: {scheme: token, secret_env: A_SECRET}, map: {"
    text += ", ".join(f"{name}: {{path: /{name}}}" for name in ("external_no", "kind", "category", "title"))
    text += ", description: {path: /d}, place_id: {value: LHQ}}}]"
    config = load_config(None, {"MAPLEBRIDGE_INBOUND__SOURCES": text})
    assert config.inbound.sources[0].map.title.path == ("/title",)
