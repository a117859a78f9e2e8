"""Adapts a remembered tactic to another goal: each hypothesis that it names is replaced by the most similar one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from prover.tactics.memory.goal_features import GoalFeatures, Local
from prover.tactics.memory.neighbour import Template
from prover.tactics.renaming import renamed
from retrieval.lean_text import is_name, symbols

MAX_SIMILARITY = 5.0
"""the largest similarity of two hypotheses"""
MIN_SIMILARITY = 1.4
"""the similarity below which a hypothesis does not replace another"""
MAX_LOSS = 0.5
"""the similarity that a second choice may lose against the first"""


@dataclass(frozen=True)
class Adapted:
    """A tactic for the current goal."""

    text: str
    fit: float
    """the mean similarity of the replaced hypotheses, from 0 to 1"""


def adapted(template: Template, goal: GoalFeatures, variants: int = 2) -> list[Adapted]:
    """Returns the tactic with the current goal's names, in the ways worth trying; nothing if a slot cannot be filled.

    If the goals differ only in constants, the constants are replaced too, and this variant comes first: what
    `HasType.var` proves about `HasType`, `CoreHasType.var` may prove about `CoreHasType` (concept alignment, Gauthier
    and Kaliszyk 2014).
    """
    found = []
    for chosen, fit in islice(_assignments(template.slots, goal.locals), variants):
        names = {old.name: new.name for old, new in chosen}
        shapes = [(template.target, goal.target), *((old.shape.split(), new.shape.split()) for old, new in chosen)]
        alike, plain = analogy(shapes), renamed(template.text, names)
        if alike and (changed := renamed(template.text, names, alike)) != plain:
            found.append(Adapted(changed, fit))
        found.append(Adapted(plain, fit))
    return found


def analogy(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> dict[str, str]:
    """Returns the replaced constants, read from pairs of expressions that differ only in constants."""
    found: dict[str, str] = {}
    for old, new in pairs:
        stands: dict[str, str] = {}
        if len(old) == len(new) and all(
            stands.setdefault(one, other) == other and (one == other or (is_name(one) and is_name(other)))
            for one, other in zip(old, new, strict=True)
        ):
            for one, other in stands.items():
                if one != other:
                    found.setdefault(one, other)
    return found


def hypothesis_similarity(old: Local, new: Local) -> float:
    """Returns the similarity of two hypotheses, from 0 to `MAX_SIMILARITY`."""
    alike = 3.0 if old.shape == new.shape else _shapes_alike(old.shape, new.shape)
    if (old.place is None) == (new.place is None):
        alike += 0.5 + 0.5 * (old.place == new.place)
    return alike + 1.0 * (old.name == new.name)


@lru_cache(maxsize=100_000)  # a goal is compared with a hundred others, which share most of their types
def _shapes_alike(old: str, new: str) -> float:
    """Returns the similarity of two different types, from 0 to 2."""
    one, other = old.split(), new.split()
    known, present = symbols(one), symbols(other)
    either = known | present
    alike = 2.0 * len(known & present) / len(either) if either else 1.0
    return max(alike, 1.5 * same_places(one, other))


def same_places(old: Sequence[str], new: Sequence[str]) -> float:
    """Returns the share of equal words at equal positions of two expressions of the same length; otherwise 0."""
    same = sum(one == other for one, other in zip(old, new, strict=False))
    return same / len(old) if old and len(old) == len(new) else 0.0


def _assignments(slots: Sequence[Local], present: Sequence[Local]) -> Iterator[tuple[list[tuple[Local, Local]], float]]:
    """Yields the best assignment of hypotheses to slots, then those that take a close second choice for one slot."""
    by_name = {local.name: local for local in present}
    old = {slot.name: slot for slot in slots}

    def pairs(names: Mapping[str, str]) -> list[tuple[Local, Local]]:
        return [(old[one], by_name[other]) for one, other in names.items()]

    best: dict[str, str] = {}
    total = 0.0
    seconds: list[tuple[float, str, str]] = []
    for slot in slots:
        ranked = sorted(
            ((hypothesis_similarity(slot, local), local.name) for local in present if local.name not in best.values()),
            key=lambda pair: -pair[0],
        )
        if not ranked or ranked[0][0] < MIN_SIMILARITY:
            return
        best[slot.name] = ranked[0][1]
        total += ranked[0][0]
        for score, name in ranked[1:2]:
            if score >= max(MIN_SIMILARITY, ranked[0][0] - MAX_LOSS):
                seconds.append((ranked[0][0] - score, slot.name, name))
    fit = total / (MAX_SIMILARITY * len(slots)) if slots else 1.0
    yield pairs(best), fit
    for loss, slot_name, name in sorted(seconds):
        others = {value: key for key, value in best.items()}
        swapped = {**best, slot_name: name}
        if name in others:
            swapped[others[name]] = best[slot_name]
        yield pairs(swapped), max(0.0, fit - (0.2 + loss) / MAX_SIMILARITY)
