"""Adds the steps of found proofs, for learning."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "found_steps",
        sa.Column("proof_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("goal_key", sa.Text(), nullable=False),
        sa.Column("tactic", sa.Text(), nullable=False),
        sa.CheckConstraint("goal_key <> '' AND tactic <> ''", name=op.f("ck_found_steps_is_named")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_found_steps_is_counted_from_zero")),
        sa.ForeignKeyConstraint(["proof_id"], ["proofs.id"], name=op.f("fk_found_steps_proof_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("proof_id", "position", name=op.f("pk_found_steps")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_found_steps_goal_key"), "found_steps", ["goal_key"], unique=False)
