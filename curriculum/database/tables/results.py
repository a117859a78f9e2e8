"""Attempts and their results: theorems, attempts, proofs, models, runs, leases."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from curriculum.database.tables.base import CLUSTERED, STRICT, Base, Json, flag, not_empty, not_negative, one_of


class TheoremRow(Base):
    """A theorem of a repository, or another declaration with a `sorry`, through all of its snapshots."""

    __tablename__ = "theorems"
    __table_args__ = (
        UniqueConstraint("repository_id", "module", "name"),
        ForeignKeyConstraint(["proof_id", "statement_key"], ["proofs.id", "proofs.statement_key"]),
        Index(None, "statement_key"),
        Index(
            "ix_theorems_to_fill",
            "repository_id",
            "difficulty",
            sqlite_where=text("present = 1 AND incomplete = 1 AND proof_id IS NULL"),
            postgresql_where=text("present AND incomplete AND proof_id IS NULL"),
        ),
        Index(None, "proof_id"),
        not_empty("module", "name", "statement_key"),
        flag("present"),
        flag("incomplete"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"))
    module: Mapped[str]
    name: Mapped[str]
    statement_key: Mapped[str]
    """a key of the elaborated statement in the snapshot that was traced last"""
    incomplete: Mapped[bool]
    """its own text there leaves something to `sorry`"""
    present: Mapped[bool]
    """the snapshot that was traced last has it"""
    difficulty: Mapped[float]
    """what is smaller is tried first; until something better is known, the length of the printed statement"""
    proof_id: Mapped[int | None]
    """a proof of this statement, where one is known"""


class ConfigurationRow(Base):
    """The settings of an attempt or run."""

    __tablename__ = "configurations"
    __table_args__ = (UniqueConstraint("digest"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
    """SHA-256 of the settings and the names of its models, hexadecimal"""
    settings: Mapped[Any] = mapped_column(Json)
    """an object: generators, search, limits"""


class ModelRow(Base):
    """A trained model, one version of it."""

    __tablename__ = "models"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("parent_id <> id", name="is_not_its_own_parent"),
        Index(None, "parent_id"),
        not_empty("name"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    """names the version too"""
    origin: Mapped[str]
    """where its files are from, or where they lie"""
    trained_on: Mapped[Any] = mapped_column(Json)
    """an object: snapshots, data sets, settings, seed"""
    metrics: Mapped[Any] = mapped_column(Json)
    """an object: what was measured of it"""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("models.id"))
    """the model that it was trained from"""
    made_at: Mapped[float]


class ModelFilesRow(Base):
    """Where the files of a model lie; no row once they were removed."""

    __tablename__ = "model_files"
    __table_args__ = (
        one_of("kind", "seq2seq", "causal"),
        not_empty("directory", "format"),
        CLUSTERED,
    )

    model_id: Mapped[int] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), primary_key=True)
    directory: Mapped[str]
    """on the machine that trained it"""
    kind: Mapped[str]
    """`seq2seq` or `causal`"""
    format: Mapped[str]
    """of its prompts"""


class GeneratorCountRow(Base):
    """How well what a generator suggests has fared on goals of one shape, in one repository."""

    __tablename__ = "generator_counts"
    __table_args__ = (
        not_empty("shape", "generator"),
        not_negative("tried", "advanced", "used"),
        CLUSTERED,
    )

    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True)
    shape: Mapped[str] = mapped_column(primary_key=True)
    """the head of the goal's target, and whether there are hypotheses"""
    generator: Mapped[str] = mapped_column(primary_key=True)
    tried: Mapped[int]
    """of its tactics were run"""
    advanced: Mapped[int]
    """of these Lean accepted"""
    used: Mapped[int]
    """of these stand in a proof"""


class ConfigurationModelRow(Base):
    """A configuration uses a model."""

    __tablename__ = "configuration_models"
    __table_args__ = (Index(None, "model_id"), CLUSTERED)

    configuration_id: Mapped[int] = mapped_column(ForeignKey("configurations.id"), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True)


class RunRow(Base):
    """A command as it was called."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("uid"),
        one_of("status", "running", "finished", "failed", "interrupted"),
        CheckConstraint("(status = 'running') = (ended_at IS NULL)", name="has_ended"),
        Index(None, "configuration_id"),
        not_empty("uid", "command"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    """made by whoever began it, so that nothing is recorded twice"""
    command: Mapped[str]
    arguments: Mapped[Any] = mapped_column(Json)
    """a list of texts"""
    configuration_id: Mapped[int | None] = mapped_column(ForeignKey("configurations.id"))
    status: Mapped[str]
    """`running`, `finished`, `failed` or `interrupted`; a killed one stays `running`"""
    started_at: Mapped[float]
    ended_at: Mapped[float | None]


class ProofRow(Base):
    """A proof that the gate accepted."""

    __tablename__ = "proofs"
    __table_args__ = (
        UniqueConstraint("statement_key", "digest", "toolchain"),
        UniqueConstraint("id", "statement_key"),
        CheckConstraint("verified BETWEEN 1 AND 5", name="is_verified"),
        Index(None, "model_id"),
        not_empty("statement_key", "digest", "toolchain", "generator"),
        flag("whole"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_key: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the scripts, hexadecimal"""
    scripts: Mapped[Any] = mapped_column(Json)
    """a list of tactic blocks, one for each place that was filled, in order"""
    whole: Mapped[bool]
    """its one block proves the statement from scratch; otherwise the blocks fill the `sorry`s of a text"""
    axioms: Mapped[Any] = mapped_column(Json)
    """a list of names"""
    toolchain: Mapped[str]
    """the Lean that checked it"""
    verified: Mapped[int]
    """the gate's level, from 1 to 5, up to which it was checked"""
    generator: Mapped[str]
    """what proposed it"""
    model_id: Mapped[int | None] = mapped_column(ForeignKey("models.id"))
    """the model behind the generator"""
    found_at: Mapped[float]


class FoundStepRow(Base):
    """A goal that the search met in a proof that was found, and the tactic that it used there."""

    __tablename__ = "found_steps"
    __table_args__ = (not_empty("goal_key", "tactic"), not_negative("position"), CLUSTERED)

    proof_id: Mapped[int] = mapped_column(ForeignKey("proofs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """which step of the proof it is, from 0"""
    goal: Mapped[str]
    """hypotheses above the turnstile, one a line"""
    goal_key: Mapped[str]
    """equal for goals that differ in hypothesis names only"""
    tactic: Mapped[str]


class AttemptRow(Base):
    """One try at one theorem: what it was, what it cost, what came of it."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("uid"),
        ForeignKeyConstraint(["proof_id", "statement_key"], ["proofs.id", "proofs.statement_key"]),
        one_of("outcome", "proved", "open", "refused", "failed"),
        CheckConstraint("(outcome = 'proved') = (proof_id IS NOT NULL)", name="has_a_proof_when_proved"),
        CheckConstraint("outcome = 'proved' OR reason IS NOT NULL", name="has_a_reason_when_not_proved"),
        Index(None, "theorem_id", "started_at"),
        Index(None, "run_id"),
        Index(None, "configuration_id"),
        Index(None, "proof_id"),
        not_empty("uid", "theorem", "statement_key", "toolchain"),
        not_negative("seconds", "expansions", "tactics"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    """made by whoever attempted it, so that nothing is recorded twice"""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    theorem_id: Mapped[int | None] = mapped_column(ForeignKey("theorems.id", ondelete="SET NULL"))
    """NULL where its repository was not traced, or has been removed"""
    theorem: Mapped[str]
    """its full name then"""
    module: Mapped[str]
    statement_key: Mapped[str]
    configuration_id: Mapped[int] = mapped_column(ForeignKey("configurations.id"))
    seed: Mapped[int]
    toolchain: Mapped[str]
    started_at: Mapped[float]
    seconds: Mapped[float]
    """what it took"""
    expansions: Mapped[int]
    tactics: Mapped[int]
    outcome: Mapped[str]
    """`proved`, `open`, `refused` by the gate, or `failed` to be attempted at all"""
    reason: Mapped[str | None]
    """why it was not proved"""
    proof_id: Mapped[int | None]


class LeaseRow(Base):
    """Somebody has something to themselves for a while. A row stays when it is given back, for its token."""

    __tablename__ = "leases"
    __table_args__ = (
        CheckConstraint("seconds > 0 AND token > 0", name="is_for_a_while"),
        not_empty("resource", "owner"),
        STRICT,
    )

    resource: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    """names one process, no two the same"""
    token: Mapped[int]
    """grows each time it is taken; who holds an older one holds nothing"""
    seconds: Mapped[float]
    """for how long it was taken"""
    renewed_at: Mapped[float]
    expires_at: Mapped[float]
