"""What Lean says of repositories: their snapshots, modules, declarations, tactic steps, premises and `sorry`s.

Below `modules` everything is content: it belongs to a module's key, is stored once however many snapshots
and repositories have it, and never changes. Positions are byte offsets into the UTF-8 text of the file.
"""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from curriculum.database.tables.base import CLUSTERED, STRICT, Base, Json, flag, not_empty, not_negative, one_of


class RepositoryRow(Base):
    """A Lean repository, as people name it."""

    __tablename__ = "repositories"
    __table_args__ = (UniqueConstraint("location"), not_empty("location"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    location: Mapped[str]
    """its canonical URL, or the absolute path of a directory"""
    follows: Mapped[str | None]
    """the branch, tag or commit that was asked for; NULL for the default branch"""
    added_at: Mapped[float]
    """seconds since 1970, as all times here"""


class SnapshotRow(Base):
    """A repository at one revision, read with one toolchain."""

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
    """the commit; a digest of the files where it is dirty, or no git repository"""
    dirty: Mapped[bool]
    """files differ from the commit, or there is no commit"""
    toolchain: Mapped[str]
    began_at: Mapped[float]
    """when it was first recorded"""
    traced_at: Mapped[float | None]
    """when its trace was last completed; NULL before that"""


class ModuleRow(Base):
    """A module's content as one toolchain sees it, whatever repositories it is part of."""

    __tablename__ = "modules"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("id", "name"),
        not_empty("key", "name", "digest"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    """a digest of the toolchain, the name, the text, and the keys of what it imports"""
    name: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the file's bytes, hexadecimal"""
    toolchain: Mapped[str]
    imports: Mapped[Any] = mapped_column(Json)
    """a list of the modules that its header names, in order"""


class SnapshotModuleRow(Base):
    """A module is part of a snapshot."""

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
    """the module's name, here so that no snapshot has two of one name"""
    path: Mapped[str]
    """its file there, from the repository's root, with forward slashes"""


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
    """which declaration of its module it is, from 0, as traced"""
    name: Mapped[str]
    """its full name"""
    kind: Mapped[str]
    """`theorem`, `definition`, `axiom`, `opaque`, `inductive`, `constructor`, `recursor` or `quotient`"""
    statement: Mapped[str]
    """its signature as Lean prints it"""
    statement_key: Mapped[str]
    """a key of the elaborated statement; empty where none was traced"""
    text: Mapped[str]
    """the whole declaration as written"""
    start: Mapped[int]
    stop: Mapped[int]
    selection: Mapped[int]
    """where its name stands"""
    visibility: Mapped[str]
    namespace: Mapped[str]
    """the namespace that it was declared in"""
    docstring: Mapped[str | None]
    attributes: Mapped[Any] = mapped_column(Json)
    """a list of texts"""
    proof: Mapped[str | None]
    """how its body is written, `tactic` or `term`; NULL where there is none"""
    incomplete: Mapped[bool]
    """its own text leaves something to `sorry`"""


class ConstantRow(Base):
    """A name that proofs mention, and where it is declared."""

    __tablename__ = "constants"
    __table_args__ = (UniqueConstraint("name", "module"), not_empty("name"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    module: Mapped[str]
    """the name of the module that declares it; empty where that was not traced"""


class MentionRow(Base):
    """The finished value of a declaration mentions a constant."""

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
    """the declaration's position"""
    position: Mapped[int] = mapped_column(primary_key=True)
    """which mention it is, from 0"""
    constant_id: Mapped[int] = mapped_column(ForeignKey("constants.id"))


class StateRow(Base):
    """Goals as Lean prints them together; stored once, however many steps lead to it."""

    __tablename__ = "states"
    __table_args__ = (UniqueConstraint("digest"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    """16 bytes of a SHA-256 of the text and the goals' keys"""
    text: Mapped[str]
    """its goals, a blank line between them"""


class GoalRow(Base):
    """A goal of a state."""

    __tablename__ = "goals"
    __table_args__ = (not_negative("position"), CLUSTERED)

    state_id: Mapped[int] = mapped_column(ForeignKey("states.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """which goal of the state it is, from 0"""
    key: Mapped[str]
    """equal for goals that differ in hypothesis names only"""


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
    """which step of its module it is, from 0, as traced"""
    declaration: Mapped[int | None]
    """the position of the declaration whose proof it is part of"""
    outside: Mapped[str | None]
    """the name of what it is part of where that is no declaration of the module, such as an `example`"""
    start: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str]
    """as written"""
    depth: Mapped[int]
    """how many other steps it stands in"""
    before_id: Mapped[int] = mapped_column(ForeignKey("states.id"))
    after_id: Mapped[int | None] = mapped_column(ForeignKey("states.id"))
    """NULL when nothing is left"""


class PremiseUseRow(Base):
    """A step names a constant."""

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
    """the step's position"""
    position: Mapped[int] = mapped_column(primary_key=True)
    """which use it is, from 0"""
    constant_id: Mapped[int] = mapped_column(ForeignKey("constants.id"))
    start: Mapped[int]
    stop: Mapped[int]


class SorryRow(Base):
    """A place where a proof is missing. First and last seen: the snapshots that have a module with its key."""

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
    """which `sorry` of its module it is, from 0, as traced"""
    key: Mapped[str]
    """its id, which outlives edits elsewhere in the file: see `prover.lean.traced.sorry_ids`"""
    declaration: Mapped[int | None]
    """the position of the declaration that it is part of"""
    outside: Mapped[str | None]
    """the name of what it is part of where that is no declaration of the module"""
    start: Mapped[int]
    stop: Mapped[int]
    term: Mapped[bool]
    """a term is missing there, not a tactic"""
    goal: Mapped[str]
    """as Lean prints it, hypotheses above the turnstile"""
    goal_key: Mapped[str]
    """equal for goals that differ in hypothesis names only"""
