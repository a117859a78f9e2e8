"""Planning and learning: queued theorems, attempt counts, lineage of proofs, steps of courses, watched repositories."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from curriculum.database.tables.base import CLUSTERED, STRICT, Base, Json, not_empty, not_negative, one_of


class ProspectRow(Base):
    """A theorem in the queue. Theorems that are proved, or no longer in the repository, have no row."""

    __tablename__ = "prospects"
    __table_args__ = (
        Index("ix_prospects_to_try", "repository_id", "tried", "tried_at", "difficulty"),
        CheckConstraint("tried BETWEEN 0 AND 4", name="is_tried_so_often"),
        not_negative("tried_at", "knew"),
        STRICT,
    )

    theorem_id: Mapped[int] = mapped_column(ForeignKey("theorems.id", ondelete="CASCADE"), primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"))
    tried: Mapped[int]
    """The number of attempts; 4 stands for four or more."""
    tried_at: Mapped[float]
    """The time of the last attempt; 0 if there was none."""
    knew: Mapped[int]
    """The number of proofs in the database when that attempt was chosen."""
    difficulty: Mapped[float]
    """The priority among theorems with equally many attempts: the smallest value is tried first."""


class YieldRow(Base):
    """Results of attempts at a repository's theorems, by the number of earlier attempts at the same theorem."""

    __tablename__ = "yields"
    __table_args__ = (not_negative("tried", "attempts", "proved", "seconds"), CLUSTERED)

    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True)
    tried: Mapped[int] = mapped_column(primary_key=True)
    """The number of earlier attempts at the theorem; 4 stands for four or more."""
    attempts: Mapped[int]
    proved: Mapped[int]
    seconds: Mapped[float]


class LineageEventRow(Base):
    """An event in the life of a theorem's proof: when it was found, and at each later snapshot."""

    __tablename__ = "lineage"
    __table_args__ = (
        UniqueConstraint("theorem_id", "revision", "event"),
        one_of("event", "found", "kept", "moved", "broken", "mended", "gone"),
        Index(None, "proof_id"),
        Index(None, "run_id"),
        not_empty("revision", "statement_key"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    theorem_id: Mapped[int] = mapped_column(ForeignKey("theorems.id", ondelete="CASCADE"))
    revision: Mapped[str]
    """The revision of the snapshot at which the event happened."""
    event: Mapped[str]
    """`found`; `kept` if the same proof still holds; `moved` from another name or module with the same statement;
    `broken`; `mended` if another proof replaces a broken one; `gone` with its theorem."""
    statement_key: Mapped[str]
    proof_id: Mapped[int | None] = mapped_column(ForeignKey("proofs.id"))
    """The proof concerned."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    """The run that found or replaced the proof; its configuration names the models."""
    at: Mapped[float]


class LessonRow(Base):
    """A finished step of a course. A course that was killed resumes after its last finished step."""

    __tablename__ = "lessons"
    __table_args__ = (not_empty("kind"), not_negative("position", "round"), CLUSTERED)

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """The index of the step in the course, from 0."""
    kind: Mapped[str]
    """`trace`, `order`, `baseline`, `recheck`, `learn`, `measure`, `choose` or `prove`."""
    round: Mapped[int]
    """The round of the course, from 1; 0 for steps before the first round."""
    location: Mapped[str]
    """The location of the repository concerned; empty if the step concerns all."""
    record: Mapped[Any] = mapped_column(Json)
    """A JSON object with the results of the step."""
    ended_at: Mapped[float]


class WatchRow(Base):
    """The state of a repository that the daemon watches."""

    __tablename__ = "watches"
    __table_args__ = (Index(None, "next_at"), not_negative("failures"), STRICT)

    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[str | None]
    """The revision that was seen last; NULL if none was."""
    seen_at: Mapped[float]
    failures: Mapped[int]
    """The number of consecutive failures to fetch, build or trace it."""
    fault: Mapped[str | None]
    """The reason for the last failure; NULL if the last visit succeeded."""
    next_at: Mapped[float]
    """The time of the next visit."""
