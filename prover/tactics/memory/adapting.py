"""A remembered tactic in the words of another goal: each hypothesis that it named, by the one that plays its part."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from prover.tactics.memory.goal_features import GoalFeatures, Local
from prover.tactics.memory.neighbour import Template
from prover.tactics.renaming import renamed
from retrieval.lean_text import is_name, symbols

FULL = 5.0
"""how alike two hypotheses can be"""
LEAST = 1.4
"""less alike than this, one does not stand for the other"""
CLOSE = 0.5
"""how much less alike a second choice may be than the first"""


@dataclass(frozen=True)
class Adapted:
    """A tactic for the present goal."""

    text: str
    fit: float
    """between 0 and 1: how well hypotheses of the present goal play the parts of the old ones"""


def adapted(template: Template, goal: GoalFeatures, variants: int = 2) -> list[Adapted]:
    """The tactic with the present goal's names, in the ways worth trying; none where a part cannot be filled.

    Where goals differ in constants only, those of the present one take the places of the old ones first: what holds of
    `HasType` by `HasType.var` may hold of `CoreHasType` by `CoreHasType.var` (concept alignment, Gauthier and
    Kaliszyk 2014).
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
    """Which constant stands where another stood, read from expressions that differ in their constants only."""
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


def likeness(old: Local, new: Local) -> float:
    """How well one hypothesis stands for another, from 0 to `FULL`."""
    alike = 3.0 if old.shape == new.shape else _shapes_alike(old.shape, new.shape)
    if (old.place is None) == (new.place is None):
        alike += 0.5 + 0.5 * (old.place == new.place)
    return alike + 1.0 * (old.name == new.name)


@lru_cache(maxsize=100_000)  # a goal is compared with a hundred others, which have most of their types in common
def _shapes_alike(old: str, new: str) -> float:
    """How alike two different types are, from 0 to 2."""
    one, other = old.split(), new.split()
    known, present = symbols(one), symbols(other)
    either = known | present
    alike = 2.0 * len(known & present) / len(either) if either else 1.0
    return max(alike, 1.5 * same_places(one, other))


def same_places(old: Sequence[str], new: Sequence[str]) -> float:
    """The share of words that two expressions of one length have in the same places."""
    same = sum(one == other for one, other in zip(old, new, strict=False))
    return same / len(old) if old and len(old) == len(new) else 0.0


def _assignments(slots: Sequence[Local], present: Sequence[Local]) -> Iterator[tuple[list[tuple[Local, Local]], float]]:
    """The best choice of present hypotheses for the slots; then those that differ in one where two are close."""
    by_name = {local.name: local for local in present}
    old = {slot.name: slot for slot in slots}

    def pairs(names: Mapping[str, str]) -> list[tuple[Local, Local]]:
        return [(old[one], by_name[other]) for one, other in names.items()]

    best: dict[str, str] = {}
    total = 0.0
    seconds: list[tuple[float, str, str]] = []
    for slot in slots:
        ranked = sorted(
            ((likeness(slot, local), local.name) for local in present if local.name not in best.values()),
            key=lambda pair: -pair[0],
        )
        if not ranked or ranked[0][0] < LEAST:
            return
        best[slot.name] = ranked[0][1]
        total += ranked[0][0]
        for score, name in ranked[1:2]:
            if score >= max(LEAST, ranked[0][0] - CLOSE):
                seconds.append((ranked[0][0] - score, slot.name, name))
    fit = total / (FULL * len(slots)) if slots else 1.0
    yield pairs(best), fit
    for loss, slot_name, name in sorted(seconds):
        others = {value: key for key, value in best.items()}
        swapped = {**best, slot_name: name}
        if name in others:
            swapped[others[name]] = best[slot_name]
        yield pairs(swapped), max(0.0, fit - (0.2 + loss) / FULL)
