"""Adds the proofs of runs that hold together, with the open theorems that they rest on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the table and its index."""
    constraints: list[sa.schema.SchemaItem] = [
        sa.CheckConstraint("theorem <> '' AND file <> '' AND statement_key <> ''", name=op.f("ck_run_proofs_is_named")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_run_proofs_is_counted_from_zero")),
        sa.CheckConstraint("whole IN (0, 1)", name=op.f("ck_run_proofs_whole_is_a_flag")).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_proofs_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_run_proofs_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_proofs")),
    ]
    op.create_table(
        "run_proofs",
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("repository_id", WHOLE, nullable=False),
        sa.Column("theorem", TEXT, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("statement_key", TEXT, nullable=False),
        sa.Column("scripts", TEXT, nullable=False),
        sa.Column("whole", FLAG, nullable=False),
        sa.Column("rests_on", TEXT, nullable=False),
        *constraints,
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_proofs_repository_id", "run_proofs", ["repository_id"], unique=False)
