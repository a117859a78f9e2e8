"""Queries on courses. Each finished step of a course is stored in one transaction."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, true

from curriculum.database.rows import insert_new, table_of
from curriculum.database.tables import AttemptRow, ConfigurationRow, LessonRow, RepositoryRow, RunRow, TheoremRow


class StoredStep(msgspec.Struct, frozen=True):
    """A finished step of a course."""

    position: int
    kind: str
    round: int
    location: str
    record: dict[str, Any]
    ended_at: float


class StoredAttempt(msgspec.Struct, frozen=True):
    """An attempt of a run."""

    uid: str
    outcome: str
    tactics: int
    seconds: float


class PastCourse(msgspec.Struct, frozen=True):
    """A course, finished or not."""

    run: int
    uid: str
    status: str
    started_at: float
    steps: int


def store_step(
    connection: Connection, run: int, position: int, step: tuple[str, int, str], record: Mapping[str, Any], at: float
) -> None:
    """Stores a finished step, given by its kind, round and location, unless a step is stored at that position."""
    kind, number, location = step
    row = {
        "run_id": run,
        "position": position,
        "kind": kind,
        "round": number,
        "location": location,
        "record": dict(record),
        "ended_at": at,
    }
    insert_new(connection, table_of(LessonRow), [row])


def finished_steps(connection: Connection, run: int) -> list[StoredStep]:
    """Returns the finished steps of a course, in order."""
    asked = select(
        LessonRow.position, LessonRow.kind, LessonRow.round, LessonRow.location, LessonRow.record, LessonRow.ended_at
    )
    rows = connection.execute(asked.where(LessonRow.run_id == run).order_by(LessonRow.position))
    return [StoredStep(*row) for row in rows]


def last_recheck(connection: Connection, location: str) -> float:
    """Returns the time of the last recheck of a repository's proofs in any course; 0 if there was none."""
    asked = select(func.max(LessonRow.ended_at)).where(LessonRow.kind == "recheck", LessonRow.location == location)
    return connection.scalar(asked) or 0.0


def courses(connection: Connection) -> list[PastCourse]:
    """Returns all courses, the newest first."""
    steps = select(func.count()).where(LessonRow.run_id == RunRow.id).correlate(RunRow).scalar_subquery()
    asked = select(RunRow.id, RunRow.uid, RunRow.status, RunRow.started_at, steps).where(RunRow.command == "learn")
    return [PastCourse(*row) for row in connection.execute(asked.order_by(RunRow.id.desc()))]


def course_settings(connection: Connection, run: int) -> dict[str, Any]:
    """Returns the configuration of a course."""
    asked = select(ConfigurationRow.settings).join(RunRow, RunRow.configuration_id == ConfigurationRow.id)
    return dict(connection.scalar(asked.where(RunRow.id == run)) or {})


def attempts_of_run(connection: Connection, run: int) -> list[StoredAttempt]:
    """Returns the attempts of a run, in the order in which they were stored."""
    asked = select(AttemptRow.uid, AttemptRow.outcome, AttemptRow.tactics, AttemptRow.seconds)
    return [
        StoredAttempt(*row) for row in connection.execute(asked.where(AttemptRow.run_id == run).order_by(AttemptRow.id))
    ]


def proved_sorries(connection: Connection, location: str) -> dict[tuple[str, str], int]:
    """Returns the ids of the proved theorems of a repository that contain a `sorry`, by module and name."""
    asked = (
        select(TheoremRow.module, TheoremRow.name, TheoremRow.id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .where(RepositoryRow.location == location, TheoremRow.present == true(), TheoremRow.incomplete == true())
        .where(TheoremRow.proof_id.is_not(None))
        .order_by(TheoremRow.module, TheoremRow.name)
    )
    return {(module, name): theorem for module, name, theorem in connection.execute(asked)}
