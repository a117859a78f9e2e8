"""Evaluated systems: the configured prover, and the baselines with which it is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from prover.agent import Agent
from prover.check.levels import DEFAULT_LEVEL
from prover.errors import UsageError
from prover.lean.protocol import Goal
from prover.lean.session import TacticLimits
from prover.search.budget import Budget
from prover.search.engine import DEFAULT_ENGINE, DEFAULT_LIMITS, DEFAULT_PRIORITY, DEFAULT_WIDTH, Strategy
from prover.search.priority import Priority, length_normalised
from prover.tactics.automation import FIXED_LIST, FixedList
from prover.tactics.generator import Generator, StatelessGenerator, Suggestion
from prover.tactics.invention import INVENTIONS
from prover.tactics.language.whole_proofs import WholeProofWriter

if TYPE_CHECKING:
    from prover.tactics.policy.policy import NamedPolicy

CLOSERS = ("rfl", "decide", "omega", "simp_all", "grind")
SORRYDB = ("rfl", "simp_all", "exact?", "grind", "omega")
"""The tactics of SorryDB's list that core Lean has."""
BASELINES = {
    "fixed": "the fixed list of closing tactics, again on what `simp` and its like leave",
    "closers": "closing tactics as they are, after `intros`, on both halves, and after an induction",
    "sorrydb": "SorryDB's list of tactics, as far as core Lean has it, each alone",
    "single": "each tactic of the fixed list alone, a row each",
    "no-policy": "the same prover without its policy",
    "cumulative": "best-first by plain cumulative probability, as LeanDojo's prover, with the same generators",
}


@dataclass(frozen=True)
class System:
    """An evaluated system: its generators, search order and budget."""

    name: str
    generator: Generator
    """A generator that does not learn, so that results do not depend on the order of trials."""
    budget: Budget
    priority: Priority = DEFAULT_PRIORITY
    order: str = "Σ log p / √L"
    """The name of the priority."""
    width: int = DEFAULT_WIDTH
    invent: tuple[str, ...] = INVENTIONS
    """What the search looks for when a goal is stuck."""
    limits: TacticLimits = DEFAULT_LIMITS
    """The time limit of a single tactic."""
    once: bool = False
    """Whether all passes are equal."""
    engine: str = DEFAULT_ENGINE
    """The name of the search engine."""
    level: int = DEFAULT_LEVEL
    """The gate's level up to which proofs are checked."""
    drafting: WholeProofWriter | Agent | None = None
    """Writes whole proofs before the search begins."""
    policy: "NamedPolicy | None" = None
    """Says which suggestions to try first."""
    knows: Mapping[str, Any] = field(default_factory=dict)
    """The state of its generators before the run, and their model."""

    def strategy(self) -> Strategy:
        """Returns the settings of the search."""
        return Strategy(self.priority, self.limits, self.width, self.invent, engine=self.engine, policy=self.policy)

    def settings(self) -> Mapping[str, Any]:
        """The settings on which its figures depend."""
        return {
            "name": self.name,
            "generators": list(self.generator.names()),
            "order": self.order,
            "width": self.width,
            "invent": list(self.invent),
            **({"engine": self.engine} if self.engine != DEFAULT_ENGINE else {}),  # so that earlier runs can be resumed
            **({"level": self.level} if self.level != DEFAULT_LEVEL else {}),
            **({"revisions": self.drafting.revisions} if self.drafting is not None else {}),
            **({"policy": f"{self.policy.name} {self.policy.digest}"} if self.policy is not None else {}),
            "seconds": self.budget.seconds,
            "expansions": self.budget.expansions,
            "tactics": self.budget.tactics,
            **self.budget.of_models(),
            "tactic_milliseconds": self.limits.milliseconds,
            "tactic_heartbeats": self.limits.heartbeats,
            **self.knows,
        }


def baselines(names: Sequence[str], ours: System) -> list[System]:
    """Returns the named baselines, each with the budget of `ours`.

    Raises:
        UsageError: There is no baseline of a name.
    """
    found: list[System] = []

    def add(name: str, generator: Generator) -> None:
        found.append(
            replace(ours, name=name, generator=generator, once=True, invent=(), drafting=None, policy=None, knows={})
        )

    for name in names:
        match name:
            case "fixed":
                add("fixed list", FixedList())
            case "closers":
                add("closers", OpeningAndClosing())
            case "sorrydb":
                add("SorryDB list", SingleTactics("SorryDB list", SORRYDB))
            case "single":
                for tactic in FIXED_LIST:
                    add(f"{tactic} alone", SingleTactics(tactic, (tactic,)))
            case "no-policy":
                found.append(replace(ours, name="no policy", policy=None))
            case "cumulative":
                found.append(replace(ours, name="cumulative", priority=length_normalised(0.0), order="Σ log p"))
            case _:
                raise UsageError(f"There is no baseline {name!r}: choose from {', '.join(BASELINES)}, or none.")
    return found


class SingleTactics(StatelessGenerator):
    """A list of tactics, each of which is tried on the theorem alone and must prove it."""

    def __init__(self, name: str, tactics: Sequence[str]) -> None:
        self.name = name
        self._tactics = tactics

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the list; each tactic must leave no goal."""
        return [Suggestion(_closing(tactic), -0.1 * rank) for rank, tactic in enumerate(self._tactics)]


class OpeningAndClosing(StatelessGenerator):
    """Closing tactics after each of the simplest beginnings of a proof."""

    name = "closers"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns every closing tactic after every beginning; each must leave no goal."""
        begins = ["", "intros", "constructor"]
        begins += [f"induction {h.name}" for h in goal.hypotheses if h.recursive and not h.prop and not h.instance]
        texts = [f"{begin} <;> {closer}" if begin else closer for begin in begins for closer in CLOSERS]
        return [Suggestion(_closing(text), -0.1 * rank) for rank, text in enumerate(texts)]


def _closing(tactic: str) -> str:
    """Returns the tactic so that it fails if it leaves a goal."""
    return tactic if tactic == "exact?" else f"({tactic}; done)"
