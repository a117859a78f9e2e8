"""Theorems, attempts, proofs, models, runs, measurements and leases."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
JSON = sa.Text()


def upgrade() -> None:
    """Makes the tables."""
    _models()
    _configurations()
    _configuration_models()
    _runs()
    _measurements()
    _proofs()
    _theorems()
    _attempts()
    _attempted_sorries()
    _leases()


def _models() -> None:
    op.create_table(
        "models",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("trained_on", JSON, nullable=False),
        sa.Column("metrics", JSON, nullable=False),
        sa.Column("parent_id", WHOLE, nullable=True),
        sa.Column("made_at", REAL, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_models_is_named")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_models_is_not_its_own_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["models.id"], name=op.f("fk_models_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", name=op.f("uq_models_name")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_models_parent_id"), "models", ["parent_id"], unique=False)


def _configurations() -> None:
    op.create_table(
        "configurations",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configurations")),
        sa.UniqueConstraint("digest", name=op.f("uq_configurations_digest")),
        sqlite_strict=True,
    )


def _configuration_models() -> None:
    op.create_table(
        "configuration_models",
        sa.Column("configuration_id", WHOLE, nullable=False),
        sa.Column("model_id", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["configuration_id"], ["configurations.id"], name=op.f("fk_configuration_models_configuration_id")
        ),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_configuration_models_model_id")),
        sa.PrimaryKeyConstraint("configuration_id", "model_id", name=op.f("pk_configuration_models")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_configuration_models_model_id"), "configuration_models", ["model_id"], unique=False)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("command", TEXT, nullable=False),
        sa.Column("arguments", JSON, nullable=False),
        sa.Column("configuration_id", WHOLE, nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("started_at", REAL, nullable=False),
        sa.Column("ended_at", REAL, nullable=True),
        sa.CheckConstraint("(status = 'running') = (ended_at IS NULL)", name=op.f("ck_runs_has_ended")),
        sa.CheckConstraint(
            "status IN ('running', 'finished', 'failed', 'interrupted')", name=op.f("ck_runs_status_is_known")
        ),
        sa.CheckConstraint("uid <> '' AND command <> ''", name=op.f("ck_runs_is_named")),
        sa.ForeignKeyConstraint(["configuration_id"], ["configurations.id"], name=op.f("fk_runs_configuration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("uid", name=op.f("uq_runs_uid")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_runs_configuration_id"), "runs", ["configuration_id"], unique=False)
    op.create_index(op.f("ix_runs_started_at"), "runs", ["started_at"], unique=False)


def _measurements() -> None:
    op.create_table(
        "measurements",
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("step", WHOLE, nullable=False),
        sa.Column("value", REAL, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_measurements_is_named")),
        sa.CheckConstraint("step >= 0", name=op.f("ck_measurements_is_counted_from_zero")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_measurements_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "name", "step", name=op.f("pk_measurements")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_measurements_name"), "measurements", ["name"], unique=False)


def _proofs() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("statement_key", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("scripts", JSON, nullable=False),
        sa.Column("whole", FLAG, nullable=False),
        sa.Column("axioms", JSON, nullable=False),
        sa.Column("toolchain", TEXT, nullable=False),
        sa.Column("verified", WHOLE, nullable=False),
        sa.Column("generator", TEXT, nullable=False),
        sa.Column("model_id", WHOLE, nullable=True),
        sa.Column("found_at", REAL, nullable=False),
        sa.CheckConstraint(
            "statement_key <> '' AND digest <> '' AND toolchain <> '' AND generator <> ''",
            name=op.f("ck_proofs_is_named"),
        ),
        sa.CheckConstraint("verified BETWEEN 1 AND 5", name=op.f("ck_proofs_is_verified")),
        sa.CheckConstraint("whole IN (0, 1)", name=op.f("ck_proofs_whole_is_a_flag")).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_proofs_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
        sa.UniqueConstraint("id", "statement_key", name=op.f("uq_proofs_id_statement_key")),
        sa.UniqueConstraint(
            "statement_key", "digest", "toolchain", name=op.f("uq_proofs_statement_key_digest_toolchain")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_proofs_generator_statement_key"), "proofs", ["generator", "statement_key"], unique=False)
    op.create_index(op.f("ix_proofs_model_id"), "proofs", ["model_id"], unique=False)


def _theorems() -> None:
    op.create_table(
        "theorems",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("repository_id", WHOLE, nullable=False),
        sa.Column("module", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("statement_key", TEXT, nullable=False),
        sa.Column("incomplete", FLAG, nullable=False),
        sa.Column("present", FLAG, nullable=False),
        sa.Column("difficulty", REAL, nullable=False),
        sa.Column("proof_id", WHOLE, nullable=True),
        sa.CheckConstraint("module <> '' AND name <> '' AND statement_key <> ''", name=op.f("ck_theorems_is_named")),
        sa.CheckConstraint("incomplete IN (0, 1)", name=op.f("ck_theorems_incomplete_is_a_flag")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("present IN (0, 1)", name=op.f("ck_theorems_present_is_a_flag")).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(
            ["proof_id", "statement_key"],
            ["proofs.id", "proofs.statement_key"],
            name=op.f("fk_theorems_proof_id_statement_key"),
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_theorems_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theorems")),
        sa.UniqueConstraint("repository_id", "module", "name", name=op.f("uq_theorems_repository_id_module_name")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_theorems_proof_id"), "theorems", ["proof_id"], unique=False)
    op.create_index(op.f("ix_theorems_statement_key"), "theorems", ["statement_key"], unique=False)
    op.create_index(
        "ix_theorems_to_fill",
        "theorems",
        ["repository_id", "difficulty"],
        unique=False,
        sqlite_where=sa.text("present = 1 AND incomplete = 1 AND proof_id IS NULL"),
        postgresql_where=sa.text("present AND incomplete AND proof_id IS NULL"),
    )
    op.create_index(
        "ix_theorems_to_prove",
        "theorems",
        ["repository_id", "difficulty"],
        unique=False,
        sqlite_where=sa.text("present = 1 AND proof_id IS NULL"),
        postgresql_where=sa.text("present AND proof_id IS NULL"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("run_id", WHOLE, nullable=True),
        sa.Column("theorem_id", WHOLE, nullable=True),
        sa.Column("theorem", TEXT, nullable=False),
        sa.Column("module", TEXT, nullable=False),
        sa.Column("statement_key", TEXT, nullable=False),
        sa.Column("configuration_id", WHOLE, nullable=False),
        sa.Column("budget_seconds", REAL, nullable=True),
        sa.Column("budget_expansions", WHOLE, nullable=True),
        sa.Column("budget_tactics", WHOLE, nullable=True),
        sa.Column("seed", WHOLE, nullable=False),
        sa.Column("toolchain", TEXT, nullable=False),
        sa.Column("started_at", REAL, nullable=False),
        sa.Column("seconds", REAL, nullable=False),
        sa.Column("expansions", WHOLE, nullable=False),
        sa.Column("tactics", WHOLE, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("proof_id", WHOLE, nullable=True),
        sa.CheckConstraint(
            "(outcome = 'proved') = (proof_id IS NOT NULL)", name=op.f("ck_attempts_has_a_proof_when_proved")
        ),
        sa.CheckConstraint(
            "outcome = 'proved' OR reason IS NOT NULL", name=op.f("ck_attempts_has_a_reason_when_not_proved")
        ),
        sa.CheckConstraint(
            "outcome IN ('proved', 'open', 'refused', 'failed')", name=op.f("ck_attempts_outcome_is_known")
        ),
        sa.CheckConstraint(
            "uid <> '' AND theorem <> '' AND statement_key <> '' AND toolchain <> ''", name=op.f("ck_attempts_is_named")
        ),
        sa.CheckConstraint(
            "seconds >= 0 AND expansions >= 0 AND tactics >= 0", name=op.f("ck_attempts_is_counted_from_zero")
        ),
        sa.ForeignKeyConstraint(["configuration_id"], ["configurations.id"], name=op.f("fk_attempts_configuration_id")),
        sa.ForeignKeyConstraint(
            ["proof_id", "statement_key"],
            ["proofs.id", "proofs.statement_key"],
            name=op.f("fk_attempts_proof_id_statement_key"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_attempts_run_id")),
        sa.ForeignKeyConstraint(
            ["theorem_id"], ["theorems.id"], name=op.f("fk_attempts_theorem_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("uid", name=op.f("uq_attempts_uid")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_attempts_configuration_id"), "attempts", ["configuration_id"], unique=False)
    op.create_index(op.f("ix_attempts_proof_id"), "attempts", ["proof_id"], unique=False)
    op.create_index(op.f("ix_attempts_run_id"), "attempts", ["run_id"], unique=False)
    op.create_index(op.f("ix_attempts_statement_key"), "attempts", ["statement_key"], unique=False)
    op.create_index(op.f("ix_attempts_theorem_id_started_at"), "attempts", ["theorem_id", "started_at"], unique=False)


def _attempted_sorries() -> None:
    op.create_table(
        "attempted_sorries",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("attempt_id", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_attempted_sorries_attempt_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", "attempt_id", name=op.f("pk_attempted_sorries")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_attempted_sorries_attempt_id"), "attempted_sorries", ["attempt_id"], unique=False)


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("token", WHOLE, nullable=False),
        sa.Column("seconds", REAL, nullable=False),
        sa.Column("renewed_at", REAL, nullable=False),
        sa.Column("expires_at", REAL, nullable=False),
        sa.CheckConstraint("resource <> '' AND owner <> ''", name=op.f("ck_leases_is_named")),
        sa.CheckConstraint("seconds > 0 AND token > 0", name=op.f("ck_leases_is_for_a_while")),
        sa.PrimaryKeyConstraint("resource", name=op.f("pk_leases")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_leases_expires_at"), "leases", ["expires_at"], unique=False)
