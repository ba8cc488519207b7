"""The time limits of a process as a table of steps and tiers, or as the text of the file itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deploy, design
from engine.deadlines import parse_length
from engine.design import ANY
from engine.errors import Conflict, Invalid, Refusal
from engine.runtime import Finding
from engine.web.context import looking, now, viewer, world
from engine.web.design.blueprint import may_miss, pages, seen, text
from engine.web.design.files import by_whom, file_of
from engine.web.language import _, bilingual
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of
from engine.web.show import tier_name
from engine.web.show_case import length_words

UNITS: Mapping[str, Any] = {
    "wd": N_("working days"),
    "cd": N_("calendar days"),
    "wh": N_("working hours"),
    "wm": N_("working minutes"),
    "h": N_("hours"),
    "mo": N_("months"),
}
NEW = "+"
"""Stands for a step that is not there yet."""
MOST_STEPS = 30
"""A longer file is edited as a text."""
NO_LENGTH = {"zh": "请填写 1 至 99999 的整数。", "en": "Write a whole number from 1 to 99999."}
NO_NAME = {"zh": "环节名由字母、数字和下划线组成。", "en": "A step is a word of letters, digits and _."}
TAKEN = {"zh": "已有这个环节。", "en": "There is such a step already."}


@dataclass(frozen=True, slots=True)
class Cell:
    """One length to fill in. `in_force` and `kept` are in words, where they say something else than the cell."""

    name: str
    tier: str
    amount: str
    unit: str
    in_force: str
    kept: str


@dataclass(frozen=True, slots=True)
class Row:
    step: str
    asked_by: Sequence[str]
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Block:
    """Steps that are divided by the same: tiers, or what else a file names."""

    columns: Sequence[str]
    rows: Sequence[Row]


@pages.get("/proposals/<int:proposal_id>/limits/<path:path>")
@policy("process.publish")
def edit_limits(proposal_id: int, path: str) -> str:
    return _page(proposal_id, path)


@pages.post("/proposals/<int:proposal_id>/limits/<path:path>")
@policy("process.publish")
def save_limits(proposal_id: int, path: str) -> Response | tuple[str, int]:
    _must_be_limits(path)
    with looking() as session:
        kept, _revision = file_of(session, design.get_proposal(session, proposal_id), path)
    try:
        content = _sent(path, kept)

        def act(session: Session) -> Done:
            if content != kept:
                common: dict[str, Any] = {"actor_id": viewer().person_id, "now": now()}
                design.save_file(session, proposal_id, path, content, seen=seen(), **common)
            return Done(url_for("design.edit_limits", proposal_id=proposal_id, path=path), _("Saved in the proposal."))

        return once(act)
    except (Invalid, Conflict) as refusal:
        return _page(proposal_id, path, refused=refusal), refusal.status


def _sent(path: str, kept: bytes) -> bytes:
    """The file as it is wanted. Raises Invalid with `fields` for cells that say no length."""
    if "text" in request.form:
        return request.form["text"].replace("\r\n", "\n").encode()
    wanted: dict[design.Cell, str] = {}
    wrong: dict[str, Mapping[str, str]] = {}
    known, added = design.read_limit_table(path, kept).steps, False
    for name in (each for each in request.form if each.startswith("amount ")):
        _amount, step, tier = (*name.split(" "), "", "")[:3]
        length = _length(name)
        if length:
            try:
                parse_length(length)
            except Refusal:
                wrong[name] = NO_LENGTH
        if step == NEW:
            added |= bool(length)
            step = text("step") if length else ""
        if step:
            wanted[step, tier] = length
    if (added or text("step")) and (not design.WORD.fullmatch(text("step")) or text("step") in known):
        wrong["step"] = TAKEN if text("step") in known else NO_NAME
    if text("step") and not added:
        wrong.setdefault(f"amount {NEW} {ANY}", NO_LENGTH)
    if wrong:
        raise Invalid("limits.cells", "Some lengths cannot be read.", fields=wrong)
    return design.write_limits(path, kept, wanted)


def _length(name: str) -> str:
    """`5` and the unit beside it, or `5wd` as somebody typed it."""
    amount = "".join(text(name).split())
    return f"{amount}{text(name.replace('amount', 'unit', 1))}" if amount.isdecimal() else amount


def _page(proposal_id: int, path: str, *, refused: Invalid | Conflict | None = None) -> str:
    _must_be_limits(path)
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        content, revision = file_of(session, proposal, path)
        files, force = design.files_of(session, proposal), deploy.files_in_force(session)
        fields = refused.facts.get("fields") if refused else None
        blocks, broken = _blocks(path, content, files, force, typed=bool(refused))
        findings = [each for each in deploy.check_release(files, limits_may_miss=may_miss()) if each.file == path]
        return render_template(
            "design/limits.html",
            proposal=proposal,
            open=proposal.state == design.ProposalState.OPEN,
            path=path,
            revision=revision,
            blocks=blocks,
            new=_new_row(blocks),
            units=UNITS,
            column_words=column_words,
            as_text=request.form.get("text") or content.decode("utf-8", "replace"),
            broken=broken,
            findings=findings,
            share=round(world().config.policy.warn_share * 100),
            refused=refused,
            refused_words=sentence_of(refused) if refused else "",
            whom=by_whom(refused) if refused else {},
            wrong=fields or _wrong_cells(findings),
        )


def _wrong_cells(findings: Sequence[Finding]) -> Mapping[str, Mapping[str, str]]:
    """Lengths that were written wrong in the file itself, by the name of their cell."""
    wrong = {}
    for each in findings:
        if each.code == "limits.invalid" and each.element:
            step, _dot, tier = each.element.partition(".")
            wrong[f"amount {step} {tier or ANY}"] = NO_LENGTH
    return wrong


def _blocks(
    path: str, content: bytes, files: Mapping[str, bytes], force: Mapping[str, bytes], *, typed: bool
) -> tuple[list[Block], Refusal | None]:
    try:
        table = design.read_limit_table(path, content)
    except Invalid as refusal:
        return [], refusal
    if len(table.steps) > MOST_STEPS:
        return [], Invalid("limits.too_many", f"{path} has more than {MOST_STEPS} steps.")
    try:
        before = design.read_limit_table(path, force.get(path, b"")).cells
    except Invalid:
        before = {}
    asked = design.askers(files, path)
    tiers = (*(tier.id for tier in world().config.tiers), ANY)
    blocks: dict[tuple[str, ...], list[Row]] = {tiers: []}
    for step, own in table.steps.items():
        columns = tiers if set(own) <= set(tiers) else tuple(dict.fromkeys((*(t for t in own if t != ANY), ANY)))
        cells = [_cell(step, tier, table.cells, before, typed=typed) for tier in columns]
        blocks.setdefault(columns, []).append(Row(step, [bilingual(each) for each in asked.get(step, ())], cells))
    return [Block(columns, rows) for columns, rows in blocks.items()], None


def _cell(
    step: str, tier: str, kept: Mapping[design.Cell, str], before: Mapping[design.Cell, str], *, typed: bool
) -> Cell:
    name = f"amount {step} {tier}"
    now_kept = kept.get((step, tier), "")
    typed = typed and name in request.form
    length = _length(name) if typed else now_kept
    amount, unit = _parts(length)
    if typed and not unit:
        unit = text(name.replace("amount", "unit", 1))
    in_force = before.get((step, tier), "")
    return Cell(
        name,
        tier,
        amount,
        unit or _parts(in_force or kept.get((step, ANY), ""))[1] or "wd",
        _words(in_force) if in_force != length else "",
        _words(now_kept) if now_kept != length else "",
    )


def _new_row(blocks: Sequence[Block]) -> Row | None:
    if not blocks:
        return None
    return Row(NEW, (), [_cell(NEW, tier, {}, {}, typed=True) for tier in blocks[0].columns])


def _parts(length: str) -> tuple[str, str]:
    digits = length.rstrip("wdcmho") if length[:1].isdecimal() else length
    unit = length.removeprefix(digits)
    return (digits, unit) if unit in UNITS else (length, "")


def _words(length: str) -> str:
    if not length:
        return _("nothing")
    try:
        return length_words(length)
    except Refusal:
        return length


def column_words(column: str) -> str:
    return _("the other tiers") if column == ANY else tier_name(column)


def _must_be_limits(path: str) -> None:
    if not path.endswith("/limits.yaml"):
        abort(404)
