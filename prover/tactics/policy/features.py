"""The features by which the policy judges a suggestion: of the goal, of the tactic, of the pair, and of the path.

Names of hypotheses, definitions and lemmas are no features, only their roles; so what is learned in one repository
holds in another. How often tactics of a kind are part of proofs is counted by goals' heads, as `Rates`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from prover.lean.protocol import Goal
from prover.tactics.generator import Suggestion
from prover.tactics.kinds import kind_of

FEATURE_VERSION = 1
"""raised whenever a feature changes its meaning or place; models of another version are refused"""
WORD = re.compile(r"[^\W\d][\w'₀-₉!?.]*")
MARKS = ("=", "≤", "<", "≠", "∧", "∨", "¬", "→", "↔", "∃", "∀", "+", "*", "-", "/", "%", "++", "::", "[]", "if",
         "match", "fun", "∣", "^", "true", "none")  # fmt: skip
"""words of a goal's target whose presence is a feature"""
COMMON_HEADS = frozenset(
    ("Eq", "LE.le", "LT.lt", "And", "Or", "Iff", "Exists", "Not", "Ne", "False", "forall", "arrow", "", "Dvd.dvd",
     "Membership.mem", "GE.ge", "GT.gt", "HasSubset.Subset", "True")
)  # fmt: skip
COMMON_TYPES = frozenset(
    ("Nat", "Int", "List", "Bool", "Sort", "forall", "arrow", "Option", "String", "Prod", "Fin", "Array", "Char", "")
)
MAX_WORDS = 100
"""the number of words of a tactic that are looked up"""
SOURCES = ("automation", "structure", "memory", "premises", "model")
SPLITS = frozenset(("cases", "induction", "fun_induction", "split", "rcases", "obtain", "constructor", "by_cases"))
CLOSERS = frozenset(("rfl", "omega", "grind", "simp", "simp_all", "decide", "exact", "assumption", "contradiction",
                     "trivial", "exact?", "ac_rfl", "solve_by_elim", "simpa"))  # fmt: skip
REWRITES = frozenset(("rw", "simp", "simp_all", "unfold", "simp?", "subst", "simpa"))

Rows = npt.NDArray[np.float32]
"""a row of features for each suggestion"""


@dataclass(frozen=True)
class GoalPath:
    """How a goal was reached."""

    depth: int = 0
    """The number of tactics before it."""
    parent: str = ""
    """The tactic that led to it; empty for the first goal."""
    siblings: int = 0
    """The number of other goals that this tactic left."""


ROOT = GoalPath()


@dataclass(frozen=True)
class TacticShape:
    """The features of a tactic that its text alone determines."""

    kind: str
    first: str
    last: str
    """The last word of its `<;>` chain that is a tactic's."""
    words: tuple[str, ...]
    """The identifiers after the first word."""
    numbers: tuple[float, ...]
    """The features that depend on the text alone."""


@lru_cache(maxsize=65_536)
def shape_of_tactic(tactic: str) -> TacticShape:
    """Returns the shape of a tactic; remembered, since the same texts are suggested for many goals."""
    kind = kind_of(tactic)
    words = WORD.findall(tactic)
    first = kind.split(" ", 1)[0]
    parts = tactic.split(" <;> ")
    last = parts[-1].split(maxsplit=1)[0] if parts[-1].strip() else ""
    listed = tactic.count(",") + 1 if "[" in tactic else 0
    numbers = (
        float(min(len(tactic), 200)),
        float(len(parts)),
        float(listed),
        float(" at " in tactic),
        float("*" in tactic),
        float("←" in tactic),
        float("generalizing" in tactic),
        float("\n" in tactic),
        float(first in SPLITS),
        float(last in CLOSERS),
        float(first in REWRITES),
        float(first in ("apply", "exact", "refine")),
        float(first in ("intro", "intros", "funext")),
        float(first in ("have", "specialize", "obtain")),
        float("⟨" in tactic),
        float("using" in tactic),
    )
    return TacticShape(kind, first, last, tuple(dict.fromkeys(words[1:]))[:MAX_WORDS], numbers)


class GoalRoles:
    """The features of a goal, and the roles of names in it."""

    def __init__(self, goal: Goal) -> None:
        self.head = goal.head if goal.head in COMMON_HEADS else "other"
        self.type = goal.equality if goal.equality in COMMON_TYPES else "other"
        target = goal.target
        words = set(target.replace("(", " ").replace(")", " ").split())
        hypotheses = [h for h in goal.hypotheses if not h.instance]
        facts = [h for h in hypotheses if h.prop]
        values = [h for h in hypotheses if not h.prop and h.head != "Sort"]
        in_target = set(WORD.findall(target))
        self.roles: dict[str, int] = {}
        """the sum of the roles of each name"""
        called = {name for call in goal.calls for name in call.arguments}
        for h in hypotheses:
            bits = (FACT if h.prop else VALUE) | (IN_TARGET if h.name in in_target else 0)
            bits |= RECURSIVE if h.recursive else 0
            bits |= CALLED if h.name in called else 0
            bits |= SAME_HEAD if h.prop and h.head == goal.head else 0
            bits |= HYPOTHESIS_OF_INDUCTION if h.prop and h.name.startswith("ih") else 0
            bits |= EQUATION if h.head in ("Eq", "Iff") else 0
            bits |= RULE if h.prop and h.head in ("forall", "arrow") else 0
            self.roles[h.name] = bits
        for d in goal.definitions:
            self.roles[d.name] = (
                DEFINITION | (RECURSIVE if d.recursive else 0) | (IN_TARGET if d.name in in_target else 0)
            )
        self.lemmas = {name: rank for rank, name in enumerate(goal.lemmas)}
        self.further = frozenset(goal.deeper) | frozenset(goal.laws)
        types = " ".join(h.type for h in facts)
        self.numbers: tuple[float, ...] = (
            float(len(facts)),
            float(len(values)),
            float(sum(h.recursive for h in values)),
            float(sum(h.instance for h in goal.hypotheses)),
            float(len(goal.definitions)),
            float(sum(d.recursive for d in goal.definitions)),
            float(sum(d.kind == "inductive" for d in goal.definitions)),
            float(len(goal.calls)),
            float(len(goal.lemmas)),
            float(len(goal.laws)),
            float(len(goal.deeper)),
            float(min(len(target), 500)),
            float(min(len(types), 1000)),
            float(bool(goal.tag)),
            float(any(h.name.startswith("ih") for h in facts)),
            float(sum(h.head in ("Eq", "Iff") for h in facts)),
            float(sum(h.head in ("forall", "arrow") for h in facts)),
            float(sum(h.head == goal.head for h in facts)),
            float(sum(h.head in ("And", "Or", "Exists") for h in facts)),
            *(float(mark in words) for mark in MARKS),
        )


ROLES = 10
FACT, VALUE, IN_TARGET, RECURSIVE, CALLED, SAME_HEAD, HYPOTHESIS_OF_INDUCTION, EQUATION, RULE, DEFINITION = (
    1 << 8 * place for place in range(ROLES)
)
"""a byte for each role, so that names are counted by adding their numbers"""


@dataclass
class Rates:
    """How often tactics of a kind were part of proofs, among those tried where there was a proof."""

    counts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """by kind and circumstance: the numbers of tries and of those on proofs"""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """by kind, the mean logarithm of the milliseconds that it took"""
    base: float = 0.05
    """the rate of all kinds together"""

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[float, ...]] = {}

    def logit(self, keys: tuple[str, ...]) -> tuple[float, ...]:
        """Returns the logits of the rates for keys from wide to narrow, each shrunk towards the one before it."""
        found = self._known.get(keys)
        if found is None:
            found = self._known[keys] = self._logit(keys)
        return found

    def _logit(self, keys: tuple[str, ...]) -> tuple[float, ...]:
        rate, found = self.base, []
        for key in keys:
            tries, worth = self.counts.get(key, (0.0, 0.0))
            rate = (worth + SHRINKAGE * rate) / (tries + SHRINKAGE)
            found.append(math.log(rate / (1.0 - rate)))
        return tuple(found)


SHRINKAGE = 10.0
"""the number of tries that the wider rate counts for"""
UNKNOWN_LOG_MS = 2.3
"""the logarithm of the milliseconds that a tactic of an unknown kind is taken to cost"""


def rate_keys(shape: TacticShape, goal: GoalRoles, path: GoalPath) -> tuple[tuple[str, ...], ...]:
    """Returns the chains of keys, from wide to narrow, under which a tactic's successes are counted."""
    kind, first = shape.kind, shape.first
    parent = kind_of(path.parent) if path.parent else "-"
    state = f"{int(goal.numbers[0] > 0)}{int(goal.numbers[2] > 0)}{int(goal.numbers[4] > 0)}"
    return (
        (first, kind),
        (first, kind, f"{kind}|head {goal.head}", f"{kind}|head {goal.head} {goal.type}"),
        (first, kind, f"{kind}|after {parent}"),
        (first, kind, f"{kind}|has {state}"),
    )


@dataclass(frozen=True)
class Standing:
    """How suggestions stand among all those for their goal, before the policy judges them."""

    count: int
    """The number of suggestions."""
    best: float
    """The largest log-probability."""
    ranks: Sequence[int]
    """The number of suggestions with a larger log-probability, for each."""


def standing_of(suggestions: Sequence[Suggestion]) -> Standing:
    """Returns how suggestions stand, if they are all those for their goal."""
    order = sorted(range(len(suggestions)), key=lambda place: -suggestions[place].log_probability)
    ranks = [0] * len(order)
    for rank, place in enumerate(order):
        ranks[place] = rank
    return Standing(len(order), suggestions[order[0]].log_probability if order else 0.0, ranks)


def rows_of(
    goal: Goal, suggestions: Sequence[Suggestion], path: GoalPath, rates: Rates, standing: Standing | None = None
) -> Rows:
    """Returns a row of features for each suggestion for a goal.

    Args:
        standing: how they stand among all suggestions for the goal; by default they are all.
    """
    about = GoalRoles(goal)
    standing = standing or standing_of(suggestions)
    shared = (*about.numbers, float(path.depth), float(path.siblings), float(standing.count))
    parent = shape_of_tactic(path.parent) if path.parent else None
    cache: dict[str, tuple[float, ...]] = {}
    rows = []
    for suggestion, rank in zip(suggestions, standing.ranks, strict=True):
        shape = shape_of_tactic(suggestion.tactic)
        known = cache.get(shape.kind)
        if known is None:
            known = cache[shape.kind] = _rates(shape, about, path, rates, parent)
        prior = suggestion.log_probability
        rows.append(
            (
                *shared,
                *shape.numbers,
                *known,
                *_mentions(shape, about),
                prior,
                prior - standing.best,
                float(rank),
                float(parent is not None and suggestion.tactic == path.parent),
                *_flags(suggestion.sources),
            )
        )
    return np.array(rows, dtype=np.float32)


def _rates(
    shape: TacticShape, goal: GoalRoles, path: GoalPath, rates: Rates, parent: TacticShape | None
) -> tuple[float, ...]:
    (first, kind), *narrower = rate_keys(shape, goal, path)
    wide = rates.logit((first, kind))
    narrow = (rates.logit(keys)[-1] for keys in narrower)
    return (
        *wide,
        *narrow,
        rates.seconds.get(shape.kind, UNKNOWN_LOG_MS),
        float(parent is not None and parent.first == shape.first),
        float(parent is not None and parent.kind == shape.kind),
    )


def _mentions(shape: TacticShape, goal: GoalRoles) -> tuple[float, ...]:
    """Returns the number of names that a tactic mentions, by their roles in the goal, and its lemmas."""
    counts, lemmas, nearest, further, unknown = 0, 0.0, 20.0, 0.0, 0.0
    roles, known = goal.roles, goal.lemmas
    for word in shape.words:
        if (role := roles.get(word)) is not None:
            counts += role
        elif (rank := known.get(word)) is not None:
            lemmas += 1.0
            nearest = min(nearest, float(rank))
        elif word in goal.further:
            further += 1.0
        else:
            unknown += 1.0
    return (*counts.to_bytes(ROLES, "little"), lemmas, nearest, further, unknown)


@lru_cache(maxsize=256)
def _flags(sources: tuple[str, ...]) -> tuple[float, ...]:
    """Returns which of the built-in generators suggested a tactic."""
    return tuple(float(source in sources) for source in SOURCES)


def feature_count() -> int:
    """Returns the number of features of a row."""
    return int(rows_of(Goal("-"), [Suggestion("-", 0.0)], ROOT, Rates()).shape[1])
