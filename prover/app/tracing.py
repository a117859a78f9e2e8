"""Traces repositories into the database, and lists their `sorry`s."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from prover.app.environment import database
from prover.app.workspace import Workspace
from prover.check.challenge import line_column
from prover.errors import RowRefused
from prover.lean.protocol import name_or
from prover.lean.traced import sorry_ids
from prover.progress import Notify
from prover.project.build import BuildOutcome, Compiled, NotCompiled
from prover.project.revision import revision_of
from prover.project.tracing import TRACE_VERSION

if TYPE_CHECKING:
    from curriculum.database.database import UnitOfWork


@dataclass
class TraceResult:
    """The modules of a repository and of its packages after a trace."""

    compiled: list[Compiled] = field(default_factory=list)
    failed: list[NotCompiled] = field(default_factory=list)
    """The modules that could not be built or stored."""

    @property
    def own(self) -> list[Compiled]:
        """The compiled modules of the repository itself, without those of its packages."""
        return [outcome for outcome in self.compiled if not outcome.module.package]


def trace_into_database(opened: Workspace, notify: Notify) -> TraceResult:
    """Traces every module of a repository and stores what is new.

    Raises:
        DatabaseError: the database cannot be used.
    """
    from curriculum.database.traces import SnapshotSource

    traced = TraceResult()
    location = opened.checkout.location
    revision = revision_of(opened.checkout, opened.repository)
    dirty = revision != opened.checkout.commit
    read = SnapshotSource(location.canonical, revision, opened.toolchain.name, dirty)
    with database() as db:
        snapshot = db.perform(lambda work: work.traces.record_snapshot(read))
        for outcome in _outcomes(opened, traced):
            try:
                db.perform(partial(_store, opened, outcome))
            except RowRefused as error:
                notify(f"{outcome.module.name} is not stored: {error}")
                traced.compiled.remove(outcome)
                traced.failed.append(NotCompiled(outcome.module, error))
        paths = {_key(opened, each): opened.repository.relative(each.module) for each in traced.own}
        db.perform(lambda work: work.traces.finish_snapshot(snapshot, paths))
    return traced


def _store(opened: Workspace, outcome: Compiled, work: "UnitOfWork") -> None:
    """Stores a module that the database does not have."""
    key = _key(opened, outcome)
    if not work.traces.modules_known([key]):
        work.traces.store_module(key, opened.toolchain.name, opened.builder.traced_module(outcome.module))


def _outcomes(opened: Workspace, traced: TraceResult) -> Iterator[Compiled]:
    outcome: BuildOutcome
    for outcome in opened.builder.build(list(opened.repository.modules), traced=True):
        if isinstance(outcome, NotCompiled):
            traced.failed.append(outcome)
        else:
            traced.compiled.append(outcome)
            if not outcome.module.package:
                yield outcome


def _key(opened: Workspace, outcome: Compiled) -> str:
    return f"{opened.builder.key(outcome.module)}.{TRACE_VERSION}"


@dataclass(frozen=True)
class ListedSorry:
    """A `sorry` and its position."""

    id: str
    """An identifier that stays the same while the declaration and the goal do."""
    file: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 0, in characters."""
    declaration: str
    """Its full name; `unnamed` in a command such as `#eval` or `macro_rules`."""
    term: bool
    """Whether a term is missing there, and not a tactic."""
    goal: str
    """The goal as Lean prints it."""
    value: bool = False
    """Whether data is missing there, and not a proof."""


def sorries_in(ready: Workspace, traced: TraceResult) -> Iterator[ListedSorry]:
    """Yields every `sorry` of a traced repository, by module."""
    for outcome in sorted(traced.own, key=lambda each: each.module.name):
        if not outcome.sorries:
            continue
        module = ready.builder.traced_module(outcome.module)
        text = outcome.module.text()
        for each, identity in zip(module.sorries, sorry_ids(module.name, module.sorries), strict=True):
            line, column = line_column(text, each.start)
            name = name_or("unnamed", each.declaration)
            yield ListedSorry(identity, module.path, line, column, name, each.term, each.goal, each.value)
