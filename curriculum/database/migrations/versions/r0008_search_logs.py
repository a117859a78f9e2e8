"""Adds the logs of searches."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
TEXT = sa.Text()
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the table and its indexes."""
    constraints: list[sa.schema.SchemaItem] = [
        sa.CheckConstraint("uid <> '' AND repository <> '' AND theorem <> ''", name=op.f("ck_search_logs_is_named")),
        sa.CheckConstraint("goals >= 0 AND tried >= 0", name=op.f("ck_search_logs_is_counted_from_zero")),
        sa.CheckConstraint("proved IN (0, 1)", name=op.f("ck_search_logs_proved_is_a_flag")).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_search_logs_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_logs")),
        sa.UniqueConstraint("uid", name=op.f("uq_search_logs_uid")),
    ]
    op.create_table(
        "search_logs",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("run_id", WHOLE, nullable=True),
        sa.Column("repository", TEXT, nullable=False),
        sa.Column("module", TEXT, nullable=False),
        sa.Column("theorem", TEXT, nullable=False),
        sa.Column("statement_key", TEXT, nullable=False),
        sa.Column("proved", FLAG, nullable=False),
        sa.Column("goals", WHOLE, nullable=False),
        sa.Column("tried", WHOLE, nullable=False),
        sa.Column("made_at", REAL, nullable=False),
        sa.Column("log", sa.LargeBinary(), nullable=False),
        *constraints,
        sqlite_strict=True,
    )
    op.create_index("ix_search_logs_run_id", "search_logs", ["run_id"], unique=False)
    op.create_index("ix_search_logs_repository", "search_logs", ["repository"], unique=False)
