"""The prover's suggestions as classes of other tools: Pantograph's `Agent`, and LeanDojo-v2's `BaseProver`.

A goal comes as text, as Lean prints it, so that what only the gateway knows of it is not used; the other tool runs the
tactics. Its package is imported when a class is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from prover.app.assembly import DEFAULT_GENERATORS, generators_named, mixture, stored_statistics
from prover.app.goal_text import goals_in
from prover.errors import UsageError
from prover.progress import Reporter
from prover.tactics.generator import Generator, Suggestion, TheoremRef

NOWHERE = TheoremRef("", "", 0, "")
"""The theorem of a goal of which nothing is known but its text."""


NO_PROMISE = -100.0
"""The value of a goal for which there is no tactic."""


class PrintedState(Protocol):
    """A proof state of another tool, whose goals print as Lean prints them."""

    @property
    def goals(self) -> Sequence[object]:
        """Its goals."""
        ...


class TextAdviser:
    """Suggests tactics for goals that are given as text."""

    def __init__(self, generator: Generator) -> None:
        self._bound = generator.for_theorem(NOWHERE)
        self._left: dict[str, Iterator[Suggestion]] = {}
        """The suggestions that are left, by the goal."""

    def next_tactic(self, goal: str) -> str | None:
        """Returns the next tactic for a goal, the likeliest first; None when there is no further one."""
        if goal not in self._left:
            goals = goals_in(goal)
            self._left[goal] = iter(self._ranked(self._bound.suggest(goals[0])) if goals else ())
        found = next(self._left[goal], None)
        return found.tactic if found is not None else None

    def promise(self, goal: str) -> float:
        """Returns the log-probability of the likeliest tactic for a goal; larger is better."""
        goals = goals_in(goal)
        suggestions = self._bound.suggest(goals[0]) if goals else ()
        return max((each.log_probability for each in suggestions), default=NO_PROMISE)

    def reset(self) -> None:
        """Forgets which tactics it has returned."""
        self._left.clear()

    @staticmethod
    def _ranked(suggestions: Sequence[Suggestion]) -> list[Suggestion]:
        return sorted(suggestions, key=lambda each: -each.log_probability)


def adviser(generators: Sequence[str] = DEFAULT_GENERATORS) -> TextAdviser:
    """Returns an adviser with the prover's mixture of generators.

    Args:
        generators: Their names; see `prover prove --help`.
    """
    named = generators_named(",".join(generators), Reporter())
    return TextAdviser(mixture(named, stored_statistics(), frozen=True))


class _Methods:
    """The methods of an agent, for a class that also has the other tool's."""

    advises: TextAdviser

    def next_tactic(self, state: PrintedState, goal_id: int) -> str | None:
        """Returns the next tactic to try on a goal of a state; None when nothing is left to try."""
        return self.advises.next_tactic(str(state.goals[goal_id]))

    def guidance(self, state: PrintedState) -> list[float]:
        """Returns how promising each goal of a state is; larger is better."""
        return [self.advises.promise(str(goal)) for goal in state.goals]

    def reset(self) -> None:
        """Prepares for another search."""
        self.advises.reset()


def pantograph_agent(advises: TextAdviser | None = None) -> Any:
    """Returns an `Agent` of Pantograph (`pantograph.search`) that tries the prover's suggestions.

    Raises:
        UsageError: Pantograph is not installed.
    """
    return _made("pantograph.search", "Agent", "Pantograph", {"advises": advises or adviser()})


def leandojo_prover(advises: TextAdviser | None = None) -> Any:
    """Returns a `BaseProver` of LeanDojo-v2 that tries the prover's suggestions. It writes no whole proofs.

    Raises:
        UsageError: LeanDojo-v2 is not installed.
    """

    def generate_whole_proof(_: object, theorem: str) -> str:
        raise UsageError(f"Whole proofs of {theorem!r} need Lean: use `search`, or `prover.open(DIR).prove(NAME)`.")

    more = {"advises": advises or adviser(), "generate_whole_proof": generate_whole_proof}
    return _made("lean_dojo_v2.prover", "BaseProver", "LeanDojo-v2", more)


def _made(module: str, name: str, tool: str, more: Mapping[str, Any]) -> Any:
    """Returns an object of a class of another tool, with the methods of an agent in place of that class's."""
    try:
        base = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        raise UsageError(f"{tool} is not installed, or has no {module}.{name}: install it first.") from None
    made = type(f"Prover{name}", (_Methods, base), dict(more))
    return object.__new__(made)  # without the other class's initialization, which may load a model
