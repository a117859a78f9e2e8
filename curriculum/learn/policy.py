"""Trains the policy on logs of searches: which suggestions are on proofs, and what they cost.

The loss is the listwise cross-entropy of XE-NDCG (Bruch 2021): the suggestions for one goal compete with each other,
and the softmax of their scores says how likely each is. Only goals that were proved say something about the order;
every tactic that was run says something about costs. LightGBM trains the trees and is imported when needed.
"""

import math
from collections import ChainMap, Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import UsageError
from prover.lean.protocol import Goal
from prover.tactics.generator import Suggestion
from prover.tactics.policy.features import (
    GoalPath,
    GoalRoles,
    Rates,
    Rows,
    Standing,
    rate_keys,
    rows_of,
    shape_of_tactic,
)
from prover.tactics.policy.log import ADVANCED, HUMAN, SearchLog, TriedTactic
from prover.tactics.policy.model import PolicyModel
from prover.tactics.policy.trees import Trees, trees_of

MIN_MS, MAX_MS = 0.1, 2_000.0
"""costs are clamped to this range"""


@dataclass(frozen=True)
class PolicySettings:
    """The settings of a training."""

    rounds: int = 80
    """The number of trees for the order."""
    cost_rounds: int = 40
    """The number of trees for the costs."""
    leaves: int = 15
    depth: int = 5
    """The depth of a tree; the time of a judgement grows with it."""
    learning_rate: float = 0.1
    fewest: int = 20
    """The number of examples that a leaf must have."""
    seed: int = 0
    max_rows: int = 600_000
    """The number of tried tactics that are read, at most."""


@dataclass(frozen=True)
class JudgedGoal:
    """A goal with the tactics that were run on it."""

    goal: Goal
    suggestions: tuple[Suggestion, ...]
    standing: Standing
    path: GoalPath
    labels: tuple[int, ...]
    """1 for each tactic that proves the goal, alone or with what was found for the goals that it leaves"""
    log_ms: tuple[float, ...]

    @property
    def ranks(self) -> bool:
        """True if it says something about the order: some of its tactics lead to proofs, and some do not."""
        return 0 < sum(self.labels) < len(self.labels)


def examples_of(log: SearchLog) -> Iterator[JudgedGoal]:
    """Yields the goals of a log on which suggestions of generators were run."""
    proved = log.proved_goals()
    by_goal: dict[int, list[TriedTactic]] = defaultdict(list)
    paths: dict[int, GoalPath] = {}
    for trial in log.trials:
        depth = paths[trial.goal].depth if trial.goal in paths else 0
        siblings = sum(len(state) for state in trial.children) - 1
        for goal in (each for state in trial.children for each in state):
            if goal != trial.goal:
                paths.setdefault(goal, GoalPath(depth + 1, trial.replacement or trial.tactic, siblings))
        if HUMAN not in trial.sources and trial.outcome != "died":
            by_goal[trial.goal].append(trial)
    for number, trials in by_goal.items():
        if not log.goals[number].target:
            continue
        count, best = log.suggested.get(number, (len(trials), max(trial.prior for trial in trials)))
        trials = list({trial.tactic: trial for trial in trials}.values())
        yield JudgedGoal(
            log.goals[number],
            tuple(Suggestion(trial.tactic, trial.prior, trial.sources) for trial in trials),
            Standing(count, best, tuple(trial.rank for trial in trials)),
            paths.get(number, GoalPath()),
            tuple(int(_proves(trial, proved)) for trial in trials),
            tuple(math.log(min(max(trial.microseconds / 1000, MIN_MS), MAX_MS)) for trial in trials),
        )


def _proves(trial: TriedTactic, proved: set[int]) -> bool:
    return trial.outcome == ADVANCED and all(goal in proved for state in trial.children for goal in state)


Counts = dict[str, tuple[float, float]]


def _counted(examples: Iterable[JudgedGoal]) -> Counts:
    """Returns the numbers of tries and successes under each key, of goals that were proved."""
    tries: Counter[str] = Counter()
    worth: Counter[str] = Counter()
    for example in examples:
        if not example.ranks:
            continue
        about = GoalRoles(example.goal)
        for suggestion, label in zip(example.suggestions, example.labels, strict=True):
            chains = rate_keys(shape_of_tactic(suggestion.tactic), about, example.path)
            for key in {key for chain in chains for key in chain}:
                tries[key] += 1
                worth[key] += label
    return {key: (float(tries[key]), float(worth[key])) for key in tries}


def _base(examples: Iterable[JudgedGoal]) -> float:
    ranked = [example for example in examples if example.ranks]
    tried = sum(len(example.labels) for example in ranked)
    return min(max(sum(sum(example.labels) for example in ranked) / max(1, tried), 0.005), 0.5)


def _log_ms_by_kind(examples: Iterable[JudgedGoal]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for example in examples:
        for suggestion, log_ms in zip(example.suggestions, example.log_ms, strict=True):
            found[shape_of_tactic(suggestion.tactic).kind].append(log_ms)
    return {kind: (sum(values) + 2 * 2.3) / (len(values) + 2) for kind, values in found.items()}


@dataclass
class _Matrix:
    """The rows of all examples."""

    rows: list[Rows] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    log_ms: list[float] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    """the number of rows of each example"""
    ranked: list[bool] = field(default_factory=list)
    """by example, whether it says something about the order"""


def train_policy(logs: Sequence[SearchLog], settings: PolicySettings, trained_on: Mapping[str, Any]) -> PolicyModel:
    """Trains a policy.

    Raises:
        UsageError: no goal in the logs was proved by one tactic and not by another.
    """
    by_log = [list(examples_of(log)) for log in logs]
    everything = [example for examples in by_log for example in examples]
    if not any(example.ranks for example in everything):
        raise UsageError(
            "The logs have no goal that one suggestion proves and another does not: search for more theorems, "
            "or for easier ones."
        )
    counts, base = _counted(everything), _base(everything)
    seconds = _log_ms_by_kind(everything)
    matrix = _Matrix()
    for examples in by_log:
        rates = Rates(_without(counts, _counted(examples)), seconds, base)
        for example in examples:
            matrix.rows.append(rows_of(example.goal, example.suggestions, example.path, rates, example.standing))
            matrix.labels += example.labels
            matrix.log_ms += example.log_ms
            matrix.groups.append(len(example.labels))
            matrix.ranked.append(example.ranks)
    ranking, costs = _fitted(matrix, settings)
    facts = {
        **trained_on,
        "settings": asdict(settings),
        "searches": len(logs),
        "tactics": len(matrix.labels),
        "goals": len(matrix.groups),
        "goals_with_order": sum(matrix.ranked),
        "successes": sum(matrix.labels),
    }
    frequent = {key: pair for key, pair in counts.items() if pair[0] >= 2}
    return PolicyModel(ranking, costs, Rates(frequent, seconds, base), facts)


def _without(counts: Counts, own: Counts) -> Mapping[str, tuple[float, float]]:
    """Returns counts without those of one log, so that its own outcomes are not among its features."""
    return ChainMap(
        {key: (counts[key][0] - tries, counts[key][1] - worth) for key, (tries, worth) in own.items()}, counts
    )


def _fitted(matrix: _Matrix, settings: PolicySettings) -> tuple[Trees, Trees]:
    import lightgbm

    rows = np.concatenate(matrix.rows)
    labels, log_ms = np.array(matrix.labels), np.array(matrix.log_ms)
    chosen = np.repeat(np.array(matrix.ranked), matrix.groups)
    sizes = [size for size, ranked in zip(matrix.groups, matrix.ranked, strict=True) if ranked]
    common = {
        "num_leaves": settings.leaves,
        "max_depth": settings.depth,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.fewest,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }

    def fitted(objective: str, data: Any, rounds: int) -> Trees:
        booster = lightgbm.train({**common, "objective": objective}, data, rounds)
        return trees_of([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]])

    ranking = lightgbm.Dataset(rows[chosen], labels[chosen], group=sizes)
    costs = lightgbm.Dataset(rows, log_ms)
    return fitted("rank_xendcg", ranking, settings.rounds), fitted("regression", costs, settings.cost_rounds)


@dataclass(frozen=True)
class OrderQuality:
    """How soon an order of the tried tactics of proved goals comes to one that proves its goal."""

    goals: int
    tactics: float
    """The mean number of tactics until the first success."""
    milliseconds: float
    """The mean time until then."""
    reciprocal_rank: float
    first: float
    """The share of goals whose first tactic succeeds."""


Order = npt.NDArray[np.float64]
Scores = Callable[[JudgedGoal], Order]


def order_quality(examples: Iterable[JudgedGoal], scores: Scores) -> OrderQuality:
    """Returns the quality of an order.

    Args:
        scores: returns a score for each tactic of an example; the largest is tried first.
    """
    tactics, times, reciprocals, first = [], [], [], []
    for example in examples:
        if not example.ranks:
            continue
        order = np.argsort(-np.asarray(scores(example)), kind="stable")
        place = next(index for index, each in enumerate(order) if example.labels[each])
        tactics.append(place + 1)
        times.append(sum(math.exp(example.log_ms[each]) for each in order[: place + 1]))
        reciprocals.append(1 / (place + 1))
        first.append(place == 0)
    count = len(tactics)
    if not count:
        return OrderQuality(0, 0.0, 0.0, 0.0, 0.0)
    return OrderQuality(count, *(float(np.mean(values)) for values in (tactics, times, reciprocals, first)))


def by_policy(model: PolicyModel) -> Scores:
    """Returns the order of a policy, for `order_quality`."""

    def scores(example: JudgedGoal) -> Order:
        rows = rows_of(example.goal, example.suggestions, example.path, model.rates, example.standing)
        return model.ranking.scores(rows)

    return scores


def by_prior(example: JudgedGoal) -> Order:
    """Returns the order of the generators' own log-probabilities, for `order_quality`."""
    return np.array([suggestion.log_probability for suggestion in example.suggestions])
