"""A manual in the reader's words: headings, paragraphs, tables, a picture. The page and the Word file are alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from flask_babel import lazy_gettext as N_

from engine import letters
from engine.deadlines import parse_length
from engine.design.manual import BY_SYSTEM, FRAMES, Clock, Exit, Manual, Step, Way
from engine.design.picture import Drawing
from engine.design.word_file import Block, Heading, Paragraph, Picture, Table
from engine.tasks import Field
from engine.web.context import locale
from engine.web.language import _, bilingual, ngettext
from engine.web.show import tier_name
from engine.web.show_case import length_words
from engine.web.words import word

UNITS: Mapping[str, Any] = {
    "holder": N_("the unit that holds the case"),
    "above": N_("the unit one tier up"),
    "top": N_("the unit at the highest tier"),
    "deciding": N_("the nearest unit with a leader"),
    "mediating": N_("the organisation that mediates the case"),
}
SERVICES: Mapping[str, Any] = {
    "triage": N_("grades the case anew by the decision tables"),
    "raise_tier": N_("moves the case up a tier"),
    "return_down": N_("sends the case back to the unit it came from"),
    "downgrade": N_("moves the case down to the tier that was decided"),
    "pause_clock": N_("stops the tier clock"),
    "resume_clock": N_("lets the tier clock run on"),
    "extend_clock": N_("grants the extension that was asked for"),
    "refuse_extension": N_("refuses the extension that was asked for"),
    "tell": N_("tells those concerned"),
    "card": N_("records a card against the holding unit"),
    "mark_absent": N_("notes who gave no opinion in time"),
    "supervise": N_("opens a supervision notice"),
    "sampled": N_("draws whether the case is checked"),
    "close_case": N_("closes the case"),
    "note": N_("writes a line into the history"),
    "arbitrate": N_("asks the unit above to decide who handles the case"),
    "carry_out": N_("carries out what was decided"),
    "change_hands": N_("moves the case to the unit that was decided on"),
    "return_visit": N_("begins a return visit where the case is drawn for one"),
    "take_up": N_("has the process of the case wait for this one"),
    "hand_back": N_("lets the process of the case go on: closed by an answer, else anew where it was"),
    "stand_by": N_("stops the clocks of the whole case"),
    "stay_anew": N_("begins anew at the same unit, with a clock of its own"),
    "not_solved": N_("gives it back to the same unit, the second time to supervision"),
}
KINDS: Mapping[str, Any] = {
    "scriptTask": N_("sets data of the process"),
    "businessRuleTask": N_("decides by a table"),
    "sendTask": N_("sends a message"),
}


def tell(manual: Manual, tiers: Sequence[str], drawing: Drawing | None) -> list[Block]:
    """`tiers` from the lowest to the highest."""
    blocks: list[Block] = []
    if manual.about:
        blocks.append(Paragraph(_about(manual.about)))
    blocks.append(Paragraph(_("It begins with: %(steps)s.", steps=_joined(_way(way) for way in manual.begins))))
    if drawing is not None:
        blocks.append(Picture(drawing, _("Diagram of %(name)s", name=bilingual(manual.name))))
    blocks.append(Heading(_("Who does what")))
    frames = {step.name: step for step in manual.steps if step.kind in FRAMES}
    done = [step for step in manual.steps if step.kind not in FRAMES and step.kind not in BY_SYSTEM]
    place = {step.element: number for number, step in enumerate(manual.steps)}
    first = {step.frame: place[step.element] for step in reversed(done)} | {
        n: place[f.element] for n, f in frames.items()
    }
    for frame, steps in groupby(sorted(done, key=lambda step: first[step.frame]), key=lambda step: step.frame):
        if frame in frames:
            blocks += _frame(frames[frame])
        elif frames:
            blocks.append(Heading(_("Around it"), 2))
        blocks.append(_steps(list(steps), frames.get(frame)))
    if manual.limits:
        blocks += [Heading(_("Time limits per tier")), _limits(manual.limits, tiers)]
    own = [step for step in manual.steps if step.kind in BY_SYSTEM]
    if own:
        blocks += [Heading(_("What the engine does by itself")), _by_system(own)]
    ends = _joined(bilingual(name) for name in manual.ends if name)
    return [*blocks, Paragraph(_("It ends with: %(ends)s.", ends=ends))] if ends else blocks


def length_in_words(written: str) -> str:
    """`4wh` in words that tell working hours from hours of the clock; what is no length stays as written."""
    if not written or not written[0].isdigit():
        return written
    length = parse_length(written)
    match length.unit:
        case "wh":
            return ngettext("%(num)d working hour", "%(num)d working hours", length.amount)
        case "wm":
            return ngettext("%(num)d working minute", "%(num)d working minutes", length.amount)
        case "h":
            return ngettext("%(num)d hour, day and night", "%(num)d hours, day and night", length.amount)
        case _:
            return length_words(written)


def _frame(frame: Step) -> list[Block]:
    blocks: list[Block] = [Heading(bilingual(frame.name), 2)]
    if frame.about:
        blocks.append(Paragraph(_about(frame.about)))
    blocks += [Paragraph(line) for line in (*map(_clock, frame.clocks), *map(_exit, frame.exits))]
    if frame.ways:
        blocks.append(Paragraph(_("Afterwards: %(steps)s.", steps=_joined(_way(way) for way in frame.ways))))
    return blocks


def _steps(steps: Sequence[Step], frame: Step | None) -> Table:
    head = (_("Step"), _("Who"), _("What is asked"), _("Until when"), _("What comes next"))
    rows = tuple(
        (
            (bilingual(step.name), *([_about(step.about)] if step.about else [])),
            tuple(_who(step)),
            tuple(_field(each) for each in step.fields),
            (*map(_clock, step.clocks), *_around(step, frame), *map(_exit, step.exits)),
            (*(_way(way) for way in step.ways), *_letters(step)),
        )
        for step in steps
    )
    return Table(head, rows, (16, 18, 26, 20, 20))


def _letters(step: Step) -> Iterable[str]:
    if step.letters:
        yield _("Letters: %(letters)s", letters=_joined(letters.KINDS[kind].name(locale()) for kind in step.letters))


def _around(step: Step, frame: Step | None) -> Iterable[str]:
    """A step without a limit of its own has the time of the frame it stands in."""
    if frame is not None and frame.clocks and step.asks and not any(clock.ends_step for clock in step.clocks):
        yield _("within the time of “%(frame)s”", frame=bilingual(frame.name))


def _by_system(steps: Sequence[Step]) -> Table:
    head = (_("Step"), _("What it does"), _("What comes next"))
    rows = tuple(
        (
            (bilingual(step.name),),
            (str(SERVICES.get(step.service) or KINDS.get(step.kind) or step.service),),
            (*map(_exit, step.exits), *(_way(way) for way in step.ways)),
        )
        for step in steps
    )
    return Table(head, rows, (26, 40, 34))


def _limits(limits: Mapping[str, Mapping[str, str]], tiers: Sequence[str]) -> Table:
    head = (_("Time limit"), *(str(tier_name(tier)) for tier in tiers))
    rows = tuple(
        (
            (str(word(step, "step")),),
            *((length_in_words(by_tier.get(tier) or by_tier.get("") or "") or "—",) for tier in tiers),
        )
        for step, by_tier in limits.items()
    )
    return Table(head, rows, (22, *(13 for _tier in tiers)))


def _who(step: Step) -> Iterable[str]:
    if step.calls:
        yield _("a process of its own")
        return
    if not step.asks:
        yield _("nobody: the case waits")
        return
    unit = str(UNITS.get(step.unit) or (tier_name(step.unit) if step.unit.isidentifier() else ""))
    yield unit or _("whoever the case names")
    if step.roles:
        yield _joined(str(word(role, "role")) for role in step.roles)
    if step.many:
        yield _("each of several for themselves")


def _field(field: Field) -> str:
    said = field.label(locale()) + (" *" if field.required else "")
    return f"{said}: {_joined(choice.label(locale()) for choice in field.choices)}" if field.choices else said


def _clock(clock: Clock) -> str:
    said = {"name": bilingual(clock.name), "next": _joined(_way(way) for way in clock.ways) or "—"}
    if clock.step:
        said["length"] = _("limit “%(step)s”, see below", step=word(clock.step, "step"))
    else:
        said["length"] = length_in_words(clock.length)
    if clock.ends_step:
        return _("%(name)s (%(length)s): the step ends, then %(next)s", **said)
    return _("%(name)s (%(length)s): the step goes on, and %(next)s", **said)


def _exit(exit_: Exit) -> str:
    return _("%(name)s: %(next)s", name=bilingual(exit_.name), next=_joined(_way(way) for way in exit_.ways) or "—")


def _way(way: Way) -> str:
    answers = [" ".join(filter(None, (bilingual(question), bilingual(answer)))) for question, answer in way.said]
    return " → ".join((*answers, bilingual(way.to)))


def _about(text: str) -> str:
    """A sentence may end right before the slash: `……框上。/ One stay …`."""
    return bilingual(text.replace("。/ ", "。 / "))


def _joined(words: Iterable[str]) -> str:
    return ("、" if locale().startswith("zh") else ", ").join(words)
