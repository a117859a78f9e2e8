"""How far courses of learning have come: their finished steps, each stored whole when it is finished."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, true

from curriculum.database.rows import insert_new, table_of
from curriculum.database.tables import Attempt, Configuration, Lesson, Repository, Run, Theorem


class FinishedStep(msgspec.Struct, frozen=True):
    """A step of a course, and what came of it."""

    position: int
    kind: str
    round: int
    location: str
    record: dict[str, Any]
    ended_at: float


class MadeAttempt(msgspec.Struct, frozen=True):
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


def last_recheck(connection: Connection, location: str) -> float:
    """When the known proofs of a repository were tried again last, in any course; 0 where they never were."""
    asked = select(func.max(Lesson.ended_at)).where(Lesson.kind == "recheck", Lesson.location == location)
    return connection.scalar(asked) or 0.0


def courses(connection: Connection) -> list[PastCourse]:
    """Every course, the newest first."""
    steps = select(func.count()).where(Lesson.run_id == Run.id).correlate(Run).scalar_subquery()
    asked = select(Run.id, Run.uid, Run.status, Run.started_at, steps).where(Run.command == "learn")
    return [PastCourse(*row) for row in connection.execute(asked.order_by(Run.id.desc()))]


def course_settings(connection: Connection, run: int) -> dict[str, Any]:
    """How a course was to be taken."""
    asked = select(Configuration.settings).join(Run, Run.configuration_id == Configuration.id)
    return dict(connection.scalar(asked.where(Run.id == run)) or {})


def attempts_of_run(connection: Connection, run: int) -> list[MadeAttempt]:
    """The attempts of a run, in the order of being stored."""
    asked = select(Attempt.uid, Attempt.outcome, Attempt.tactics, Attempt.seconds)
    return [MadeAttempt(*row) for row in connection.execute(asked.where(Attempt.run_id == run).order_by(Attempt.id))]


def proved_sorries(connection: Connection, location: str) -> dict[tuple[str, str], int]:
    """The theorems of a repository whose `sorry`s we have a proof for: from module and name to the id."""
    asked = (
        select(Theorem.module, Theorem.name, Theorem.id)
        .join(Repository, Repository.id == Theorem.repository_id)
        .where(Repository.location == location, Theorem.present == true(), Theorem.incomplete == true())
        .where(Theorem.proof_id.is_not(None))
        .order_by(Theorem.module, Theorem.name)
    )
    return {(module, name): theorem for module, name, theorem in connection.execute(asked)}
