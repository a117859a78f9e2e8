"""Training tasks from a database: the examples of found proofs, and learners that follow whatever a database gains."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from curriculum.database.database import Connection, Database
from curriculum.database.identity import digest_of
from curriculum.database.loading import latest_snapshots, load_module, paths_of
from curriculum.database.steps import OwnProof, own_proofs, theorem_starts
from curriculum.database.theorem_queue import proofs_known
from curriculum.learn.learner import EvaluationTask, ProofExample, TrainingTask
from curriculum.lifelong.learners import Learners

UNKNOWN_START = float("inf")
"""The start of a theorem whose position is unknown: nothing else of its module may learn from its proof."""

OrderLocations = Callable[[Connection, Sequence[str]], Sequence[str]]
"""Puts the locations of repositories in the order in which they are to be learned."""


def proof_examples(connection: Connection, proofs: Iterable[OwnProof]) -> tuple[ProofExample, ...]:
    """Returns proofs that the prover found as training examples, ordered by module and theorem."""
    starts = theorem_starts(connection)
    examples = [
        ProofExample(
            proof.module,
            proof.theorem,
            proof.statement_key,
            float(starts.get((proof.module, proof.theorem), UNKNOWN_START)),
            tuple((step.goal, step.goal_key, step.tactic) for step in proof.steps),
        )
        for proof in proofs
    ]
    return tuple(sorted(examples, key=lambda example: (example.module, example.theorem)))


class TrainingCursor(msgspec.Struct, frozen=True):
    """The part of a database that the learners were trained on; kept with each checkpoint."""

    settings: str
    """The digest of the database's name and of what the learners were made with."""
    tasks: int = 0
    """The number of training tasks so far."""
    proofs: int = 0
    """The highest id of a proof that they were trained on."""
    snapshots: dict[str, int] = {}
    """By location, the snapshot whose modules they were trained on last."""


@dataclass(frozen=True)
class PendingTraining:
    """A training task that is due."""

    task: TrainingTask
    cursor: TrainingCursor
    """The cursor after the task."""


class DatabaseTraining:
    """Trains learners on what a database gains, task by task, with a checkpoint after each.

    A task is one repository's modules that were not learned yet, with all proofs found since the task before; or such
    proofs alone. A process that is killed loses the task in hand: the next one continues from the last checkpoint.
    """

    def __init__(self, database: Database, learners: Learners, settings: Mapping[str, Any], seed: int = 0) -> None:
        """
        Args:
            settings: what the learners were made with; checkpoints of other settings are not used.
        """
        self._database = database
        self._learners = learners
        self._settings = digest_of([database.name, learners.names, dict(settings)])
        self._seed = seed
        self.cursor = TrainingCursor(self._settings)

    def resume(self) -> None:
        """Restores the learners and the cursor from the latest whole checkpoint; without one, nothing was learned."""
        with self._database.reading() as connection:
            known = proofs_known(connection)
        for position in self._learners.positions():
            cursor = self._cursor_at(position)
            if cursor is not None and cursor.proofs <= known and self._learners.load(position):
                self.cursor = cursor
                return
        self._learners.reset()
        self.cursor = TrainingCursor(self._settings)

    def pending(
        self, min_proofs: int, order: OrderLocations, among: Collection[str] | None = None
    ) -> PendingTraining | None:
        """Returns the next training task; None where too little is new.

        Args:
            min_proofs: the number of new proofs that are a task without a repository.
            order: decides which of several new repositories is learned first.
            among: the locations that may be learned; None for all.
        """
        cursor = self.cursor
        with self._database.reading() as connection:
            known = proofs_known(connection)
            latest = latest_snapshots(connection)
            new = [
                location
                for location, snapshot in sorted(latest.items())
                if cursor.snapshots.get(location) != snapshot and (among is None or location in among)
            ]
            if not new and known - cursor.proofs < min_proofs:
                return None
            found = proof_examples(connection, own_proofs(connection, after=cursor.proofs))
            seed = self._seed + cursor.tasks
            if not new:
                return PendingTraining(TrainingTask("", (), found, seed), self._after(known, {}))
            location = order(connection, new)[0] if len(new) > 1 else new[0]
            snapshot = latest[location]
            before = cursor.snapshots.get(location)
            learned = paths_of(connection, before) if before is not None else {}
            paths = paths_of(connection, snapshot)
            modules = tuple(load_module(connection, key, path) for key, path in paths.items() if key not in learned)
            return PendingTraining(
                TrainingTask(location, modules, found, seed), self._after(known, {location: snapshot})
            )

    def train(self, pending: PendingTraining) -> dict[str, float]:
        """Performs a training task, and returns the mean performance of each learner on the task's modules."""
        self._learners.train(pending.task, pending.cursor.tasks, msgspec.json.encode(pending.cursor))
        self._learners.keep_only(pending.cursor.tasks)
        self.cursor = pending.cursor
        if not pending.task.modules:
            return {}
        measured = self._learners.performance(EvaluationTask(pending.task.location, pending.task.modules))
        return {name: round(sum(values) / len(values), 4) for name, values in measured.items() if values}

    def _after(self, proofs: int, snapshots: Mapping[str, int]) -> TrainingCursor:
        cursor = self.cursor
        return TrainingCursor(self._settings, cursor.tasks + 1, proofs, {**cursor.snapshots, **snapshots})

    def _cursor_at(self, position: int) -> TrainingCursor | None:
        """Returns the cursor of a checkpoint; None where it is damaged, or of other settings."""
        note = self._learners.checkpoint_note(position)
        try:
            cursor = None if note is None else msgspec.json.decode(note, type=TrainingCursor)
        except msgspec.MsgspecError:
            return None
        return cursor if cursor is not None and cursor.settings == self._settings else None
