"""The learners of a course, and what is kept of them: after each study a directory, whole or not there."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from curriculum.learn.learner import EvaluationTask, Learner, TrainingTask
from prover.tactics.generator import Generator
from retrieval.files import atomic_directory

UNTRAINED = -1
"""the position of learners that have studied nothing"""


class Learners:
    """Several learners that study together."""

    def __init__(self, learners: Sequence[Learner], kept: Path, say: Callable[[str], None]) -> None:
        """
        Args:
            kept: the course's own directory; may be deleted at any time, at the price of studying again.
        """
        self._learners = learners
        self._kept = kept
        self._say = say
        self._at: int | None = None
        """the step whose studies they have made; None where that is not known"""

    def be_at(self, position: int, studies: Callable[[], Iterable[TrainingTask]]) -> None:
        """Makes them what they were after the step `position`: as they are, from what is kept, or by studying again.

        Args:
            studies: all studies up to that step, asked for where nothing is kept.
        """
        if self._at == position:
            return
        self._reset()
        if position != UNTRAINED and not self._loaded(position):
            self._say("what the learners were is not kept, or not whole: they study everything again")
            self._reset()
            for task in studies():
                self._train(task)
        self._at = position

    def train(self, task: TrainingTask, position: int) -> None:
        """One more study, at a step; kept before this returns, unless the disk is full."""
        self._at = None
        self._train(task)
        self._save(position)
        self._at = position

    def performance(self, task: EvaluationTask) -> dict[str, list[float]]:
        """How well each does on a task, by the learner's name."""
        return {each.name: [round(value, 4) for value in each.performance(task)] for each in self._learners}

    def generators(self) -> list[Generator]:
        """What they propose tactics with."""
        return [generator for each in self._learners for generator in each.generators()]

    def keep_only(self, position: int) -> None:
        """Deletes what is kept of other steps."""
        for old in self._kept.glob("[0-9]*"):
            if old.name != str(position):
                shutil.rmtree(old, ignore_errors=True)

    def forget(self) -> None:
        """Deletes all that is kept."""
        shutil.rmtree(self._kept, ignore_errors=True)

    def _train(self, task: TrainingTask) -> None:
        for each in self._learners:
            each.train(task)

    def _reset(self) -> None:
        self._at = None
        for each in self._learners:
            each.reset()

    def _loaded(self, position: int) -> bool:
        try:
            for each in self._learners:
                each.load(self._kept / str(position) / each.name)
        except (OSError, ValueError):
            return False
        return True

    def _save(self, position: int) -> None:
        place = self._kept / str(position)
        try:
            with atomic_directory(place) as scratch:
                for each in self._learners:
                    (scratch / each.name).mkdir()
                    each.save(scratch / each.name)
        except (OSError, RuntimeError) as error:  # the second is what torch makes of a full disk
            self._say(f"what was learnt is not kept ({getattr(error, 'strerror', None) or error}): free some space")
