"""A remembered tactic in the words of another goal: each hypothesis that it named, by the one that plays its part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from prover.tactics.memory.precedent import Template
from prover.tactics.memory.sketch import Local, Sketch
from retrieval.lean_text import WORD

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


def adapted(template: Template, goal: Sketch, variants: int = 2) -> list[Adapted]:
    """The tactic with the present goal's names, in the ways worth trying; none where a part cannot be filled."""
    found = []
    for names, fit in islice(_assignments(template.slots, goal.locals), variants):
        found.append(Adapted(_renamed(template.text, names), fit))
    return found


def likeness(old: Local, new: Local) -> float:
    """How well one hypothesis stands for another, from 0 to `FULL`."""
    if old.shape == new.shape:
        alike = 3.0
    else:
        either = old.symbols | new.symbols
        alike = 2.0 * len(old.symbols & new.symbols) / len(either) if either else 1.0
    if (old.place is None) == (new.place is None):
        alike += 0.5 + 0.5 * (old.place == new.place)
    return alike + 1.0 * (old.name == new.name)


def _assignments(slots: Sequence[Local], present: Sequence[Local]) -> Iterator[tuple[Mapping[str, str], float]]:
    """The best choice of present hypotheses for the slots; then those that differ in one where two are close."""
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
    yield best, fit
    for loss, slot_name, name in sorted(seconds):
        others = {value: key for key, value in best.items()}
        swapped = {**best, slot_name: name}
        if name in others:
            swapped[others[name]] = best[slot_name]
        yield swapped, max(0.0, fit - (0.2 + loss) / FULL)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with the first part of each word that is a slot's name replaced."""
    parts, done = [], 0
    for word in WORD.finditer(text):
        first, dot, rest = word[0].partition(".")
        if first in names and text[word.start() - 1 : word.start()] != ".":
            parts += [text[done : word.start()], names[first], dot, rest]
            done = word.end()
    return "".join([*parts, text[done:]])
