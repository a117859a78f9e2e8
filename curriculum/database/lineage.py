"""Where each proof comes from, and what new commits did to it. Only within a unit of work, but for `lineage_of`.

A theorem is the same in two snapshots when its module and its name are; one that has another name or module but the
very statement of one that has gone has moved.
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
    """What a new snapshot did to a proof."""

    event: str
    """`kept`, `moved`, `broken` or `gone`"""
    theorem: str
    """its full name; the new one where it moved"""
    module: str
    was: str | None = None
    """its old name, where it moved"""


class LineageEntry(msgspec.Struct, frozen=True):
    """An event in the life of a theorem's proof."""

    event: str
    revision: str
    at: float
    run: str | None
    """the command that did it"""
    generator: str | None
    model: str | None
    proof: int | None


def record_event(
    connection: Connection, theorem: int, event: str, proof: int | None, run: int | None, at: float
) -> None:
    """Writes an event down, as the last of its kind at this revision; nothing where the repository was never traced.

    A proof that was found, or that mends another, is known of its statement from then on, though it was broken before.
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
    """What the snapshot that was just traced did to the proofs that were known; writes it down, once.

    A statement that changed has lost its proof; the theorem waits to be proved again, if it still has a `sorry`.
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
    """Says that the known proof of a theorem no longer holds where it stands; the theorem waits again."""
    found = connection.execute(
        select(TheoremRow.repository_id, TheoremRow.proof_id).where(TheoremRow.id == theorem)
    ).one()
    record_event(connection, theorem, "broken", found.proof_id, run, at)
    connection.execute(update(TheoremRow).where(TheoremRow.id == theorem).values(proof_id=None))
    refill_queue(connection, found.repository_id)


def fates_in(connection: Connection, run: int, location: str) -> dict[str, str]:
    """What a run noted of the theorems of a repository, by name: the last event of each."""
    asked = (
        select(TheoremRow.name, LineageEventRow.event)
        .join(LineageEventRow, LineageEventRow.theorem_id == TheoremRow.id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .where(LineageEventRow.run_id == run, RepositoryRow.location == location)
        .order_by(LineageEventRow.id)
    )
    return {row.name: row.event for row in connection.execute(asked)}


def changed_since(connection: Connection, location: str, revision: str, at: float) -> bool:
    """Whether a trace of this revision has met known proofs of statements that stand, later than at some time."""
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
    """By statement, the theorems that are present and have no history."""
    known = select(LineageEventRow.theorem_id)
    asked = select(TheoremRow.statement_key, TheoremRow.id, TheoremRow.module, TheoremRow.name).where(
        TheoremRow.repository_id == repository, TheoremRow.present == true(), TheoremRow.id.not_in(known)
    )
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for key, theorem, module, name in connection.execute(asked.order_by(TheoremRow.id)):
        found[key].append((theorem, module, name))
    return found


def _last_proved(connection: Connection, repository: int, revision: str) -> list[tuple[int, str, int | None, str, str]]:
    """The theorems whose last event before this revision left them with a proof."""
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
