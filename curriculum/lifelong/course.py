"""A course of learning: its configuration, and the parts that it runs with. The run itself is in course_run.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curriculum.database.database import Database
from curriculum.learn.learner import Learner, Strategy
from curriculum.lifelong.executor import Executor
from curriculum.lifelong.policy import DEFAULT_TACTICS
from curriculum.ordering import Order, RepositoryProfile
from prover.progress import Notify

OrderFactory = Callable[[str, Sequence[RepositoryProfile], int], Order]
"""Makes an order from its name, the repositories and a seed."""


@dataclass(frozen=True)
class CourseConfig:
    """The configuration of a course. Two courses of the same configuration in equal databases have the same results."""

    locations: tuple[str, ...]
    """The canonical locations of the repositories."""
    order: str = "easy"
    """The name of the order of the repositories."""
    reverse: bool = False
    """Whether that order is reversed."""
    rounds: int = 1
    """The number of rounds over all repositories."""
    strategy: Strategy = "progressive"
    """The strategy against forgetting, for learners with weights."""
    seed: int = 0
    """The seed of everything random."""
    tactics: int = DEFAULT_TACTICS
    """Tactics that an attempt may run, on average; see `ProvingPolicy`."""
    prove: bool = True
    """Whether theorems are attempted; otherwise the learners are only trained and measured."""
    baseline: bool = True
    """Whether a prover without learning attempts all theorems, with the tactics of all rounds up to each together."""
    pinned: tuple[tuple[str, str], ...] = ()
    """Locations whose revision the user chose, each with that revision."""

    def facts(self) -> dict[str, Any]:
        """Returns the configuration as a JSON object."""
        return {
            "locations": list(self.locations),
            "order": self.order,
            "reverse": self.reverse,
            "rounds": self.rounds,
            "strategy": self.strategy,
            "seed": self.seed,
            "tactics": self.tactics,
            "prove": self.prove,
            "baseline": self.baseline,
            "pinned": dict(self.pinned),
        }


@dataclass(frozen=True)
class Course:
    """The parts that a course runs with."""

    database: Database
    executor: Executor
    learners: Sequence[Learner]
    orders: OrderFactory
    directory: Path
    """The directory for checkpoints of the learners; may be deleted between two runs."""
    notify: Notify
    """Receives a line of text about each step."""
