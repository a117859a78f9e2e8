"""The list of a repository's theorems, which snapshots and proofs keep up to date.

The cost of a new snapshot is proportional to the number of theorems in modules that were added or removed.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from curriculum.database.rows import CHUNK, chunks, table_of, upsert
from curriculum.database.tables import (
    DeclarationRow,
    LineageEventRow,
    ModuleRow,
    ProofRow,
    SnapshotModuleRow,
    SnapshotRow,
    TheoremRow,
)
from curriculum.database.theorem_queue import refill_queue, remove_proved

LIST_LOCK = 0x7468656F72656D
COLUMNS = (
    "repository_id",
    "module",
    "name",
    "statement_key",
    "incomplete",
    "present",
    "difficulty",
    "proof_id",
)


class NamedTheorem(msgspec.Struct, frozen=True):
    """A theorem of a repository, as its last trace lists it."""

    id: int
    module: str
    name: str
    statement_key: str
    present: bool
    """Whether the last traced snapshot has it."""


def theorems_named(connection: Connection, repository: int, name: str, module: str | None = None) -> list[NamedTheorem]:
    """Returns the theorems of a repository with a full name, of one module or of all; those still present first."""
    asked = select(TheoremRow.id, TheoremRow.module, TheoremRow.name, TheoremRow.statement_key, TheoremRow.present)
    asked = asked.where(TheoremRow.repository_id == repository, TheoremRow.name == name)
    if module is not None:
        asked = asked.where(TheoremRow.module == module)
    return [
        NamedTheorem(*row) for row in connection.execute(asked.order_by(TheoremRow.present.desc(), TheoremRow.module))
    ]


def lock_theorem_list(connection: Connection) -> None:
    """Waits until no other unit of work lists theorems or stores proofs, so that neither misses rows of the other."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LIST_LOCK})


def list_theorems(connection: Connection, repository: int, added: Sequence[int], removed: Sequence[str]) -> None:
    """Marks theorems of removed modules, given by name, as absent, and lists those of added modules, given by id."""
    lock_theorem_list(connection)
    for names in chunks(removed, CHUNK):
        absent = update(TheoremRow).where(TheoremRow.repository_id == repository, TheoremRow.module.in_(names))
        connection.execute(absent.values(present=False))
    for modules in chunks(added, CHUNK):
        _upsert(connection, _listed(repository, modules))
    refill_queue(connection, repository)


def relist_theorems(connection: Connection, repository: int) -> None:
    """Lists all theorems of a repository again, from its last traced snapshot."""
    latest = latest_snapshot(connection, repository)
    came = connection.scalars(select(SnapshotModuleRow.module_id).where(SnapshotModuleRow.snapshot_id == latest)).all()
    lock_theorem_list(connection)
    connection.execute(update(TheoremRow).where(TheoremRow.repository_id == repository).values(present=False))
    list_theorems(connection, repository, came, [])


def latest_snapshot(connection: Connection, repository: int) -> int | None:
    """Returns the last traced snapshot of a repository."""
    return connection.scalar(
        select(SnapshotRow.id)
        .where(SnapshotRow.repository_id == repository, SnapshotRow.traced_at.is_not(None))
        .order_by(SnapshotRow.traced_at.desc(), SnapshotRow.id.desc())
        .limit(1)
    )


def first_proof(
    statement_key: InstrumentedAttribute[str], theorem: InstrumentedAttribute[int]
) -> ScalarSelect[int | None]:
    """Returns an expression for the first known proof of a statement that is not broken for the theorem, or NULL."""
    mine = LineageEventRow.proof_id == ProofRow.id, LineageEventRow.theorem_id == theorem
    last = select(func.max(LineageEventRow.id)).where(*mine).correlate_except(LineageEventRow).scalar_subquery()
    fate = aliased(LineageEventRow)
    broken = exists().where(fate.id == last, fate.event == "broken")
    known = select(func.min(ProofRow.id)).where(ProofRow.statement_key == statement_key, ~broken)
    return known.correlate_except(ProofRow).scalar_subquery()


def link_proofs(connection: Connection, statement_key: str | None = None) -> None:
    """Links theorems without a proof to a known proof of their statement: all theorems, or those with one statement."""
    lock_theorem_list(connection)
    known = first_proof(TheoremRow.statement_key, TheoremRow.id)
    without = update(TheoremRow).where(TheoremRow.proof_id.is_(None), known.is_not(None)).values(proof_id=known)
    connection.execute(without if statement_key is None else without.where(TheoremRow.statement_key == statement_key))
    remove_proved(connection, statement_key)


def _upsert(connection: Connection, listed: Select[Any]) -> None:
    adding = upsert(connection, table_of(TheoremRow)).from_select(COLUMNS, listed)
    same = TheoremRow.statement_key == adding.excluded.statement_key
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["repository_id", "module", "name"],
            set_={
                "present": True,
                "incomplete": adding.excluded.incomplete,
                "statement_key": adding.excluded.statement_key,
                "proof_id": adding.excluded.proof_id,
                "difficulty": case((same, TheoremRow.difficulty), else_=adding.excluded.difficulty),
            },
        )
    )


def _listed(repository: int, modules: Sequence[int]) -> Select[Any]:
    """Returns a query for the rows of `theorems` that some modules contribute."""
    known = aliased(TheoremRow)
    same = known.repository_id == repository, known.module == ModuleRow.name, known.name == DeclarationRow.name
    provable = and_(
        or_(DeclarationRow.kind == "theorem", DeclarationRow.incomplete == true()), DeclarationRow.statement_key != ""
    )
    return (
        select(
            literal(repository, TheoremRow.repository_id.type),
            ModuleRow.name,
            DeclarationRow.name,
            DeclarationRow.statement_key,
            DeclarationRow.incomplete,
            true(),
            func.length(DeclarationRow.statement) * 1.0,
            first_proof(DeclarationRow.statement_key, known.id),
        )
        .join(ModuleRow, ModuleRow.id == DeclarationRow.module_id)
        .outerjoin(known, and_(*same))
        .where(DeclarationRow.module_id.in_(modules), provable)
    )
