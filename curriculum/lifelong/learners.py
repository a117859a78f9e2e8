"""Several learners that are trained together, with a checkpoint after each training: written whole, or not at all."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from curriculum.learn.learner import EvaluationTask, Learner, TrainingTask
from prover.progress import Notify
from prover.tactics.generator import Generator
from retrieval.files import atomic_directory

UNTRAINED = -1
"""The position of learners that were trained on nothing."""
NOTE_FILE = "note"


class Learners:
    """Several learners at one position in a sequence of training tasks."""

    def __init__(self, learners: Sequence[Learner], directory: Path, notify: Notify) -> None:
        """
        Args:
            directory: the directory for checkpoints; may be deleted at any time, at the price of training again.
            notify: receives a line of text when a checkpoint cannot be used or written.
        """
        self._learners = learners
        self._directory = directory
        self._notify = notify
        self._position: int | None = None
        """The position that the learners are at; None where that is not known."""

    @property
    def names(self) -> list[str]:
        """The names of the learners."""
        return [each.name for each in self._learners]

    def restore(self, position: int, tasks: Callable[[], Iterable[TrainingTask]]) -> None:
        """Restores the learners to a position: in memory, from a checkpoint, or by training again.

        Args:
            tasks: returns all training tasks up to that position; called where there is no whole checkpoint.
        """
        if self._position == position:
            return
        self.reset()
        if position != UNTRAINED and not self.load(position):
            self._notify("the learners have no whole checkpoint: they are trained again from the beginning")
            for task in tasks():
                self._train(task)
        self._position = position

    def train(self, task: TrainingTask, position: int, note: bytes = b"") -> None:
        """Trains each learner on one more task, and writes a checkpoint unless the disk is full.

        Args:
            note: bytes that are kept with the checkpoint; see `checkpoint_note`.
        """
        self._position = None
        self._train(task)
        self._save(position, note)
        self._position = position

    def performance(self, task: EvaluationTask) -> dict[str, list[float]]:
        """Returns each learner's performance on a task, by the learner's name."""
        return {each.name: [round(value, 4) for value in each.performance(task)] for each in self._learners}

    def generators(self) -> list[Generator]:
        """Returns the generators that the learners make from what they know now."""
        return [generator for each in self._learners for generator in each.generators()]

    def reset(self) -> None:
        """Makes every learner forget everything."""
        self._position = None
        for each in self._learners:
            each.reset()
        self._position = UNTRAINED

    def load(self, position: int) -> bool:
        """Loads a checkpoint; returns false, with the learners reset, where it is missing or damaged."""
        self._position = None
        try:
            for each in self._learners:
                each.load(self._directory / str(position) / each.name)
        except (OSError, ValueError):
            self.reset()
            return False
        self._position = position
        return True

    def positions(self) -> list[int]:
        """Returns the positions that have a checkpoint, the latest first."""
        names = [each.name for each in self._directory.glob("[0-9]*")] if self._directory.is_dir() else []
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def checkpoint_note(self, position: int) -> bytes | None:
        """Returns the bytes that were kept with a checkpoint; None where they cannot be read."""
        try:
            return (self._directory / str(position) / NOTE_FILE).read_bytes()
        except OSError:
            return None

    def keep_only(self, position: int) -> None:
        """Deletes the checkpoints of other positions, if there is one of this position."""
        if position not in self.positions():
            return
        for other in self._directory.iterdir():
            if other.name != str(position):  # a killed process leaves scratch directories, too
                shutil.rmtree(other, ignore_errors=True)

    def delete_checkpoints(self) -> None:
        """Deletes all checkpoints."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _train(self, task: TrainingTask) -> None:
        for each in self._learners:
            each.train(task)

    def _save(self, position: int, note: bytes) -> None:
        try:
            with atomic_directory(self._directory / str(position)) as scratch:
                for each in self._learners:
                    (scratch / each.name).mkdir()
                    each.save(scratch / each.name)
                if note:
                    (scratch / NOTE_FILE).write_bytes(note)
        except (OSError, RuntimeError) as error:  # torch raises RuntimeError when the disk is full
            reason = getattr(error, "strerror", None) or error
            self._notify(f"the checkpoint of the learners is not written ({reason}): free some space")
