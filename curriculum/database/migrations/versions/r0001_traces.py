"""Repositories, and what Lean says of their modules."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
JSON = sa.Text()
BYTES = sa.LargeBinary()


def upgrade() -> None:
    """Makes the tables."""
    _repositories()
    _snapshots()
    _modules()
    _snapshot_modules()
    _declarations()
    _constants()
    _mentions()
    _states()
    _goals()
    _tactic_steps()
    _premise_uses()
    _sorries()


def _repositories() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("follows", TEXT, nullable=True),
        sa.Column("added_at", REAL, nullable=False),
        sa.CheckConstraint("location <> ''", name=op.f("ck_repositories_is_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repositories")),
        sa.UniqueConstraint("location", name=op.f("uq_repositories_location")),
        sqlite_strict=True,
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("repository_id", WHOLE, nullable=False),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("dirty", FLAG, nullable=False),
        sa.Column("toolchain", TEXT, nullable=False),
        sa.Column("began_at", REAL, nullable=False),
        sa.Column("traced_at", REAL, nullable=True),
        sa.CheckConstraint("revision <> '' AND toolchain <> ''", name=op.f("ck_snapshots_is_named")),
        sa.CheckConstraint("dirty IN (0, 1)", name=op.f("ck_snapshots_dirty_is_a_flag")).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_snapshots_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint(
            "repository_id", "revision", "toolchain", name=op.f("uq_snapshots_repository_id_revision_toolchain")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_snapshots_repository_id_traced_at"), "snapshots", ["repository_id", "traced_at"], unique=False
    )


def _modules() -> None:
    op.create_table(
        "modules",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("toolchain", TEXT, nullable=False),
        sa.Column("imports", JSON, nullable=False),
        sa.CheckConstraint("key <> '' AND name <> '' AND digest <> ''", name=op.f("ck_modules_is_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
        sa.UniqueConstraint("id", "name", name=op.f("uq_modules_id_name")),
        sa.UniqueConstraint("key", name=op.f("uq_modules_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_modules_name"), "modules", ["name"], unique=False)


def _snapshot_modules() -> None:
    op.create_table(
        "snapshot_modules",
        sa.Column("snapshot_id", WHOLE, nullable=False),
        sa.Column("module_id", WHOLE, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.CheckConstraint("path <> ''", name=op.f("ck_snapshot_modules_is_named")),
        sa.ForeignKeyConstraint(
            ["module_id", "name"], ["modules.id", "modules.name"], name=op.f("fk_snapshot_modules_module_id_name")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name=op.f("fk_snapshot_modules_snapshot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "module_id", name=op.f("pk_snapshot_modules")),
        sa.UniqueConstraint("snapshot_id", "name", name=op.f("uq_snapshot_modules_snapshot_id_name")),
        sa.UniqueConstraint("snapshot_id", "path", name=op.f("uq_snapshot_modules_snapshot_id_path")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_snapshot_modules_module_id"), "snapshot_modules", ["module_id"], unique=False)


def _declarations() -> None:
    op.create_table(
        "declarations",
        sa.Column("module_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("statement_key", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("start", WHOLE, nullable=False),
        sa.Column("stop", WHOLE, nullable=False),
        sa.Column("selection", WHOLE, nullable=False),
        sa.Column("visibility", TEXT, nullable=False),
        sa.Column("namespace", TEXT, nullable=False),
        sa.Column("docstring", TEXT, nullable=True),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("proof", TEXT, nullable=True),
        sa.Column("incomplete", FLAG, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_declarations_is_named")),
        sa.CheckConstraint("proof IN ('tactic', 'term')", name=op.f("ck_declarations_proof_is_known")),
        sa.CheckConstraint(
            "visibility IN ('public', 'private', 'protected')", name=op.f("ck_declarations_visibility_is_known")
        ),
        sa.CheckConstraint("incomplete IN (0, 1)", name=op.f("ck_declarations_incomplete_is_a_flag")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint(
            "position >= 0 AND start >= 0 AND stop - start >= 0 AND selection >= 0",
            name=op.f("ck_declarations_is_counted_from_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_declarations_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("module_id", "position", name=op.f("pk_declarations")),
        sa.UniqueConstraint("name", "module_id", name=op.f("uq_declarations_name_module_id")),
        sqlite_strict=True,
    )


def _constants() -> None:
    op.create_table(
        "constants",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("module", TEXT, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_constants_is_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_constants")),
        sa.UniqueConstraint("name", "module", name=op.f("uq_constants_name_module")),
        sqlite_strict=True,
    )


def _mentions() -> None:
    op.create_table(
        "mentions",
        sa.Column("module_id", WHOLE, nullable=False),
        sa.Column("declaration", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("constant_id", WHOLE, nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_mentions_is_counted_from_zero")),
        sa.ForeignKeyConstraint(["constant_id"], ["constants.id"], name=op.f("fk_mentions_constant_id")),
        sa.ForeignKeyConstraint(
            ["module_id", "declaration"],
            ["declarations.module_id", "declarations.position"],
            name=op.f("fk_mentions_module_id_declaration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("module_id", "declaration", "position", name=op.f("pk_mentions")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_mentions_constant_id"), "mentions", ["constant_id"], unique=False)


def _states() -> None:
    op.create_table(
        "states",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("digest", BYTES, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_states")),
        sa.UniqueConstraint("digest", name=op.f("uq_states_digest")),
        sqlite_strict=True,
    )


def _goals() -> None:
    op.create_table(
        "goals",
        sa.Column("state_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_goals_is_counted_from_zero")),
        sa.ForeignKeyConstraint(["state_id"], ["states.id"], name=op.f("fk_goals_state_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("state_id", "position", name=op.f("pk_goals")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_goals_key"), "goals", ["key"], unique=False)


def _tactic_steps() -> None:
    op.create_table(
        "tactic_steps",
        sa.Column("module_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("declaration", WHOLE, nullable=True),
        sa.Column("outside", TEXT, nullable=True),
        sa.Column("start", WHOLE, nullable=False),
        sa.Column("stop", WHOLE, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("depth", WHOLE, nullable=False),
        sa.Column("before_id", WHOLE, nullable=False),
        sa.Column("after_id", WHOLE, nullable=True),
        sa.CheckConstraint("(declaration IS NULL) <> (outside IS NULL)", name=op.f("ck_tactic_steps_is_part_of_one")),
        sa.CheckConstraint(
            "position >= 0 AND start >= 0 AND stop - start >= 0 AND depth >= 0",
            name=op.f("ck_tactic_steps_is_counted_from_zero"),
        ),
        sa.ForeignKeyConstraint(["after_id"], ["states.id"], name=op.f("fk_tactic_steps_after_id")),
        sa.ForeignKeyConstraint(["before_id"], ["states.id"], name=op.f("fk_tactic_steps_before_id")),
        sa.ForeignKeyConstraint(
            ["module_id", "declaration"],
            ["declarations.module_id", "declarations.position"],
            name=op.f("fk_tactic_steps_module_id_declaration"),
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_tactic_steps_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("module_id", "position", name=op.f("pk_tactic_steps")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tactic_steps_after_id"), "tactic_steps", ["after_id"], unique=False)
    op.create_index(op.f("ix_tactic_steps_before_id"), "tactic_steps", ["before_id"], unique=False)
    op.create_index(
        op.f("ix_tactic_steps_module_id_declaration"), "tactic_steps", ["module_id", "declaration"], unique=False
    )


def _premise_uses() -> None:
    op.create_table(
        "premise_uses",
        sa.Column("module_id", WHOLE, nullable=False),
        sa.Column("step", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("constant_id", WHOLE, nullable=False),
        sa.Column("start", WHOLE, nullable=False),
        sa.Column("stop", WHOLE, nullable=False),
        sa.CheckConstraint(
            "position >= 0 AND start >= 0 AND stop - start >= 0", name=op.f("ck_premise_uses_is_counted_from_zero")
        ),
        sa.ForeignKeyConstraint(["constant_id"], ["constants.id"], name=op.f("fk_premise_uses_constant_id")),
        sa.ForeignKeyConstraint(
            ["module_id", "step"],
            ["tactic_steps.module_id", "tactic_steps.position"],
            name=op.f("fk_premise_uses_module_id_step"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("module_id", "step", "position", name=op.f("pk_premise_uses")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_premise_uses_constant_id"), "premise_uses", ["constant_id"], unique=False)


def _sorries() -> None:
    op.create_table(
        "sorries",
        sa.Column("module_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("declaration", WHOLE, nullable=True),
        sa.Column("outside", TEXT, nullable=True),
        sa.Column("start", WHOLE, nullable=False),
        sa.Column("stop", WHOLE, nullable=False),
        sa.Column("term", FLAG, nullable=False),
        sa.Column("goal", TEXT, nullable=False),
        sa.Column("goal_key", TEXT, nullable=False),
        sa.CheckConstraint("key <> ''", name=op.f("ck_sorries_is_named")),
        sa.CheckConstraint("(declaration IS NULL) <> (outside IS NULL)", name=op.f("ck_sorries_is_part_of_one")),
        sa.CheckConstraint(
            "position >= 0 AND start >= 0 AND stop - start >= 0", name=op.f("ck_sorries_is_counted_from_zero")
        ),
        sa.CheckConstraint("term IN (0, 1)", name=op.f("ck_sorries_term_is_a_flag")).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(
            ["module_id", "declaration"],
            ["declarations.module_id", "declarations.position"],
            name=op.f("fk_sorries_module_id_declaration"),
        ),
        sa.ForeignKeyConstraint(["module_id"], ["modules.id"], name=op.f("fk_sorries_module_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("module_id", "position", name=op.f("pk_sorries")),
        sa.UniqueConstraint("key", "module_id", name=op.f("uq_sorries_key_module_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sorries_module_id_declaration"), "sorries", ["module_id", "declaration"], unique=False)
