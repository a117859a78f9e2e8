"""Lineage of proofs: where each comes from, and what new commits did to it.

A theorem is identified across snapshots by its module and name. If one disappears and a new one with the same statement
appears under another name or in another module, the theorem has moved.
"""

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, delete, func, select, true, update

from curriculum.database.rows import insert_new, table_of
from curriculum.database.tables import (
    LineageEventRow,
    ModelRow,
    ProofRow,
    RepositoryRow,
    RunRow,
    SnapshotRow,
    TheoremRow,
)
from curriculum.database.theorem_queue import refill_queue
from curriculum.database.theorems import link_proofs


class ProofChange(msgspec.Struct, frozen=True):
    """The effect of a new snapshot on a proof."""

    event: str
    """`kept`, `moved`, `broken` or `gone`."""
    theorem: str
    """The full name; the new name if the theorem moved."""
    module: str
    was: str | None = None
    """The old name, if the theorem moved."""


class LineageEntry(msgspec.Struct, frozen=True):
    """An event in the lineage of a theorem's proof."""

    event: str
    revision: str
    at: float
    run: str | None
    """The command that caused the event."""
    generator: str | None
    model: str | None
    proof: int | None


def record_event(
    connection: Connection, theorem: int, event: str, proof: int | None, run: int | None, at: float
) -> None:
    """Stores an event at the last traced revision, in place of an earlier event of its kind there.

    Nothing is stored if the repository was never traced. A proof that was found, or that replaces a broken one, is
    linked to all theorems with its statement, even if it was broken before.
    """
    asked = (
        select(SnapshotRow.revision, TheoremRow.statement_key)
        .join(TheoremRow, TheoremRow.repository_id == SnapshotRow.repository_id)
        .where(TheoremRow.id == theorem, SnapshotRow.traced_at.is_not(None))
        .order_by(SnapshotRow.traced_at.desc(), SnapshotRow.id.desc())
        .limit(1)
    )
    if (found := connection.execute(asked).one_or_none()) is not None:
        revision, key = found
        same = (
            LineageEventRow.theorem_id == theorem,
            LineageEventRow.revision == revision,
            LineageEventRow.event == event,
        )
        connection.execute(delete(LineageEventRow).where(*same))
        _insert(connection, [_row(theorem, revision, event, key, proof, run, at)])
        if event in ("found", "mended"):
            link_proofs(connection, key)


def reconcile(connection: Connection, repository: int, revision: str, at: float) -> list[ProofChange]:
    """Compares known proofs with a new snapshot; stores and returns the changes, once for each revision.

    A theorem whose statement changed has lost its proof, and is queued again if it still contains a `sorry`.
    """
    rows, changes = [], []
    present = _present(connection, repository)
    heirs = _newcomers(connection, repository)
    for theorem, key, proof, module, name in _last_proved(connection, repository, revision):
        now = present.get(theorem)
        if now is not None and now[0] == key:
            event, change = "kept", ProofChange("kept", name, module)
        elif now is not None:
            event, change = "broken", ProofChange("broken", name, module)
        elif heirs.get(key):
            heir, new_module, new_name = heirs[key].pop(0)
            rows.append(_row(heir, revision, "moved", key, proof, None, at))
            event, change = "gone", ProofChange("moved", new_name, new_module, was=name)
        else:
            event, change = "gone", ProofChange("gone", name, module)
        rows.append(_row(theorem, revision, event, key, proof, None, at))
        changes.append(change)
    _insert(connection, rows)
    return changes


def break_proof(connection: Connection, theorem: int, run: int | None, at: float) -> None:
    """Records that the known proof of a theorem no longer compiles there, and puts the theorem back into the queue."""
    found = connection.execute(
        select(TheoremRow.repository_id, TheoremRow.proof_id).where(TheoremRow.id == theorem)
    ).one()
    record_event(connection, theorem, "broken", found.proof_id, run, at)
    connection.execute(update(TheoremRow).where(TheoremRow.id == theorem).values(proof_id=None))
    refill_queue(connection, found.repository_id)


def fates_in(connection: Connection, run: int, location: str) -> dict[str, str]:
    """Returns the last event that a run recorded for each theorem of a repository, by name."""
    asked = (
        select(TheoremRow.name, LineageEventRow.event)
        .join(LineageEventRow, LineageEventRow.theorem_id == TheoremRow.id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .where(LineageEventRow.run_id == run, RepositoryRow.location == location)
        .order_by(LineageEventRow.id)
    )
    return {row.name: row.event for row in connection.execute(asked)}


def changed_since(connection: Connection, location: str, revision: str, at: float) -> bool:
    """Returns whether a trace of this revision, not before a time, found known proofs of unchanged statements."""
    met = (
        select(LineageEventRow.id)
        .join(TheoremRow, TheoremRow.id == LineageEventRow.theorem_id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .where(RepositoryRow.location == location, LineageEventRow.revision == revision, LineageEventRow.at >= at)
        .where(LineageEventRow.event.in_(("kept", "moved")))
    )
    return connection.scalar(select(met.exists())) or False


def lineage_of(connection: Connection, theorem: int) -> list[LineageEntry]:
    """Returns what became of a theorem's proof at each commit, the oldest first."""
    asked = (
        select(
            LineageEventRow.event,
            LineageEventRow.revision,
            LineageEventRow.at,
            RunRow.command,
            ProofRow.generator,
            ModelRow.name,
            LineageEventRow.proof_id,
        )
        .outerjoin(RunRow, RunRow.id == LineageEventRow.run_id)
        .outerjoin(ProofRow, ProofRow.id == LineageEventRow.proof_id)
        .outerjoin(ModelRow, ModelRow.id == ProofRow.model_id)
        .where(LineageEventRow.theorem_id == theorem)
        .order_by(LineageEventRow.id)
    )
    return [LineageEntry(*row) for row in connection.execute(asked)]


def _present(connection: Connection, repository: int) -> dict[int, tuple[str, str, str]]:
    asked = select(TheoremRow.id, TheoremRow.statement_key, TheoremRow.module, TheoremRow.name)
    mine = asked.where(TheoremRow.repository_id == repository, TheoremRow.present == true())
    return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(mine)}


def _newcomers(connection: Connection, repository: int) -> dict[str, list[tuple[int, str, str]]]:
    """Returns the present theorems without any event, by statement key."""
    known = select(LineageEventRow.theorem_id)
    asked = select(TheoremRow.statement_key, TheoremRow.id, TheoremRow.module, TheoremRow.name).where(
        TheoremRow.repository_id == repository, TheoremRow.present == true(), TheoremRow.id.not_in(known)
    )
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for key, theorem, module, name in connection.execute(asked.order_by(TheoremRow.id)):
        found[key].append((theorem, module, name))
    return found


def _last_proved(connection: Connection, repository: int, revision: str) -> list[tuple[int, str, int | None, str, str]]:
    """Returns the theorems that had a proof after their last event before this revision."""
    here = select(LineageEventRow.theorem_id).where(LineageEventRow.revision == revision)
    last = select(func.max(LineageEventRow.id)).group_by(LineageEventRow.theorem_id)
    asked = (
        select(
            LineageEventRow.theorem_id,
            LineageEventRow.statement_key,
            LineageEventRow.proof_id,
            TheoremRow.module,
            TheoremRow.name,
        )
        .join(TheoremRow, TheoremRow.id == LineageEventRow.theorem_id)
        .where(
            TheoremRow.repository_id == repository,
            LineageEventRow.id.in_(last),
            LineageEventRow.event.in_(("found", "kept", "moved", "mended")),
            LineageEventRow.theorem_id.not_in(here),
        )
        .order_by(LineageEventRow.theorem_id)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(asked)]


def _row(
    theorem: int, revision: str, event: str, key: str, proof: int | None, run: int | None, at: float
) -> dict[str, object]:
    return {
        "theorem_id": theorem,
        "revision": revision,
        "event": event,
        "statement_key": key,
        "proof_id": proof,
        "run_id": run,
        "at": at,
    }


def _insert(connection: Connection, rows: list[dict[str, object]]) -> None:
    insert_new(connection, table_of(LineageEventRow), rows)
