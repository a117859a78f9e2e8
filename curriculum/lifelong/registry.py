"""The registry of learners."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prover.extensions import LEARNERS_GROUP, Registry

if TYPE_CHECKING:
    from curriculum.learn.learner import Learner, Strategy

MEMORY, RANKER, GENERATOR = "memory", "ranker", "generator"


@dataclass(frozen=True)
class LearnerOptions:
    """The options that learners are made with."""

    strategy: "Strategy" = "progressive"
    """The strategy against forgetting, for learners with weights."""
    seed: int = 0
    base: str = "tiny"
    """The base model of the learner `generator`: a preset, a directory, or a name on the hub."""
    learning_rate: float | None = None
    """The learning rate of the learner `generator`; None for the default of its base."""
    epochs: int = 1
    """Epochs of the learner `generator` over each repository."""
    directory: Path | None = None
    """A directory in which interrupted trainings continue; temporary ones if not given."""


LearnerFactory = Callable[[LearnerOptions], "Learner"]


def _memory(options: LearnerOptions) -> "Learner":
    from curriculum.learn.learner import MemoryLearner

    return MemoryLearner(options.strategy, seed=options.seed)


def _ranker(options: LearnerOptions) -> "Learner":
    from curriculum.learn.ranker import Ranker

    return Ranker(options.strategy, seed=options.seed)


def _generator(options: LearnerOptions) -> "Learner":
    from curriculum.learn.generator.learner import GeneratorLearner

    directory = options.directory and options.directory / GENERATOR
    return GeneratorLearner(
        options.strategy, options.seed, options.base, options.epochs, options.learning_rate, directory
    )


LEARNERS: Registry[LearnerFactory] = Registry(
    "learner", LEARNERS_GROUP, {MEMORY: _memory, RANKER: _ranker, GENERATOR: _generator}, Callable
)


def learners_named(names: Sequence[str], options: LearnerOptions) -> "list[Learner]":
    """Returns the learners of these names, each once.

    Raises:
        UsageError: a name is unknown, or what a learner needs is not installed.
    """
    return [factory(options) for factory in [LEARNERS.named(name) for name in dict.fromkeys(names)]]
