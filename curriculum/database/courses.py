"""How far courses of learning have come: their finished steps, each stored whole when it is finished."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from curriculum.database.rows import insert_new, table_of
from curriculum.database.tables import Attempt, Lesson, Run


class FinishedStep(msgspec.Struct, frozen=True):
    """A step of a course, and what came of it."""

    position: int
    kind: str
    round: int
    location: str
    record: dict[str, Any]
    ended_at: float


class PastCourse(msgspec.Struct, frozen=True):
    """A course that was begun."""

    run: int
    uid: str
    status: str
    started_at: float
    steps: int


def finish_step(
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
    insert_new(connection, table_of(Lesson), [row])


def finished_steps(connection: Connection, run: int) -> list[FinishedStep]:
    """The finished steps of a course, in order."""
    asked = select(Lesson.position, Lesson.kind, Lesson.round, Lesson.location, Lesson.record, Lesson.ended_at)
    rows = connection.execute(asked.where(Lesson.run_id == run).order_by(Lesson.position))
    return [FinishedStep(*row) for row in rows]


def courses(connection: Connection) -> list[PastCourse]:
    """Every course, the newest first."""
    steps = select(func.count()).where(Lesson.run_id == Run.id).correlate(Run).scalar_subquery()
    asked = select(Run.id, Run.uid, Run.status, Run.started_at, steps).where(Run.command == "learn")
    return [PastCourse(*row) for row in connection.execute(asked.order_by(Run.id.desc()))]


def attempts_made(connection: Connection, run: int) -> set[str]:
    """The ids that the attempts of a run were given."""
    return set(connection.scalars(select(Attempt.uid).where(Attempt.run_id == run)))
