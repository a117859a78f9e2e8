"""The proofs of runs, as `prover apply` writes them. Changes nothing."""

from sqlalchemy import Connection, select

from curriculum.database.records import RunProof
from curriculum.database.tables import RepositoryRow, RunProofRow, RunRow

COLUMNS = (
    RunProofRow.theorem,
    RunProofRow.file,
    RunProofRow.statement_key,
    RunProofRow.scripts,
    RunProofRow.whole,
    RunProofRow.rests_on,
)


def run_exists(connection: Connection, run: int) -> bool:
    """Returns whether there is a run with an id."""
    return connection.scalar(select(RunRow.id).where(RunRow.id == run)) is not None


def proofs_of_run(connection: Connection, run: int) -> tuple[str, list[RunProof]] | None:
    """Returns the location of the repository of a run, and its proofs; None if it has none."""
    asked = select(RepositoryRow.location).join(RunProofRow, RunProofRow.repository_id == RepositoryRow.id)
    location = connection.scalar(asked.where(RunProofRow.run_id == run).limit(1))
    if location is None:
        return None
    rows = connection.execute(select(*COLUMNS).where(RunProofRow.run_id == run).order_by(RunProofRow.position))
    return location, [_proof(*row) for row in rows]


def proofs_of_repository(connection: Connection, location: str) -> list[RunProof]:
    """Returns the proofs of all runs on a repository, those of the newest run first."""
    asked = select(*COLUMNS).join(RepositoryRow, RepositoryRow.id == RunProofRow.repository_id)
    rows = connection.execute(
        asked.where(RepositoryRow.location == location).order_by(RunProofRow.run_id.desc(), RunProofRow.position)
    )
    return [_proof(*row) for row in rows]


def _proof(theorem: str, file: str, key: str, scripts: list[str], whole: bool, rests_on: list[str]) -> RunProof:
    return RunProof(theorem, file, key, tuple(scripts), whole, tuple(rests_on))
