"""Removes two tables and three columns that nothing fills, and indices that no query uses."""

from alembic import op

revision = "0006"
down_revision = "0005"

INDICES = (
    ("ix_theorems_to_prove", "theorems"),
    ("ix_goals_key", "goals"),
    ("ix_found_steps_goal_key", "found_steps"),
    ("ix_proofs_generator_statement_key", "proofs"),
    ("ix_modules_name", "modules"),
    ("ix_attempts_statement_key", "attempts"),
    ("ix_runs_started_at", "runs"),
    ("ix_leases_expires_at", "leases"),
)


def upgrade() -> None:
    """Drops the tables, which take their indices with them, the columns, and the indices of other tables."""
    op.drop_table("attempted_sorries")
    op.drop_table("measurements")
    for column in ("budget_seconds", "budget_expansions", "budget_tactics"):
        op.drop_column("attempts", column)
    for index, table in INDICES:
        op.drop_index(index, table_name=table)
