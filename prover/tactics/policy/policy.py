"""The policy as a generator around all others: it says which of their suggestions to try first."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prover.lean.protocol import Goal
from prover.lean.session import Advanced, TacticOutcome
from prover.tactics.generator import BoundGenerator, Generator, Suggestion, TheoremRef, Wrapped, WrappedGenerator
from prover.tactics.policy.features import ROOT, GoalPath
from prover.tactics.policy.model import PolicyModel

POLICY_WEIGHT = 0.5
"""the weight of the policy's log-probabilities; the rest is that of the generators' own"""


@dataclass(frozen=True)
class NamedPolicy:
    """A policy with its name."""

    name: str
    """`default`, the name that it was trained under, or the path of its file"""
    model: PolicyModel = field(compare=False)
    digest: str = ""
    """a digest of its file"""
    weight: float = POLICY_WEIGHT


class PolicyGenerator(WrappedGenerator):
    """Generators whose suggestions are judged by a policy."""

    def __init__(self, inner: Generator, policy: NamedPolicy) -> None:
        super().__init__(inner)
        self._policy = policy

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns the judged generator bound to a theorem."""
        return Judged(self.inner.for_theorem(theorem), self._policy)


class Judged(Wrapped):
    """A bound generator whose suggestions are judged by a policy."""

    def __init__(self, inner: BoundGenerator, policy: NamedPolicy) -> None:
        super().__init__(inner)
        self._model = policy.model
        self._weight = policy.weight
        self._paths: dict[str, GoalPath] = {}
        """The way in which each goal was first reached, by the goal's key."""

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the suggestions with log-probabilities that the policy has a part in, and with expected costs."""
        suggestions = self.inner.suggest(goal)
        shares, log_ms = self._model.judged(goal, suggestions, self._paths.get(goal.key, ROOT))
        kept = 1.0 - self._weight
        return [
            replace(
                each,
                log_probability=min(-0.01, self._weight * float(share) + kept * each.log_probability),
                log_milliseconds=float(cost),
            )
            for each, share, cost in zip(suggestions, shares, log_ms, strict=True)
        ]

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """Remembers how goals were reached, and passes the result on."""
        if isinstance(outcome, Advanced):
            path = self._paths.get(goal.key, ROOT)
            left = [each for state in outcome.states for each in state.goals]
            for each in left:
                if each.key != goal.key:
                    tactic = outcome.replacement or suggestion.tactic
                    self._paths.setdefault(each.key, GoalPath(path.depth + 1, tactic, len(left) - 1))
        self.inner.on_result(goal, suggestion, outcome)
