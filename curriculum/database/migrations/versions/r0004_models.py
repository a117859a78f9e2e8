"""Adds the directories of models, and counts of generators' suggestions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "model_files",
        sa.Column("model_id", WHOLE, nullable=False),
        sa.Column("directory", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("format", TEXT, nullable=False),
        sa.CheckConstraint("directory <> '' AND format <> ''", name=op.f("ck_model_files_is_named")),
        sa.CheckConstraint("kind IN ('seq2seq', 'causal')", name=op.f("ck_model_files_kind_is_known")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_model_files_model_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_files")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "generator_counts",
        sa.Column("repository_id", WHOLE, nullable=False),
        sa.Column("shape", TEXT, nullable=False),
        sa.Column("generator", TEXT, nullable=False),
        sa.Column("tried", WHOLE, nullable=False),
        sa.Column("advanced", WHOLE, nullable=False),
        sa.Column("used", WHOLE, nullable=False),
        sa.CheckConstraint("shape <> '' AND generator <> ''", name=op.f("ck_generator_counts_is_named")),
        sa.CheckConstraint(
            "tried >= 0 AND advanced >= 0 AND used >= 0", name=op.f("ck_generator_counts_is_counted_from_zero")
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repositories.id"],
            name=op.f("fk_generator_counts_repository_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("repository_id", "shape", "generator", name=op.f("pk_generator_counts")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
