"""The words of each unit, for searches by the beginning of a word; made of what search knows of the cases."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TIERS = 3
AT_ONCE = 2_000


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    collation = "C" if on_postgres else None
    op.create_table(
        "unit_word",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", sa.String(64, collation=collation), nullable=False),
        sa.Column("word", sa.String(40, collation=collation), nullable=False),
    )
    new = sa.text("INSERT INTO unit_word (unit_id, word) VALUES (:unit, :word)")
    for unit, words in _words().items():
        op.get_bind().execute(new, [{"unit": unit, "word": word} for word in sorted(words)])
    op.create_index("ix_unit_word_unit_id_word", "unit_word", ["unit_id", "word"])


def _words() -> dict[str, set[str]]:
    """By unit of the upper tiers. A mark is a word of the index that stands for a unit, of whichever tier."""
    units = op.get_bind().scalars(sa.text("SELECT id FROM unit")).all()
    shelves = {
        "§" + "".join(sign if sign.isascii() and sign.isalnum() else "·" for sign in unit): ".".join(
            unit.split(".")[:TIERS]
        )
        for unit in units
    }
    found: dict[str, set[str]] = {}
    for words in _rows():
        kept = {word for word in words if not word[0].isdigit() and word[0] not in "§¤"}
        for unit in {shelves[word] for word in words if word in shelves}:
            found.setdefault(unit, set()).update(kept)
    return found


def _rows() -> Iterator[list[str]]:
    bind = op.get_bind()
    on_postgres = bind.dialect.name == "postgresql"
    row = sa.table("case_text", sa.column("case_id", sa.Integer), sa.column("words"))
    words = sa.func.tsvector_to_array(row.c.words) if on_postgres else row.c.words
    after = 0
    while True:
        some = sa.select(row.c.case_id, words).where(row.c.case_id > after).order_by(row.c.case_id).limit(AT_ONCE)
        rows = bind.execute(some).all()
        if not rows:
            return
        after = rows[-1][0]
        for _, each in rows:
            yield each if on_postgres else each.split()
