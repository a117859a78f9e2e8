"""Adds the exchanges with language models, and their ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
TEXT = sa.Text()


def upgrade() -> None:
    """Makes the table and its indices."""
    named = "uid <> '' AND theorem <> '' AND model <> '' AND purpose <> ''"
    counted = "round >= 0 AND requests >= 0 AND tokens_in >= 0 AND tokens_out >= 0"
    rated = "correct BETWEEN 0 AND 6 AND helpful BETWEEN 0 AND 6"
    constraints: list[sa.schema.SchemaItem] = [
        sa.CheckConstraint(named, name=op.f("ck_exchanges_is_named")),
        sa.CheckConstraint(counted, name=op.f("ck_exchanges_is_counted_from_zero")),
        sa.CheckConstraint(rated, name=op.f("ck_exchanges_is_rated_from_0_to_6")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_exchanges_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("uid", name=op.f("uq_exchanges_uid")),
    ]
    op.create_table(
        "exchanges",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("run_id", WHOLE, nullable=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("theorem", "module", "statement_key", "model")),
        sa.Column("round", WHOLE, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("purpose", "system", "prompt", "answers", "outcome")),
        *(sa.Column(name, WHOLE, nullable=False) for name in ("requests", "tokens_in", "tokens_out")),
        *(sa.Column(name, REAL, nullable=False) for name in ("cost", "seconds", "asked_at")),
        sa.Column("correct", WHOLE, nullable=True),
        sa.Column("helpful", WHOLE, nullable=True),
        sa.Column("remark", TEXT, nullable=True),
        *constraints,
        sqlite_strict=True,
    )
    op.create_index("ix_exchanges_run_id", "exchanges", ["run_id"], unique=False)
    op.create_index("ix_exchanges_statement_key", "exchanges", ["statement_key"], unique=False)
