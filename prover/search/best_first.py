"""Best-first search over proof states. Knows nothing of models, processes or databases."""

from collections import deque
from dataclasses import dataclass, replace

from prover.lean.session import Advanced, Failed, Session, State, TacticLimits
from prover.search.budget import Budget, Meter
from prover.search.pace import Pace
from prover.search.priority import Priority, length_normalised
from prover.search.script import render
from prover.search.tree import Node, Tree, proof_steps
from prover.tactics.generator import BoundGenerator, Suggestion
from prover.tactics.language.model import Account

WAVE = 8
"""tactics sent to Lean at once"""
FORESIGHT = 7
"""goals that a generator is told of before their turn, where it is cheaper to ask about several at once"""
SHORTENED = 6
"""goals of a proof, from the root down, that one more wave may close at once"""
SHORTENING = TacticLimits(milliseconds=500)
"""what a tactic that would shorten a proof may cost"""

DEFAULT_PRIORITY = length_normalised()
DEFAULT_LIMITS = TacticLimits(milliseconds=1_500)


@dataclass(frozen=True)
class Strategy:
    """How a search searches."""

    priority: Priority = DEFAULT_PRIORITY
    limits: TacticLimits = DEFAULT_LIMITS
    width: int = 64
    """tactics tried for a goal, at most"""


@dataclass(frozen=True)
class Proved:
    """A proof that the search believes; the gate has not seen it."""

    scripts: tuple[tuple[str, ...], ...]
    """the same proof, written in the ways worth trying, the most readable first"""
    meter: Meter


@dataclass(frozen=True)
class Open:
    """No proof within the budget."""

    reason: str
    meter: Meter


Result = Proved | Open


class Search:
    """One proof attempt. `run` may be called again after a refused proof: it goes on from there."""

    def __init__(
        self,
        session: Session,
        root: State,
        generator: BoundGenerator,
        strategy: Strategy,
        budget: Budget,
        account: Account | None = None,
    ) -> None:
        self._pace = Pace(timed=budget.tactics is None and budget.expansions is None)
        self.tree = Tree(root, strategy.priority, self._pace.price)
        self.meter = Meter(budget, account or Account())
        self._session = session
        self._strategy = strategy
        self._generator = generator

    def run(self) -> Result:
        """Searches until the root is proved, nothing is left, or the budget is spent."""
        while not self.tree.proved():
            if self.meter.spent():
                return Open("the budget is spent", self.meter)
            node = self.tree.next()
            if node is None:
                return Open("no tactic is left to try", self.meter)
            self._expand(node)
        self._shorten()
        forms = (tuple(render(self.tree.root, labelled)) for labelled in (True, False))
        return Proved(tuple(dict.fromkeys(forms)), self.meter)

    def refuse(self) -> None:
        """Takes back the proof last found: its last closing step is blamed and not tried again."""
        self.tree.retract([step for step in proof_steps(self.tree.root) if not step.children][-1])

    def _shorten(self) -> None:
        """Closes goals of the proof at once where a tactic that waited does: what is short is read, and holds longer.

        Steps that are nearly free (taking apart, introducing) come before those that close, so that what one of these
        would have closed is proved in pieces.
        """
        asked, waiting = 0, deque([self.tree.root])
        while waiting and asked < SHORTENED and not self.meter.spent():
            node = waiting.popleft()
            if node.proof is None or not node.proof.children:
                continue
            asked += 1
            if node.pending:  # None for a goal that a whole proof led to: its tactics were not asked for yet
                node.pending = self._tried(node, node.pending, WAVE, SHORTENING)
            if not self.tree.shorten(node):
                waiting.extend(child.node for child in node.proof.children)

    def _expand(self, node: Node) -> None:
        """Runs the next few tactics for a goal; the rest wait until they are the most promising."""
        if node.pending is None:
            self.meter.expansions += 1
            self._generator.prefetch([near.state.goals[0] for near in (node, *self.tree.upcoming(FORESIGHT))])
            suggested = self._generator.suggest(node.state.goals[0])
            ranked = sorted(suggested, key=lambda each: -each.log_probability)
            node.pending = ranked[: self._strategy.width]
        node.pending = self._tried(node, node.pending, self._wave(), self._strategy.limits)
        self.tree.resume(node)

    def _wave(self) -> int:
        """Tactics to send at once: fewer near the end, so that slow ones do not overrun the budget together."""
        left = self.meter.left() * 1000
        return WAVE if left >= 2 * self._strategy.limits.milliseconds else 1

    def _tried(self, node: Node, pending: list[Suggestion], size: int, most: TacticLimits) -> list[Suggestion]:
        """Runs the first of the tactics that wait for a goal; returns the others."""
        pending = sorted(pending, key=lambda each: self._pace.price(each.tactic) - each.log_probability)
        wave = pending[:size]
        limits = self._within_budget(most)
        outcomes = self._session.run(node.state, [suggestion.tactic for suggestion in wave], limits)
        for suggestion, outcome in zip(wave, outcomes, strict=True):
            self.meter.tactics += 1
            self._pace.took(suggestion.tactic, outcome.microseconds)
            self._generator.on_result(node.state.goals[0], suggestion, outcome)
            match outcome:
                case Advanced(states, replacement):
                    tactic = replacement or suggestion.tactic
                    self.tree.add(node, tactic, suggestion.log_probability, states, suggestion.sources)
                case Failed():
                    pass
        return pending[size:]

    def _within_budget(self, limits: TacticLimits) -> TacticLimits:
        left = self.meter.left()
        if left * 1000 >= limits.milliseconds:
            return limits
        return replace(limits, milliseconds=max(50, int(left * 1000)))
