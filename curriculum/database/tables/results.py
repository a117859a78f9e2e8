"""Attempts and their results: theorems, attempts, proofs, models, runs, leases."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from curriculum.database.tables.base import CLUSTERED, STRICT, Base, Json, flag, not_empty, not_negative, one_of


class TheoremRow(Base):
    """A theorem of a repository, or another declaration with a `sorry`, across all of its snapshots."""

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
    """The key of the elaborated statement in the last traced snapshot."""
    incomplete: Mapped[bool]
    """Whether its text in the last traced snapshot contains a `sorry`."""
    present: Mapped[bool]
    """Whether the last traced snapshot contains the theorem."""
    difficulty: Mapped[float]
    """The priority in the queue: the smallest value is tried first. By default the length of the printed statement."""
    proof_id: Mapped[int | None]
    """A proof of this statement; NULL if none is known."""


class ConfigurationRow(Base):
    """The settings of an attempt or a run."""

    __tablename__ = "configurations"
    __table_args__ = (UniqueConstraint("digest"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
    """SHA-256, in hexadecimal, of the settings and the names of the models."""
    settings: Mapped[Any] = mapped_column(Json)
    """A JSON object: generators, search, limits."""


class ModelRow(Base):
    """One version of a trained model."""

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
    """The name of the model, including its version."""
    origin: Mapped[str]
    """The origin of its files: a repository of models, or a directory."""
    trained_on: Mapped[Any] = mapped_column(Json)
    """A JSON object: snapshots, data sets, settings, seed."""
    metrics: Mapped[Any] = mapped_column(Json)
    """A JSON object: measurements of the model by name."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("models.id"))
    """The model from which training started."""
    made_at: Mapped[float]


class ModelFilesRow(Base):
    """The directory of a model's files. Models whose files were removed have no row."""

    __tablename__ = "model_files"
    __table_args__ = (
        one_of("kind", "seq2seq", "causal"),
        not_empty("directory", "format"),
        CLUSTERED,
    )

    model_id: Mapped[int] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), primary_key=True)
    directory: Mapped[str]
    """A path on the machine that trained the model."""
    kind: Mapped[str]
    """The architecture: `seq2seq` or `causal`."""
    format: Mapped[str]
    """The name of its prompt format."""


class GeneratorCountRow(Base):
    """Results of a generator's suggestions on goals of one shape, in one repository."""

    __tablename__ = "generator_counts"
    __table_args__ = (
        not_empty("shape", "generator"),
        not_negative("tried", "advanced", "used"),
        CLUSTERED,
    )

    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True)
    shape: Mapped[str] = mapped_column(primary_key=True)
    """The head symbol of the goal's target, and whether the goal has hypotheses."""
    generator: Mapped[str] = mapped_column(primary_key=True)
    tried: Mapped[int]
    """The number of its tactics that were run."""
    advanced: Mapped[int]
    """The number of those that Lean accepted."""
    used: Mapped[int]
    """The number of those that are part of a proof."""


class ConfigurationModelRow(Base):
    """A model that a configuration uses."""

    __tablename__ = "configuration_models"
    __table_args__ = (Index(None, "model_id"), CLUSTERED)

    configuration_id: Mapped[int] = mapped_column(ForeignKey("configurations.id"), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True)


class RunRow(Base):
    """A run of a command."""

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
    """A unique name, chosen by the process that began the run, so that it is stored once."""
    command: Mapped[str]
    arguments: Mapped[Any] = mapped_column(Json)
    """A JSON list of strings."""
    configuration_id: Mapped[int | None] = mapped_column(ForeignKey("configurations.id"))
    status: Mapped[str]
    """`running`, `finished`, `failed` or `interrupted`; a killed run stays `running`."""
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
    """SHA-256 of the scripts, in hexadecimal."""
    scripts: Mapped[Any] = mapped_column(Json)
    """A JSON list of tactic blocks, one for each `sorry` that was filled, in order."""
    whole: Mapped[bool]
    """Whether its single block proves the whole statement; otherwise the blocks fill the `sorry`s of a text."""
    axioms: Mapped[Any] = mapped_column(Json)
    """A JSON list of names."""
    toolchain: Mapped[str]
    """The version of Lean that checked the proof."""
    verified: Mapped[int]
    """The gate's level, from 1 to 5, at which the proof was checked."""
    generator: Mapped[str]
    """The names of the generators that suggested its tactics."""
    model_id: Mapped[int | None] = mapped_column(ForeignKey("models.id"))
    """The language model behind the generator."""
    found_at: Mapped[float]


class FoundStepRow(Base):
    """A goal in a proof that the search found, and the tactic that was applied to it."""

    __tablename__ = "found_steps"
    __table_args__ = (not_empty("goal_key", "tactic"), not_negative("position"), CLUSTERED)

    proof_id: Mapped[int] = mapped_column(ForeignKey("proofs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the step in the proof, from 0."""
    goal: Mapped[str]
    """The goal as Lean prints it: hypotheses, one a line, above the turnstile."""
    goal_key: Mapped[str]
    """The goal's key, which is equal for goals that differ in hypothesis names only."""
    tactic: Mapped[str]


class AttemptRow(Base):
    """An attempt at a theorem: its configuration, cost and result."""

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
    """A unique name, chosen by the process that made the attempt, so that it is stored once."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    theorem_id: Mapped[int | None] = mapped_column(ForeignKey("theorems.id", ondelete="SET NULL"))
    """NULL if the repository was not traced, or has been removed."""
    theorem: Mapped[str]
    """The full name of the theorem at the time of the attempt."""
    module: Mapped[str]
    statement_key: Mapped[str]
    configuration_id: Mapped[int] = mapped_column(ForeignKey("configurations.id"))
    seed: Mapped[int]
    toolchain: Mapped[str]
    started_at: Mapped[float]
    seconds: Mapped[float]
    """The duration of the attempt."""
    expansions: Mapped[int]
    tactics: Mapped[int]
    outcome: Mapped[str]
    """`proved`, `open`, `refused` by the gate, or `failed` if the search could not start."""
    reason: Mapped[str | None]
    """The reason why the theorem was not proved."""
    proof_id: Mapped[int | None]


class RunProofRow(Base):
    """A proof that holds together with the others of its run, as `prover apply` writes it."""

    __tablename__ = "run_proofs"
    __table_args__ = (
        Index(None, "repository_id"),
        not_empty("theorem", "file", "statement_key"),
        not_negative("position"),
        flag("whole"),
        CLUSTERED,
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the proof in the run, from 0."""
    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"))
    theorem: Mapped[str]
    """The full name of the theorem; for an `example` its place."""
    file: Mapped[str]
    """The path of its file in the repository, with forward slashes."""
    statement_key: Mapped[str]
    scripts: Mapped[Any] = mapped_column(Json)
    """A JSON list of tactic blocks, one for each `sorry` that is filled, in order."""
    whole: Mapped[bool]
    """Whether its single block proves the whole statement."""
    rests_on: Mapped[Any] = mapped_column(Json)
    """A JSON list of the open theorems that the proof rests on, by full name; empty if the theorem is proved."""


class SearchLogRow(Base):
    """The log of a search: its goals and the tactics that were run on them, with their outcomes."""

    __tablename__ = "search_logs"
    __table_args__ = (
        UniqueConstraint("uid"),
        Index(None, "run_id"),
        Index(None, "repository"),
        not_empty("uid", "repository", "theorem"),
        not_negative("goals", "tried"),
        flag("proved"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    """A unique name, chosen by the process that made the log, so that it is stored once."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    repository: Mapped[str]
    """The path or address of the repository."""
    module: Mapped[str]
    theorem: Mapped[str]
    """The full name of the theorem at the time of the search."""
    statement_key: Mapped[str]
    proved: Mapped[bool]
    """Whether the search found a proof; the gate's verdict is in `attempts`."""
    goals: Mapped[int]
    """The number of goals that it met."""
    tried: Mapped[int]
    """The number of tactics that it ran, those that the log leaves out included."""
    made_at: Mapped[float]
    log: Mapped[bytes]
    """The log, compressed."""


class LeaseRow(Base):
    """A temporary exclusive right to a resource. Its row stays after the release, because of the token."""

    __tablename__ = "leases"
    __table_args__ = (
        CheckConstraint("seconds > 0 AND token > 0", name="is_for_a_while"),
        not_empty("resource", "owner"),
        STRICT,
    )

    resource: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    """The unique name of the process that holds the lease."""
    token: Mapped[int]
    """A number that increases each time the lease is taken; a holder with an older token has lost the lease."""
    seconds: Mapped[float]
    """The duration of the lease."""
    renewed_at: Mapped[float]
    expires_at: Mapped[float]
