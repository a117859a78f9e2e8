"""What is to be tried and learnt next, and how far that has come: prospects, yields, lineage, lessons, watches."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from curriculum.database.tables.base import CLUSTERED, STRICT, Base, Json, not_empty, not_negative, one_of


class ProspectRow(Base):
    """A theorem that waits to be proved; there is none for one that is proved or gone."""

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
    """how often it was tried; 4 for more often"""
    tried_at: Mapped[float]
    """when it was tried last; 0 where it never was"""
    knew: Mapped[int]
    """how many proofs of ours there were then"""
    difficulty: Mapped[float]
    """what is smaller is tried first among those tried equally often"""


class YieldRow(Base):
    """What trying theorems of a repository came to, told apart by how often they had been tried before."""

    __tablename__ = "yields"
    __table_args__ = (not_negative("tried", "attempts", "proved", "seconds"), CLUSTERED)

    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True)
    tried: Mapped[int] = mapped_column(primary_key=True)
    """how often the theorems had been tried before; 4 for more often"""
    attempts: Mapped[int]
    proved: Mapped[int]
    seconds: Mapped[float]


class LineageEventRow(Base):
    """What became of a theorem's proof when it was found, and at each later snapshot."""

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
    """of the snapshot at which it was so"""
    event: Mapped[str]
    """`found`; `kept` where the same proof still holds; `moved` from another name or module with the same statement;
    `broken`; `mended` by another proof; `gone` with its theorem"""
    statement_key: Mapped[str]
    proof_id: Mapped[int | None] = mapped_column(ForeignKey("proofs.id"))
    """the proof that it is about"""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    """the run that found or mended it, whose configuration names the models"""
    at: Mapped[float]


class LessonRow(Base):
    """A finished step of a course of learning, so that a course that was killed goes on behind it."""

    __tablename__ = "lessons"
    __table_args__ = (not_empty("kind"), not_negative("position", "round"), CLUSTERED)

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """which step of the course it is, from 0"""
    kind: Mapped[str]
    """`trace`, `order`, `baseline`, `learn`, `measure`, `choose` or `prove`"""
    round: Mapped[int]
    """from 1; 0 for what comes before the first"""
    location: Mapped[str]
    """of the repository that it is about; empty where it is about all"""
    record: Mapped[Any] = mapped_column(Json)
    """an object: what came of it"""
    ended_at: Mapped[float]


class WatchRow(Base):
    """How a repository fares that the daemon looks after."""

    __tablename__ = "watches"
    __table_args__ = (Index(None, "next_at"), not_negative("failures"), STRICT)

    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[str | None]
    """what was seen of it last"""
    seen_at: Mapped[float]
    failures: Mapped[int]
    """how often in a row it could not be fetched, built or traced"""
    fault: Mapped[str | None]
    """why, the last time"""
    next_at: Mapped[float]
    """when it is to be looked at again"""
