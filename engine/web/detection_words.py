"""Why something was found, in words: every finding says by which figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as N_

from engine.detection import Finding, FindingKind, Likeness
from engine.web.language import _, ngettext
from engine.web.words import word

KINDS: Mapping[str, Any] = {
    "duplicate": N_("The same twice"),
    "cluster": N_("Many at once"),
    "surge": N_("Sudden growth"),
    "return": N_("Comes back again and again"),
}
STATES: Mapping[str, Any] = {
    "open": N_("to decide"),
    "accepted": N_("accepted"),
    "dismissed": N_("dismissed"),
    "absorbed": N_("part of a cluster"),
}
GROUNDS: Mapping[str, Any] = {
    "person": N_("same person"),
    "place": N_("same place"),
    "near": N_("close by"),
    "category": N_("same category"),
    "text": N_("similar text"),
}


def register(app: Flask) -> None:
    app.jinja_env.filters.update(because=because, in_short=in_short, kind_of_finding=lambda kind: KINDS[kind])
    app.jinja_env.globals.update(alike_words=alike_words, finding_states=STATES)


def because(finding: Finding, facts: Mapping[str, Any]) -> str:
    """One or two sentences with the figures that led to it, as whoever reads may know them (`Line.facts`)."""
    category = word(finding.category, "category")
    match FindingKind(finding.kind):
        case FindingKind.DUPLICATE:
            minutes = int(facts.get("apart_minutes") or 0)
            return _(
                "Two open cases are %(score)d %% alike: %(grounds)s. They came %(apart)s apart.",
                score=facts.get("score", 0),
                grounds=_grounds(facts.get("grounds") or ()),
                apart=_apart(minutes),
            )
        case FindingKind.CLUSTER:
            return _(
                "%(count)d cases of “%(category)s” came from neighbouring places within %(hours)d hours.",
                count=facts.get("count", 0),
                category=category,
                hours=facts.get("hours", 0),
            )
        case FindingKind.SURGE:
            return _(
                "%(count)d cases of “%(category)s” came within seven days; in the %(weeks)s weeks before it were "
                "%(mean)s a week.",
                count=facts.get("count", 0),
                category=category,
                weeks=f"{facts.get('weeks', 0):g}",
                mean=f"{facts.get('mean', 0):g}",
            )
        case FindingKind.RETURN:
            return _(
                "“%(category)s” was closed here %(times)d times within a year, and has come again: its cause was never "
                "removed.",
                category=category,
                times=facts.get("times", 0),
            )


def in_short(finding: Finding) -> str:
    """What a finding is about, without a number of cases: some of them may be hidden from whoever reads."""
    category = word(finding.category, "category")
    match FindingKind(finding.kind):
        case FindingKind.DUPLICATE:
            return because(finding, finding.facts)
        case FindingKind.CLUSTER:
            return _(
                "Many cases of “%(category)s” came from neighbouring places within %(hours)d hours.",
                category=category,
                hours=finding.facts.get("hours", 0),
            )
        case FindingKind.SURGE:
            return _("Cases of “%(category)s” have grown suddenly within seven days.", category=category)
        case FindingKind.RETURN:
            return _(
                "“%(category)s” was closed here before, and has come again: its cause was never removed.",
                category=category,
            )


def alike_words(likeness: Likeness) -> str:
    """By what a case looks like another one."""
    return _("%(score)d %% alike: %(grounds)s", score=likeness.score, grounds=_grounds(likeness.grounds))


def _grounds(grounds: Sequence[str]) -> str:
    return " · ".join(str(GROUNDS.get(each, each)) for each in grounds)


def _apart(minutes: int) -> str:
    if minutes < 60:
        return _("%(minutes)d min", minutes=minutes)
    hours = round(minutes / 60)
    return _("%(hours)d h", hours=hours) if hours < 48 else ngettext("%(num)d day", "%(num)d days", round(hours / 24))
