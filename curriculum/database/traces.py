"""Operations that store repositories, snapshots and traced modules. Part of a unit of work.

A module is stored once, in one transaction, under its key (`identity.module_keys`). Therefore a killed trace resumes
where it stopped, a second trace of the same text stores nothing, and a change to a file affects only that module and
those that import it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, select, update

from curriculum.database.packing import Packed
from curriculum.database.rows import CHUNK, Identity, Row, chunks, ids, insert_all, insert_new, intern, table_of, upsert
from curriculum.database.tables import (
    ConstantRow,
    DeclarationRow,
    GoalRow,
    MentionRow,
    ModuleRow,
    PremiseUseRow,
    RepositoryRow,
    SnapshotModuleRow,
    SnapshotRow,
    SorryRow,
    StateRow,
    TacticStepRow,
)
from curriculum.database.theorems import latest_snapshot, list_theorems, lock_theorem_list
from prover.errors import RowRefused
from prover.lean.traced import TracedModule


@dataclass(frozen=True)
class SnapshotSource:
    """A snapshot of a repository: its location, revision and toolchain."""

    location: str
    """The canonical URL, or the absolute path of a directory."""
    revision: str
    """The commit; a digest of the files if they differ from it, or if there is no git repository."""
    toolchain: str
    dirty: bool = False


class TraceStore:
    """The operations on repositories, snapshots and modules in a unit of work."""

    def __init__(self, connection: Connection, now: Callable[[], float]) -> None:
        self._connection = connection
        self._now = now

    def record_repository(self, location: str, follows: str | None = None) -> int:
        """Returns the id of a repository, which is added if it does not exist."""
        repositories = table_of(RepositoryRow)
        row = {"location": location, "follows": follows, "added_at": self._now()}
        return intern(self._connection, repositories, [row])[(location,)]

    def follow(self, location: str, follows: str | None) -> None:
        """Sets the branch, tag or commit that a repository follows."""
        self.record_repository(location)
        self._connection.execute(
            update(RepositoryRow).where(RepositoryRow.location == location).values(follows=follows)
        )

    def record_snapshot(self, read: SnapshotSource) -> int:
        """Returns the id of a snapshot; the snapshot and its repository are added if they do not exist."""
        repository = self.record_repository(read.location)
        row = {
            "repository_id": repository,
            "revision": read.revision,
            "toolchain": read.toolchain,
            "dirty": read.dirty,
            "began_at": self._now(),
            "traced_at": None,
        }
        return next(iter(intern(self._connection, table_of(SnapshotRow), [row]).values()))

    def modules_known(self, keys: Collection[str]) -> set[str]:
        """Returns the keys of those modules that are stored and need no tracing."""
        known: set[str] = set()
        for chunk in chunks(list(keys), CHUNK):
            known.update(self._connection.scalars(select(ModuleRow.key).where(ModuleRow.key.in_(chunk))))
        return known

    def store_module(self, key: str, toolchain: str, module: TracedModule) -> int:
        """Stores the trace of a module unless it exists, and returns the module's id.

        Raises:
            RowRefused: Two of its declarations have the same name, or the trace violates another constraint.
        """
        row = {"key": key, "name": module.name, "digest": module.digest, "toolchain": toolchain}
        adding = upsert(self._connection, table_of(ModuleRow)).on_conflict_do_nothing().returning(ModuleRow.id)
        added = self._connection.scalar(adding.values(**row, imports=list(module.imports)))
        if added is None:
            return self._module(key)
        packed = Packed(added, module)
        packed.constants = intern(self._connection, table_of(ConstantRow), packed.constant_rows())
        packed.states = self._intern_states(packed)
        for model, rows in (
            (DeclarationRow, packed.declaration_rows()),
            (MentionRow, packed.mention_rows()),
            (TacticStepRow, packed.step_rows()),
            (PremiseUseRow, packed.use_rows()),
            (SorryRow, packed.sorry_rows()),
        ):
            insert_all(self._connection, table_of(model), rows)
        return int(added)

    def finish_snapshot(self, snapshot: int, paths: Mapping[str, str]) -> None:
        """Completes a snapshot: stores its modules' paths, by key, and lists their theorems as the repository's.

        Modules that could not be built are omitted. Modules that have not changed since the last trace cost nothing.

        Raises:
            RowRefused: A module is not stored, or two modules have the same name.
        """
        repository = self._repository_of(snapshot)
        lock_theorem_list(self._connection)
        latest = latest_snapshot(self._connection, repository)
        before = self._links(latest)
        after = self._stored(paths)
        self._link(snapshot, after)
        came = [module for module in after if module not in before]
        gone = [link["name"] for module, link in before.items() if module not in after]
        list_theorems(self._connection, repository, came, gone)
        self._connection.execute(update(SnapshotRow).where(SnapshotRow.id == snapshot).values(traced_at=self._now()))

    def record_trace(self, read: SnapshotSource, modules: Mapping[str, TracedModule], known: Mapping[str, str]) -> int:
        """Stores a whole trace, of new modules by key and the paths of known ones, and returns the snapshot's id."""
        snapshot = self.record_snapshot(read)
        for key, module in modules.items():
            self.store_module(key, read.toolchain, module)
        self.finish_snapshot(snapshot, {**known, **{key: module.path for key, module in modules.items()}})
        return snapshot

    def forget_repository(self, location: str) -> bool:
        """Deletes a repository, its snapshots, and modules that no other repository uses; returns whether it existed.

        Attempts and proofs are kept.
        """
        mine = (
            select(SnapshotModuleRow.module_id)
            .join(SnapshotRow, SnapshotRow.id == SnapshotModuleRow.snapshot_id)
            .join(RepositoryRow, RepositoryRow.id == SnapshotRow.repository_id)
            .where(RepositoryRow.location == location)
        )
        modules = self._connection.scalars(mine.distinct()).all()
        gone = self._connection.execute(delete(RepositoryRow).where(RepositoryRow.location == location)).rowcount
        self._drop(modules)
        return bool(gone)

    def _drop(self, modules: Sequence[int]) -> None:
        """Deletes those of the modules that no snapshot uses, and states and constants without references.

        Other unused modules stay, because a running trace may have stored them for a snapshot that is not complete yet.
        """
        linked = exists().where(SnapshotModuleRow.module_id == ModuleRow.id)
        for chunk in chunks(modules, CHUNK):
            self._connection.execute(delete(ModuleRow).where(ModuleRow.id.in_(chunk), ~linked))
        before, after = (
            exists().where(column == StateRow.id) for column in (TacticStepRow.before_id, TacticStepRow.after_id)
        )
        used, mentioned = (exists().where(table.constant_id == ConstantRow.id) for table in (PremiseUseRow, MentionRow))
        if modules:
            self._connection.execute(delete(StateRow).where(~before, ~after))
            self._connection.execute(delete(ConstantRow).where(~used, ~mentioned))

    def _repository_of(self, snapshot: int) -> int:
        found = self._connection.scalar(select(SnapshotRow.repository_id).where(SnapshotRow.id == snapshot))
        if found is None:
            raise RowRefused(f"There is no snapshot {snapshot}: record it first.")
        return found

    def _stored(self, paths: Mapping[str, str]) -> dict[int, Row]:
        """Returns the links to store, by the id of the module."""
        found: dict[str, tuple[int, str]] = {}
        for chunk in chunks(list(paths), CHUNK):
            asked = select(ModuleRow.key, ModuleRow.id, ModuleRow.name).where(ModuleRow.key.in_(chunk))
            found.update({key: (module, name) for key, module, name in self._connection.execute(asked)})
        if missing := paths.keys() - found.keys():
            raise RowRefused(f"{paths[min(missing)]} is not stored: store its module first.")
        return {found[key][0]: {"name": found[key][1], "path": path} for key, path in paths.items()}

    def _links(self, snapshot: int | None) -> dict[int, Row]:
        asked = select(SnapshotModuleRow).where(SnapshotModuleRow.snapshot_id == snapshot)
        return {r.module_id: {"name": r.name, "path": r.path} for r in self._connection.execute(asked)}

    def _link(self, snapshot: int, wanted: Mapping[int, Row]) -> None:
        """Replaces the modules of a snapshot."""
        there = self._links(snapshot)
        for chunk in chunks([module for module, link in there.items() if wanted.get(module) != link], CHUNK):
            mine = delete(SnapshotModuleRow).where(SnapshotModuleRow.snapshot_id == snapshot)
            self._connection.execute(mine.where(SnapshotModuleRow.module_id.in_(chunk)))
        rows = [
            {"snapshot_id": snapshot, "module_id": module, **link}
            for module, link in wanted.items()
            if there.get(module) != link
        ]
        insert_all(self._connection, table_of(SnapshotModuleRow), rows)

    def _module(self, key: str) -> int:
        found = self._connection.scalar(select(ModuleRow.id).where(ModuleRow.key == key))
        assert found is not None
        return found

    def _intern_states(self, packed: Packed) -> dict[Identity, int]:
        """Returns the ids of states; missing ones are inserted with their goals."""
        states = table_of(StateRow)
        known = ids(self._connection, states, packed.states_met())
        added = intern(self._connection, states, packed.state_rows(without=known))
        insert_new(self._connection, table_of(GoalRow), packed.goal_rows(added))
        return {**known, **added}
