"""Adds the queue of theorems, counts of attempts, lineage, steps of courses, and watched repositories."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
TEXT = sa.Text()
JSON = sa.Text()


def upgrade() -> None:
    """Makes the tables."""
    _prospects()
    _yields()
    _lineage()
    _lessons()
    _watches()
    _fill()


def _prospects() -> None:
    op.create_table(
        "prospects",
        sa.Column("theorem_id", WHOLE, nullable=False),
        sa.Column("repository_id", WHOLE, nullable=False),
        sa.Column("tried", WHOLE, nullable=False),
        sa.Column("tried_at", REAL, nullable=False),
        sa.Column("knew", WHOLE, nullable=False),
        sa.Column("difficulty", REAL, nullable=False),
        sa.CheckConstraint("tried BETWEEN 0 AND 4", name=op.f("ck_prospects_is_tried_so_often")),
        sa.CheckConstraint("tried_at >= 0 AND knew >= 0", name=op.f("ck_prospects_is_counted_from_zero")),
        sa.ForeignKeyConstraint(
            ["theorem_id"], ["theorems.id"], name=op.f("fk_prospects_theorem_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_prospects_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("theorem_id", name=op.f("pk_prospects")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_prospects_to_try", "prospects", ["repository_id", "tried", "tried_at", "difficulty"], unique=False
    )


def _yields() -> None:
    op.create_table(
        "yields",
        sa.Column("repository_id", WHOLE, nullable=False),
        sa.Column("tried", WHOLE, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("proved", WHOLE, nullable=False),
        sa.Column("seconds", REAL, nullable=False),
        sa.CheckConstraint(
            "tried >= 0 AND attempts >= 0 AND proved >= 0 AND seconds >= 0",
            name=op.f("ck_yields_is_counted_from_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_yields_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("repository_id", "tried", name=op.f("pk_yields")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _lineage() -> None:
    op.create_table(
        "lineage",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("theorem_id", WHOLE, nullable=False),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("statement_key", TEXT, nullable=False),
        sa.Column("proof_id", WHOLE, nullable=True),
        sa.Column("run_id", WHOLE, nullable=True),
        sa.Column("at", REAL, nullable=False),
        sa.CheckConstraint(
            "event IN ('found', 'kept', 'moved', 'broken', 'mended', 'gone')", name=op.f("ck_lineage_event_is_known")
        ),
        sa.CheckConstraint("revision <> '' AND statement_key <> ''", name=op.f("ck_lineage_is_named")),
        sa.ForeignKeyConstraint(["proof_id"], ["proofs.id"], name=op.f("fk_lineage_proof_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_lineage_run_id")),
        sa.ForeignKeyConstraint(
            ["theorem_id"], ["theorems.id"], name=op.f("fk_lineage_theorem_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lineage")),
        sa.UniqueConstraint("theorem_id", "revision", "event", name=op.f("uq_lineage_theorem_id_revision_event")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_lineage_proof_id"), "lineage", ["proof_id"], unique=False)
    op.create_index(op.f("ix_lineage_run_id"), "lineage", ["run_id"], unique=False)


def _lessons() -> None:
    op.create_table(
        "lessons",
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("round", WHOLE, nullable=False),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("record", JSON, nullable=False),
        sa.Column("ended_at", REAL, nullable=False),
        sa.CheckConstraint("kind <> ''", name=op.f("ck_lessons_is_named")),
        sa.CheckConstraint("position >= 0 AND round >= 0", name=op.f("ck_lessons_is_counted_from_zero")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_lessons_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_lessons")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _watches() -> None:
    op.create_table(
        "watches",
        sa.Column("repository_id", WHOLE, nullable=False),
        sa.Column("revision", TEXT, nullable=True),
        sa.Column("seen_at", REAL, nullable=False),
        sa.Column("failures", WHOLE, nullable=False),
        sa.Column("fault", TEXT, nullable=True),
        sa.Column("next_at", REAL, nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_watches_is_counted_from_zero")),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_watches_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("repository_id", name=op.f("pk_watches")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_watches_next_at"), "watches", ["next_at"], unique=False)


def _fill() -> None:
    """What is open in a database that has theorems already waits to be tried, too."""
    op.execute(
        "INSERT INTO prospects (theorem_id, repository_id, tried, tried_at, knew, difficulty) "
        "SELECT t.id, t.repository_id, "
        "(SELECT CASE WHEN COUNT(*) > 4 THEN 4 ELSE COUNT(*) END FROM attempts a WHERE a.theorem_id = t.id), "
        "COALESCE((SELECT MAX(a.started_at) FROM attempts a WHERE a.theorem_id = t.id), 0.0), 0, t.difficulty "
        f"FROM theorems t WHERE {_true('t.present')} AND {_true('t.incomplete')} AND t.proof_id IS NULL"
    )


def _true(column: str) -> str:
    return column if op.get_bind().dialect.name == "postgresql" else f"{column} = 1"
