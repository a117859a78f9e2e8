"""What is evaluated: the prover as it was configured, and the baselines that it is judged beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from prover.errors import UsageError
from prover.lean.protocol import Goal
from prover.lean.session import TacticLimits
from prover.search.budget import Budget
from prover.search.engine import DEFAULT_ENGINE, DEFAULT_LIMITS, Strategy
from prover.search.priority import Priority, length_normalised
from prover.tactics.automation import FIXED_LIST, FixedList
from prover.tactics.generator import Generator, StatelessGenerator, Suggestion

CLOSERS = ("rfl", "decide", "omega", "simp_all", "grind")
SORRYDB = ("rfl", "simp_all", "exact?", "grind", "omega")
"""SorryDB's list, as far as core Lean has it"""
BASELINES = {
    "fixed": "the fixed list of closing tactics, again on what `simp` and its like leave",
    "closers": "closing tactics as they are, after `intros`, on both halves, and after an induction",
    "sorrydb": "SorryDB's list of tactics, as far as core Lean has it, each alone",
    "single": "each tactic of the fixed list alone, a row each",
    "cumulative": "best-first by plain cumulative probability, as LeanDojo's prover, with the same generators",
}


@dataclass(frozen=True)
class System:
    """A way of proving: what proposes tactics, in which order they are tried, and for how long."""

    name: str
    generator: Generator
    """one that does not change while it is used, so that trials do not depend on their order"""
    budget: Budget
    priority: Priority = length_normalised()  # noqa: RUF009  # a pure function, made once
    order: str = "Σ log p / √L"
    """the priority in words"""
    width: int = 64
    limits: TacticLimits = DEFAULT_LIMITS
    """of a single tactic"""
    once: bool = False
    """it does not differ from pass to pass"""
    engine: str = DEFAULT_ENGINE
    """the name of the search engine"""
    knows: Mapping[str, Any] = field(default_factory=dict)
    """what its generators had learnt before the run, and which model is among them"""

    def strategy(self) -> Strategy:
        """Returns how it searches."""
        return Strategy(self.priority, self.limits, self.width, self.engine)

    def settings(self) -> Mapping[str, Any]:
        """What its figures depend on."""
        return {
            "name": self.name,
            "generators": list(self.generator.names()),
            "order": self.order,
            "width": self.width,
            **({"engine": self.engine} if self.engine != DEFAULT_ENGINE else {}),  # so that earlier runs can be resumed
            "seconds": self.budget.seconds,
            "expansions": self.budget.expansions,
            "tactics": self.budget.tactics,
            **self.budget.of_models(),
            "tactic_milliseconds": self.limits.milliseconds,
            "tactic_heartbeats": self.limits.heartbeats,
            **self.knows,
        }


def baselines(names: Sequence[str], ours: System) -> list[System]:
    """The baselines of those names, each with the budget of `ours`.

    Raises:
        UsageError: there is no baseline of a name.
    """
    found: list[System] = []

    def add(name: str, generator: Generator) -> None:
        found.append(replace(ours, name=name, generator=generator, once=True, knows={}))

    for name in names:
        match name:
            case "fixed":
                add("fixed list", FixedList())
            case "closers":
                add("closers", Closers())
            case "sorrydb":
                add("SorryDB list", Alone("SorryDB list", SORRYDB))
            case "single":
                for tactic in FIXED_LIST:
                    add(f"{tactic} alone", Alone(tactic, (tactic,)))
            case "cumulative":
                found.append(replace(ours, name="cumulative", priority=length_normalised(0.0), order="Σ log p"))
            case _:
                raise UsageError(f"There is no baseline {name!r}: choose from {', '.join(BASELINES)}, or none.")
    return found


class Alone(StatelessGenerator):
    """A list of tactics, tried on the theorem as it stands; what one leaves open is not gone on with."""

    def __init__(self, name: str, tactics: Sequence[str]) -> None:
        self.name = name
        self._tactics = tactics

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """The list; each tactic must leave nothing."""
        return [Suggestion(_closing(tactic), -0.1 * rank) for rank, tactic in enumerate(self._tactics)]


class Closers(StatelessGenerator):
    """Closing tactics behind each of the simplest beginnings of a proof."""

    name = "closers"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Every closer behind every beginning; each must leave nothing."""
        begins = ["", "intros", "constructor"]
        begins += [f"induction {h.name}" for h in goal.hypotheses if h.recursive and not h.prop and not h.instance]
        texts = [f"{begin} <;> {closer}" if begin else closer for begin in begins for closer in CLOSERS]
        return [Suggestion(_closing(text), -0.1 * rank) for rank, text in enumerate(texts)]


def _closing(tactic: str) -> str:
    """The tactic, failing unless it leaves nothing."""
    return tactic if tactic == "exact?" else f"({tactic}; done)"
