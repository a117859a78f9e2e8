"""Best-first search over proof states. It knows no models, processes or databases."""

from collections import deque
from dataclasses import replace

from prover.lean.protocol import Goal
from prover.lean.session import Advanced, Failed, Session, State, TacticLimits, TacticOutcome
from prover.search.budget import Budget, Meter, ModelUsage, NoModelUsage
from prover.search.engine import (
    WHOLE_PROOF_LIMITS,
    WHOLE_PROOF_LOG_PROBABILITY,
    Engine,
    GoalStatus,
    Open,
    Proved,
    Replayed,
    Result,
    Strategy,
)
from prover.search.proof_replay import ProofReplay
from prover.search.script import render
from prover.search.stuck import StuckAt, partial_proof, stuck_at
from prover.search.tactic_cost import TacticCostModel
from prover.search.tree import Node, Status, Tree, proof_steps
from prover.tactics.generator import BoundGenerator, ProofStep, Suggestion
from prover.tactics.invention import invented
from prover.tactics.mathlib.availability import has_mathlib

BATCH_SIZE = 8
"""the number of tactics sent to Lean at once"""
PREFETCHED_GOALS = 7
"""the number of goals that a generator may prepare before their turn, since some models answer in batches"""
SHORTENED_GOALS = 6
"""the number of goals of a proof, from the root down, that one more batch of tactics may close at once"""
SHORTENING_LIMITS = TacticLimits(milliseconds=500)
"""the limits of a tactic that would shorten a proof"""
MATHLIB_LIMITS_FACTOR = 4
"""Tactics have this multiple of their limits in files with Mathlib. The embedded Lean took 2.6 s for the first `ring`
of a process, 0.3 s for later ones; a tactic that runs out of time ends its process with all that has been imported."""
TRIED_BEFORE_INVENTION = 24
"""the number of tactics tried on a goal before the search looks for what it lacks"""
LAST_INVENTION_S = 4.0
"""the seconds before the end in which the search looks for nothing more: no time would be left to use it"""
EXPANSIONS_PER_INVENTION = 3
"""the number of expanded goals for each goal for which the search looks for what it lacks"""
TRIED_BEFORE_REFUTATION = 16
"""the number of tactics tried on a goal before its small instances are evaluated"""
REFUTATION_MILLISECONDS = 200
"""the time for the instances of one goal"""
REFUTATION_SHARE = 0.1
"""the share of the time of the search that evaluating instances may take"""
SHORTEST_TACTIC_MS = 50
"""the time that a tactic gets even when less of the budget is left"""


class BestFirstSearch(Engine):
    """Expands the goal with the best score first. See `Engine`."""

    def __init__(
        self,
        session: Session,
        root: State,
        generator: BoundGenerator,
        strategy: Strategy,
        budget: Budget,
        usage: ModelUsage = NoModelUsage(),  # noqa: B008  # frozen
    ) -> None:
        self._costs = TacticCostModel(timed=budget.tactics is None and budget.expansions is None)
        self.tree = Tree(root, strategy.priority, self._costs.penalty_of)
        self.meter = Meter(budget, usage)
        self._session = session
        self._strategy = strategy
        self._generator = generator
        self._tried: dict[Node, int] = {}
        """the number of tactics tried on each goal"""
        self._invented: set[Node] = set()
        """the goals for which the search has looked for what they lack"""
        self._evaluated: set[Node] = {self.tree.root}
        """the goals of which instances were evaluated; those of the root are evaluated before the search, if at all"""
        self._evaluation_seconds = 0.0

    def run(self) -> Result:
        """See `Engine`."""
        while not self.tree.proved():
            if self.meter.spent():
                return Open("the budget is spent", self.meter, partial_proof(self.tree))
            node = self.tree.next()
            if node is None:
                return Open("no tactic is left to try", self.meter, partial_proof(self.tree))
            self._expand(node)
        self._shorten()
        forms = (tuple(render(self.tree.root, labelled)) for labelled in (True, False))
        steps = (ProofStep(s.parent.state.goals[0], s.tactic, s.sources) for s in proof_steps(self.tree.root))
        return Proved(tuple(dict.fromkeys(forms)), self.meter, tuple(steps))

    def refuse(self) -> None:
        """Rejects the proof found last: its last closing step is blamed and not tried again."""
        self.tree.retract([step for step in proof_steps(self.tree.root) if not step.children][-1])

    def explore(self, limits: TacticLimits, seconds: float) -> None:
        """Runs tactics that were not tried on the goals of the proof found, in turn, so that a log has their outcomes.

        Args:
            seconds: the time after which no further batch is begun.
        """
        began = self.meter.seconds
        nodes = list(dict.fromkeys(step.parent for step in proof_steps(self.tree.root)))
        while nodes:
            for node in list(nodes):
                if self.meter.seconds - began > seconds:
                    return
                if node.pending is None:
                    node.pending = self._suggested(node)
                node.pending = self._run_batch(node, node.pending, BATCH_SIZE, limits)
                if not node.pending:
                    nodes.remove(node)

    def graft(
        self,
        proof: str,
        sources: tuple[str, ...],
        limits: TacticLimits = WHOLE_PROOF_LIMITS,
        log_probability: float = WHOLE_PROOF_LOG_PROBABILITY,
        at: State | None = None,
    ) -> Replayed:
        """See `Engine`."""
        replay = ProofReplay(self._session, self.tree, self.meter, sources, limits, log_probability)
        return replay.replay(proof, self._node(at) if at is not None else None)

    def status(self, state: State) -> GoalStatus:
        """See `Engine`."""
        node = self._node(state)
        if node is None:
            return "open"
        return "proved" if node.status is Status.PROVED else "false" if node.refuted else "open"

    def give_up(self, state: State) -> None:
        """See `Engine`."""
        if (node := self._node(state)) is not None and node.status is Status.OPEN:
            self.tree.refute(node)

    def remaining(self, state: State) -> tuple[StuckAt, ...]:
        """See `Engine`."""
        return () if (node := self._node(state)) is None else stuck_at(self.tree, node)

    def _node(self, state: State) -> Node | None:
        return self.tree.nodes.get(tuple(goal.key for goal in state.goals))

    def _shorten(self) -> None:
        """Closes goals of the proof by single tactics that were still pending: short proofs are easier to maintain.

        Steps that are nearly free (case splits, introductions) are tried before those that close a goal, so goals that
        one of the latter closes alone are often proved in pieces first.
        """
        examined, waiting = 0, deque([self.tree.root])
        while waiting and examined < SHORTENED_GOALS and not self.meter.spent():
            node = waiting.popleft()
            if node.proof is None or not node.proof.children:
                continue
            examined += 1
            if node.pending:  # None for a goal of a replayed proof whose tactics were not requested yet
                node.pending = self._run_batch(node, node.pending, BATCH_SIZE, SHORTENING_LIMITS)
            if not self.tree.shorten(node):
                waiting.extend(child.node for child in node.proof.children)

    def _expand(self, node: Node) -> None:
        """Runs the next few tactics for a goal; the others wait until they are the most promising."""
        if node.pending is None:
            self.meter.expansions += 1
            upcoming = (node, *self.tree.upcoming(PREFETCHED_GOALS))
            self._generator.prefetch([near.state.goals[0] for near in upcoming])
            node.pending = self._suggested(node)
        node.pending = self._run_batch(node, node.pending, self._batch_size(), self._strategy.limits)
        if self._is_false(node):
            self.tree.refute(node)
            return
        if self._lacks_something(node):
            node.pending = self._invent(node, node.pending)
        self.tree.resume(node)

    def _suggested(self, node: Node) -> list[Suggestion]:
        """Returns the tactics that are to be tried on a goal, the most probable first."""
        suggested = self._generator.suggest(node.state.goals[0])
        return sorted(suggested, key=lambda each: -each.log_probability)[: self._strategy.width]

    def _is_false(self, node: Node) -> bool:
        """Returns whether a small instance refutes a goal; looks once, when the best tactics have been tried."""
        if not self._strategy.refute or node.status is not Status.OPEN or node in self._evaluated:
            return False
        spent = self._evaluation_seconds > REFUTATION_SHARE * self.meter.seconds
        if spent or self._tried[node] < TRIED_BEFORE_REFUTATION or len(node.state.goals) != 1:
            return False
        self._evaluated.add(node)
        began = self.meter.seconds
        found = self._session.refute(node.state, REFUTATION_MILLISECONDS, prove=False)
        self._evaluation_seconds += self.meter.seconds - began
        return found.values is not None

    def _lacks_something(self, node: Node) -> bool:
        """Returns whether it is time to look for what a goal lacks: once, when the best tactics have been tried."""
        if node.status is Status.PROVED or node in self._invented or self.meter.seconds_left() < LAST_INVENTION_S:
            return False
        due = not node.pending or self._tried[node] >= TRIED_BEFORE_INVENTION
        allowed = 1 + self.meter.expansions // EXPANSIONS_PER_INVENTION
        return due and bool(self._strategy.invent) and len(self._invented) < allowed and len(node.state.goals) == 1

    def _invent(self, node: Node, pending: list[Suggestion]) -> list[Suggestion]:
        """Returns the pending tactics of a goal with those that state what it may lack."""
        self._invented.add(node)
        found = invented(node.state.goals[0], self._session.invent(node.state), self._strategy.invent)
        return [*pending, *found]

    def _batch_size(self) -> int:
        """Returns the size of the next batch; it is 1 near the end, so that slow tactics cannot add up."""
        left_ms = self.meter.seconds_left() * 1000
        return BATCH_SIZE if left_ms >= 2 * self._strategy.limits.milliseconds else 1

    def _run_batch(self, node: Node, pending: list[Suggestion], size: int, limits: TacticLimits) -> list[Suggestion]:
        """Runs the first `size` of a goal's pending tactics; returns the others."""
        pending = sorted(pending, key=lambda each: self._costs.penalty_of(each) - each.log_probability)
        batch = pending[:size]
        self._tried[node] = self._tried.get(node, 0) + len(batch)
        limits = limits_on(node.state.goals[0], limits)
        outcomes = self._session.run(
            node.state, [suggestion.tactic for suggestion in batch], self._within_budget(limits)
        )
        for suggestion, outcome in zip(batch, outcomes, strict=True):
            self.meter.tactics += 1
            self._costs.record(suggestion.tactic, _microseconds(outcome, limits))
            self._generator.on_result(node.state.goals[0], suggestion, outcome)
            match outcome:
                case Advanced(states, replacement):
                    tactic = replacement or suggestion.tactic
                    self.tree.add(node, tactic, suggestion.log_probability, states, suggestion.sources)
                case Failed():
                    pass
        return pending[size:]

    def _within_budget(self, limits: TacticLimits) -> TacticLimits:
        left_ms = self.meter.seconds_left() * 1000
        if left_ms >= limits.milliseconds:
            return limits
        return replace(limits, milliseconds=max(SHORTEST_TACTIC_MS, int(left_ms)))


def limits_on(goal: Goal, limits: TacticLimits) -> TacticLimits:
    """Returns the limits of a tactic on a goal: wider ones in files with Mathlib."""
    if not has_mathlib(goal.toolbox):
        return limits
    return TacticLimits(MATHLIB_LIMITS_FACTOR * limits.heartbeats, MATHLIB_LIMITS_FACTOR * limits.milliseconds)


def _microseconds(outcome: TacticOutcome, limits: TacticLimits) -> int:
    """Returns what a tactic cost; one that ended its process took at least its whole time."""
    ended = isinstance(outcome, Failed) and outcome.kind in ("timeout", "died")
    return max(outcome.microseconds, 1_000 * limits.milliseconds) if ended else outcome.microseconds
