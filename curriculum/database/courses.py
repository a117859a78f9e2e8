"""How far courses of learning have come: their finished steps, each stored whole when it is finished."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, true

from curriculum.database.rows import insert_new, table_of
from curriculum.database.tables import AttemptRow, ConfigurationRow, LessonRow, RepositoryRow, RunRow, TheoremRow


class StoredStep(msgspec.Struct, frozen=True):
    """A step of a course, and what came of it."""

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
    """A course that was begun."""

    run: int
    uid: str
    status: str
    started_at: float
    steps: int


def store_step(
    connection: Connection, run: int, position: int, step: tuple[str, int, str], record: Mapping[str, Any], at: float
) -> None:
    """Stores a finished step, given by its kind, round and location; what is stored already stays as it is."""
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
    """The finished steps of a course, in order."""
    asked = select(
        LessonRow.position, LessonRow.kind, LessonRow.round, LessonRow.location, LessonRow.record, LessonRow.ended_at
    )
    rows = connection.execute(asked.where(LessonRow.run_id == run).order_by(LessonRow.position))
    return [StoredStep(*row) for row in rows]


def last_recheck(connection: Connection, location: str) -> float:
    """When the known proofs of a repository were tried again last, in any course; 0 where they never were."""
    asked = select(func.max(LessonRow.ended_at)).where(LessonRow.kind == "recheck", LessonRow.location == location)
    return connection.scalar(asked) or 0.0


def courses(connection: Connection) -> list[PastCourse]:
    """Every course, the newest first."""
    steps = select(func.count()).where(LessonRow.run_id == RunRow.id).correlate(RunRow).scalar_subquery()
    asked = select(RunRow.id, RunRow.uid, RunRow.status, RunRow.started_at, steps).where(RunRow.command == "learn")
    return [PastCourse(*row) for row in connection.execute(asked.order_by(RunRow.id.desc()))]


def course_settings(connection: Connection, run: int) -> dict[str, Any]:
    """How a course was to be taken."""
    asked = select(ConfigurationRow.settings).join(RunRow, RunRow.configuration_id == ConfigurationRow.id)
    return dict(connection.scalar(asked.where(RunRow.id == run)) or {})


def attempts_of_run(connection: Connection, run: int) -> list[StoredAttempt]:
    """The attempts of a run, in the order of being stored."""
    asked = select(AttemptRow.uid, AttemptRow.outcome, AttemptRow.tactics, AttemptRow.seconds)
    return [
        StoredAttempt(*row) for row in connection.execute(asked.where(AttemptRow.run_id == run).order_by(AttemptRow.id))
    ]


def proved_sorries(connection: Connection, location: str) -> dict[tuple[str, str], int]:
    """The theorems of a repository whose `sorry`s we have a proof for: from module and name to the id."""
    asked = (
        select(TheoremRow.module, TheoremRow.name, TheoremRow.id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .where(RepositoryRow.location == location, TheoremRow.present == true(), TheoremRow.incomplete == true())
        .where(TheoremRow.proof_id.is_not(None))
        .order_by(TheoremRow.module, TheoremRow.name)
    )
    return {(module, name): theorem for module, name, theorem in connection.execute(asked)}
