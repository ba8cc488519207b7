from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine.config import SHIPPED_FILE, Config, load_config, refuse_unsafe
from engine.deadlines.calendar import WorkingCalendar
from engine.deadlines.lengths import parse_length
from engine.deadlines.year_tables import load_year_tables, packaged_year_tables
from engine.errors import Invalid
from engine.territory import Tiers


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path | None, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
    with pytest.raises(Invalid) as refused:
        load_config(path, env or {})
    assert refused.value.code == "config.invalid"
    problems: list[dict[str, Any]] = refused.value.facts["problems"]
    assert all(each["path"] in refused.value.sentence for each in problems)
    return problems


def test_the_shipped_file_shows_the_defaults() -> None:
    assert load_config(SHIPPED_FILE, {}) == Config()


def test_the_shipped_file_shows_every_key() -> None:
    text = SHIPPED_FILE.read_text(encoding="utf-8")
    for name, section in Config().model_dump().items():
        assert f"{name}:" in text
        for key in section if isinstance(section, dict) else ():
            assert f"  {key}:" in text


def test_nothing_at_all_is_enough() -> None:
    assert load_config(None, {}) == Config()


def test_an_empty_file_is_enough(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "# nothing set\n"), {}) == Config()


def test_values_arrive_typed(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, "working_hours: [08:30-12:00, 13:30-17:30]\nserver: {port: 80}\ncalendar: {weekend: [friday]}"),
        {},
    )
    assert config.working_hours == ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
    assert config.server.port == 80
    assert config.calendar.weekend_days == {4}
    assert config.tz.key == "Asia/Shanghai"


def test_a_loaded_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Config().server.port = 1


def test_a_seventh_tier_is_only_a_line(tmp_path: Path) -> None:
    text = SHIPPED_FILE.read_text(encoding="utf-8")
    seventh = "tiers:\n  - {id: household, name_zh: 户, name_en: Household}\n"
    config = load_config(write(tmp_path, text.replace("tiers:\n", seventh)), {})
    tiers = Tiers.of([tier.id for tier in config.tiers])
    assert (tiers.lowest, tiers.top, len(tiers.names)) == ("household", "district", 7)
    assert tiers.tier_of("LHQ.MZ.03.02.05.01.07") == "household"


def test_one_tier_is_enough_and_none_is_not(tmp_path: Path) -> None:
    assert len(load_config(write(tmp_path, "tiers: [{id: town, name_zh: 镇, name_en: Town}]"), {}).tiers) == 1
    for name in ("tiers", "working_hours"):
        assert [each["path"] for each in faults(write(tmp_path, f"{name}: []"))] == [name]


ONE_FAULT = [
    # text, path, words of the problem, suggestion
    ("databse: {url: 'sqlite:///x.db'}", "databse.url", "unknown key (line 1)", "database.url"),
    ("database:\n  ulr: x", "database.ulr", "unknown key (line 2)", "database.url"),
    ("url: x", "url", "unknown key", "database.url"),
    ("server: {timezone: UTC}", "server.timezone", "unknown key", "timezone"),
    ("nonsense: 1", "nonsense", "unknown key", None),
    ("tiers: [{id: a, name_zh: b, name_em: c, name_en: d}]", "tiers[0].name_em", "unknown key", "tiers.name_en"),
    ("tiers: [{id: a, name_zh: b}]", "tiers[0].name_en", "the key is missing", None),
    ("tiers: [{id: A b, name_zh: b, name_en: c}]", "tiers[0].id", "write small letters", None),
    (
        "tiers: [{id: a, name_zh: b, name_en: c}, {id: a, name_zh: b, name_en: c}]",
        "tiers",
        "listed twice: a (line 1)",
        None,
    ),
    ("tiers: building", "tiers", "a list is needed", None),
    ("server: {port: '8000'}", "server.port", 'a whole number is needed, not "8000"', None),
    ("server: {port: eighty}", "server.port", 'a whole number is needed, not "eighty"', None),
    ("server: {port: 70000}", "server.port", "it must be at most 65535, not 70000", None),
    ("server: {port: true}", "server.port", "a whole number is needed, not true", None),
    ("server: 8000", "server", "keys and values are needed", None),
    ("server:", "server", "keys and values are needed", None),
    ("demo: yes", "demo", 'true or false is needed, not "yes"', None),
    ("locale: zh_cn", "locale", "write 'zh_CN' or 'en', not \"zh_cn\"", "zh_CN"),
    ("timezone: Asia/Shangai", "timezone", "write the name of a time zone", "Asia/Shanghai"),
    ("database: {url: 'mysql://root@x/y'}", "database.url", "write sqlite:///", None),
    ("database: {url: 'sqlite://var/x.db'}", "database.url", "write sqlite:///", None),
    ("calendar: {weekend: [saterday]}", "calendar.weekend[0]", "write 'monday'", "saturday"),
    ("calendar: {country: DE}", "calendar.year_tables", "only the year tables of CN ship", None),
    ("working_hours: [9-12]", "working_hours[0]", "write a session as 09:00-12:00", None),
    ("working_hours: [14:00]", "working_hours[0]", "write a session as 09:00-12:00", None),
    ("working_hours: [12:00-09:00]", "working_hours[0]", "must end after it begins", None),
    ("working_hours: [14:00-18:00, 09:00-12:00]", "working_hours", "overlap or are out of order", None),
    ("outbound: {inside: [10.0.0.0/40]}", "outbound.inside[0]", "write a host's name", None),
    ("outbound: {inside: ['https://oa.example']}", "outbound.inside[0]", "write a host's name", None),
    ("policy: {warn_share: 80}", "policy.warn_share", "it must be at most 1, not 80", None),
    (
        "policy: {extension_ask_before: ten days}",
        "policy.extension_ask_before",
        'for example 5wd, not "ten days"',
        None,
    ),
    ("limits_policy: {missing_step: ignore}", "limits_policy.missing_step", "write 'refuse' or 'default'", None),
    ("scheduler: {tick_seconds: 0}", "scheduler.tick_seconds", "it must be more than 0, not 0", None),
    ("demo: true\ndemo: false", "demo", "line 2: the key is given twice, first on line 1", None),
    ("server: {port: 1, port: 2}", "server.port", "the key is given twice", None),
    ("- a\n- b", "", "must consist of keys", None),
]


@pytest.mark.parametrize(("text", "path", "words", "suggestion"), ONE_FAULT, ids=[each[0] for each in ONE_FAULT])
def test_a_fault_is_told_with_its_path(
    tmp_path: Path, text: str, path: str, words: str, suggestion: str | None
) -> None:
    [problem] = faults(write(tmp_path, text))
    assert problem["path"] == path
    assert words in problem["problem"]
    assert problem["suggestion"] == suggestion


def test_the_sentence_reads_like_a_person_wrote_it(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        load_config(write(tmp_path, "databse:\n  url: x\n"), {})
    assert "- databse.url: unknown key (line 2), did you mean database.url?" in refused.value.sentence


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = (
        "databse: {url: x}\nserver: {port: a, hots: b}\ndemo: 1\ntimezone: Mars/Base\ndemo: 2\nworking_hours: [x, y]\n"
    )
    paths = {each["path"] for each in faults(write(tmp_path, text), {"MAPLEBRIDGE_SEVER__PORT": "1"})}
    assert paths == {
        *("databse.url", "server.port", "server.hots", "demo", "timezone", "working_hours[0]", "working_hours[1]"),
        "MAPLEBRIDGE_SEVER__PORT",
    }


@pytest.mark.parametrize(("text", "line"), [("server:\n\tport: 1\n", 2), ("server: {port: 1\ndemo: true\n", 2)])
def test_broken_yaml_is_told_by_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(Invalid) as refused:
        load_config(write(tmp_path, text), {})
    assert refused.value.code == "yaml.broken"
    assert f"config.yaml, line {line}" in refused.value.sentence


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"locale: \xff\xfe")
    for name in ("missing.yaml", "latin.yaml"):
        with pytest.raises(Invalid, match=name) as refused:
            load_config(tmp_path / name, {})
        assert refused.value.code == "config.unreadable"


# the environment


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    env = {
        "MAPLEBRIDGE_DATABASE__URL": "postgresql+psycopg://u:p@db/m",
        "MAPLEBRIDGE_SERVER__PORT": "9000",
        "MAPLEBRIDGE_DEMO": "true",
        "MAPLEBRIDGE_LOCALE": "en",
        "MAPLEBRIDGE_WORKING_HOURS": "[10:00-16:00]",
        "MAPLEBRIDGE_POLICY__WARN_SHARE": "0.5",
        "MAPLEBRIDGE_SERVER__SECRET_KEY": "12345",
        "PATH": "/bin",
    }
    config = load_config(write(tmp_path, "server: {port: 80, host: example.org}"), env)
    assert config.database.url == "postgresql+psycopg://u:p@db/m"
    assert (config.server.port, config.server.host) == (9000, "example.org")
    assert config.demo is True
    assert config.locale == "en"
    assert config.working_hours == ((time(10), time(16)),)
    assert config.policy.warn_share == 0.5
    assert config.server.secret_key.get_secret_value() == "12345"


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("MAPLEBRIDGE_DATABASE_URL", "MAPLEBRIDGE_DATABASE__URL"),
        ("MAPLEBRIDGE_SERVER__PROT", "MAPLEBRIDGE_SERVER__PORT"),
        ("MAPLEBRIDGE_", None),
    ],
)
def test_an_unknown_name_in_the_environment_is_told(name: str, suggestion: str | None) -> None:
    [problem] = faults(None, {name: "x"})
    assert (problem["path"], problem["suggestion"]) == (name, suggestion)


def test_a_wrong_value_names_the_variable_it_came_from() -> None:
    [problem] = faults(None, {"MAPLEBRIDGE_SERVER__PORT": "eighty"})
    assert problem["path"] == "server.port"
    assert "(MAPLEBRIDGE_SERVER__PORT)" in problem["problem"]


def test_names_of_tests_and_of_the_file_itself_are_left_alone() -> None:
    env = {"MAPLEBRIDGE_CONFIG": "x", "MAPLEBRIDGE_TEST_POSTGRES_URL": "y", "MAPLEBRIDGE_TEST_ANYTHING": "z"}
    assert load_config(None, env) == Config()


def test_secrets_are_not_repeated(tmp_path: Path) -> None:
    path = write(tmp_path, "server: {secret_key: 12345678901}\ndatabase: {url: 'mysql://me:hunter2@db/x'}")
    told = str(faults(path))
    assert "12345678901" not in told
    assert "hunter2" not in told
    assert "hunter2" not in repr(load_config(None, {"MAPLEBRIDGE_SERVER__SECRET_KEY": "hunter2"}))


# what only works together


def test_year_tables_are_found_beside_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "calendar: {year_tables: tables}"), {})
    assert config.calendar.year_tables == tmp_path / "tables"


def test_the_configured_calendar_can_be_built() -> None:
    config = Config()
    calendar = WorkingCalendar(
        load_year_tables(packaged_year_tables()),
        config.working_hours,
        config.tz,
        weekend=config.calendar.weekend_days,
        roll_forward=config.calendar.roll_forward,
    )
    assert calendar.tz.key == "Asia/Shanghai"


@pytest.mark.parametrize("text", ["5wd", "1mo", "99999h", "0wd", "05wd", "100000wd", "5 wd", "5d", "wd", ""])
def test_a_length_means_here_what_it_means_to_the_deadlines(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, f"limits_policy: {{default_length: '{text}'}}")
    try:
        parse_length(text)
    except Invalid:
        assert faults(path)
    else:
        assert load_config(path, {}).limits_policy.default_length == text


# serving


@pytest.mark.parametrize(
    ("secret", "words"),
    [(None, "ships with the product"), ("short", "shorter than 32"), ("ab" * 40, "repeats a few characters")],
)
def test_a_weak_secret_is_refused_outside_the_demonstration(secret: str | None, words: str) -> None:
    env = {} if secret is None else {"MAPLEBRIDGE_SERVER__SECRET_KEY": secret}
    with pytest.raises(Invalid, match=words) as refused:
        refuse_unsafe(load_config(None, env))
    assert refused.value.code == "config.unsafe"
    assert "MAPLEBRIDGE_SERVER__SECRET_KEY" in refused.value.sentence
    refuse_unsafe(load_config(None, env | {"MAPLEBRIDGE_DEMO": "true"}))


def test_a_good_secret_may_serve() -> None:
    refuse_unsafe(load_config(None, {"MAPLEBRIDGE_SERVER__SECRET_KEY": "q8Zr3-Vd1_xT5uYw7eLk2aPn9sGh4bJc"}))
