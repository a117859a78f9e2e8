"""Traces of repositories: snapshots, modules, declarations, tactic steps, premises and `sorry`s.

A module's content is identified by its key. It is stored once, even if several snapshots and repositories contain
it, and never changes. Positions are byte offsets into the UTF-8 text of the file.
"""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from curriculum.database.tables.base import CLUSTERED, STRICT, Base, Json, flag, not_empty, not_negative, one_of


class RepositoryRow(Base):
    """A Lean repository."""

    __tablename__ = "repositories"
    __table_args__ = (UniqueConstraint("location"), not_empty("location"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    location: Mapped[str]
    """The canonical URL, or the absolute path of a directory."""
    follows: Mapped[str | None]
    """The branch, tag or commit to follow; NULL for the default branch."""
    added_at: Mapped[float]
    """The time when it was added, in seconds since 1970, as all times here."""


class SnapshotRow(Base):
    """A repository at one revision, traced with one toolchain."""

    __tablename__ = "snapshots"
    __table_args__ = (
        UniqueConstraint("repository_id", "revision", "toolchain"),
        Index(None, "repository_id", "traced_at"),
        not_empty("revision", "toolchain"),
        flag("dirty"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"))
    revision: Mapped[str]
    """The commit; a digest of the files if they differ from it, or if there is no git repository."""
    dirty: Mapped[bool]
    """Whether files differ from the commit, or there is no commit."""
    toolchain: Mapped[str]
    began_at: Mapped[float]
    """The time when the snapshot was first recorded."""
    traced_at: Mapped[float | None]
    """The time when its trace was last completed; NULL before."""


class ModuleRow(Base):
    """The content of a module, traced with one toolchain, independent of the repositories that contain it."""

    __tablename__ = "modules"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("id", "name"),
        not_empty("key", "name", "digest"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    """A digest of the toolchain, the name, the text, and the keys of the imported modules."""
    name: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the file's bytes, in hexadecimal."""
    toolchain: Mapped[str]
    imports: Mapped[Any] = mapped_column(Json)
    """A JSON list of the modules that its header imports, in order."""


class SnapshotModuleRow(Base):
    """A module of a snapshot."""

    __tablename__ = "snapshot_modules"
    __table_args__ = (
        ForeignKeyConstraint(["module_id", "name"], ["modules.id", "modules.name"]),
        UniqueConstraint("snapshot_id", "name"),
        UniqueConstraint("snapshot_id", "path"),
        Index(None, "module_id"),
        not_empty("path"),
        CLUSTERED,
    )

    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True)
    module_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    """The module's name, repeated here so that a constraint can forbid two modules of one name."""
    path: Mapped[str]
    """The path of its file, relative to the repository's root, with forward slashes."""


class DeclarationRow(Base):
    """A declaration of a module."""

    __tablename__ = "declarations"
    __table_args__ = (
        UniqueConstraint("name", "module_id"),
        not_empty("name"),
        not_negative("position", "start", "stop - start", "selection"),
        one_of("visibility", "public", "private", "protected"),
        one_of("proof", "tactic", "term"),
        flag("incomplete"),
        STRICT,
    )

    module_id: Mapped[int] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the declaration in its module, from 0."""
    name: Mapped[str]
    """The full name."""
    kind: Mapped[str]
    """`theorem`, `definition`, `axiom`, `opaque`, `inductive`, `constructor`, `recursor` or `quotient`"""
    statement: Mapped[str]
    """The signature as Lean prints it."""
    statement_key: Mapped[str]
    """The key of the elaborated statement; empty if none was traced."""
    text: Mapped[str]
    """The source text of the whole declaration."""
    start: Mapped[int]
    stop: Mapped[int]
    selection: Mapped[int]
    """The position of the declared name."""
    visibility: Mapped[str]
    namespace: Mapped[str]
    """The namespace in which it was declared."""
    docstring: Mapped[str | None]
    attributes: Mapped[Any] = mapped_column(Json)
    """A JSON list of strings."""
    proof: Mapped[str | None]
    """The form of its body, `tactic` or `term`; NULL if there is none."""
    incomplete: Mapped[bool]
    """Whether its text contains a `sorry`."""


class ConstantRow(Base):
    """A constant that proofs mention, and the module that declares it."""

    __tablename__ = "constants"
    __table_args__ = (UniqueConstraint("name", "module"), not_empty("name"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    module: Mapped[str]
    """The name of the module that declares it; empty if that was not traced."""


class MentionRow(Base):
    """A constant in the elaborated value of a declaration."""

    __tablename__ = "mentions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["module_id", "declaration"], ["declarations.module_id", "declarations.position"], ondelete="CASCADE"
        ),
        Index(None, "constant_id"),
        not_negative("position"),
        CLUSTERED,
    )

    module_id: Mapped[int] = mapped_column(primary_key=True)
    declaration: Mapped[int] = mapped_column(primary_key=True)
    """The index of the declaration in its module."""
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the mention in the declaration, from 0."""
    constant_id: Mapped[int] = mapped_column(ForeignKey("constants.id"))


class StateRow(Base):
    """A list of goals as Lean prints them together. Equal states are stored once."""

    __tablename__ = "states"
    __table_args__ = (UniqueConstraint("digest"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    """The first 16 bytes of SHA-256 of the text and the goals' keys."""
    text: Mapped[str]
    """The printed goals, separated by blank lines."""


class GoalRow(Base):
    """A goal of a state."""

    __tablename__ = "goals"
    __table_args__ = (not_negative("position"), CLUSTERED)

    state_id: Mapped[int] = mapped_column(ForeignKey("states.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the goal in the state, from 0."""
    key: Mapped[str]
    """The goal's key, which is equal for goals that differ in hypothesis names only."""


class TacticStepRow(Base):
    """A tactic of a proof, with the states before and after it."""

    __tablename__ = "tactic_steps"
    __table_args__ = (
        ForeignKeyConstraint(["module_id", "declaration"], ["declarations.module_id", "declarations.position"]),
        CheckConstraint("(declaration IS NULL) <> (outside IS NULL)", name="is_part_of_one"),
        Index(None, "module_id", "declaration"),
        Index(None, "before_id"),
        Index(None, "after_id"),
        not_negative("position", "start", "stop - start", "depth"),
        CLUSTERED,
    )

    module_id: Mapped[int] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the step in its module, from 0."""
    declaration: Mapped[int | None]
    """The index of the declaration whose proof contains the step; NULL if there is none."""
    outside: Mapped[str | None]
    """The name of the enclosing command if it is not a declaration of the module, such as an `example`."""
    start: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str]
    """The source text of the tactic."""
    depth: Mapped[int]
    """The number of steps that contain this one."""
    before_id: Mapped[int] = mapped_column(ForeignKey("states.id"))
    after_id: Mapped[int | None] = mapped_column(ForeignKey("states.id"))
    """The state after the step; NULL if no goal is left."""


class PremiseUseRow(Base):
    """A constant that a step names."""

    __tablename__ = "premise_uses"
    __table_args__ = (
        ForeignKeyConstraint(
            ["module_id", "step"], ["tactic_steps.module_id", "tactic_steps.position"], ondelete="CASCADE"
        ),
        Index(None, "constant_id"),
        not_negative("position", "start", "stop - start"),
        CLUSTERED,
    )

    module_id: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    """The index of the step in its module."""
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the use in the step, from 0."""
    constant_id: Mapped[int] = mapped_column(ForeignKey("constants.id"))
    start: Mapped[int]
    stop: Mapped[int]


class SorryRow(Base):
    """A `sorry`. It was seen in the snapshots that contain its module."""

    __tablename__ = "sorries"
    __table_args__ = (
        ForeignKeyConstraint(["module_id", "declaration"], ["declarations.module_id", "declarations.position"]),
        CheckConstraint("(declaration IS NULL) <> (outside IS NULL)", name="is_part_of_one"),
        UniqueConstraint("key", "module_id"),
        Index(None, "module_id", "declaration"),
        not_empty("key"),
        not_negative("position", "start", "stop - start"),
        flag("term"),
        STRICT,
    )

    module_id: Mapped[int] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the `sorry` in its module, from 0."""
    key: Mapped[str]
    """An identifier that survives edits elsewhere in the file: see `prover.lean.traced.sorry_ids`."""
    declaration: Mapped[int | None]
    """The index of the declaration that contains it; NULL if there is none."""
    outside: Mapped[str | None]
    """The name of the enclosing command if it is not a declaration of the module."""
    start: Mapped[int]
    stop: Mapped[int]
    term: Mapped[bool]
    """Whether a term is missing, not a tactic."""
    goal: Mapped[str]
    """The goal as Lean prints it, hypotheses above the turnstile."""
    goal_key: Mapped[str]
    """The goal's key, which is equal for goals that differ in hypothesis names only."""
