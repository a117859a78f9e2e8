"""Measures how many of a generator's suggestions Lean accepts, on the statements of theorems."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prover.attempt import Task, forget
from prover.errors import LeanError
from prover.lean.session import Advanced, Session, TacticLimits
from prover.tactics.generator import Generator

LIMITS = TacticLimits(milliseconds=1_500)


@dataclass(frozen=True)
class Validity:
    """Counts of suggestions and of those that Lean accepted."""

    goals: int = 0
    proposed: int = 0
    valid: int = 0
    """The suggestions that Lean accepted and that changed the goal."""

    def __add__(self, other: "Validity") -> "Validity":
        return Validity(self.goals + other.goals, self.proposed + other.proposed, self.valid + other.valid)

    @property
    def rate(self) -> float:
        """The share of suggestions that were valid; 0 where there were none."""
        return self.valid / self.proposed if self.proposed else 0.0


def validity(session: Session, tasks: Iterable[Task], generator: Generator) -> Validity:
    """Runs the suggestions for the first goal of each theorem; a theorem that cannot be opened does not count."""
    total = Validity()
    for proposed, valid in _tried(session, tasks, generator):
        total += Validity(1, proposed, valid)
    return total


def _tried(session: Session, tasks: Iterable[Task], generator: Generator) -> Iterator[tuple[int, int]]:
    for task in tasks:
        try:
            sorry_goal = session.statement(task.source, task.declaration.selection)
            suggesting = generator.for_theorem(task.ref())
            tactics = [suggestion.tactic for suggestion in suggesting.suggest(sorry_goal.state.goals[0])]
            outcomes = list(session.run(sorry_goal.state, tactics, LIMITS))
            yield len(tactics), sum(isinstance(outcome, Advanced) for outcome in outcomes)
        except LeanError:
            continue
        finally:
            forget(session)
