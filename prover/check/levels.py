"""The levels that a proof is verified to, and how a result says so. Checks nothing itself."""

from dataclasses import dataclass
from typing import Literal

NAMES = ("compiles", "bound", "axioms", "replayed", "sane")
"""level 1 is the first"""
HIGHEST = 5
USUAL = 3
"""as far as a proof is looked at that the search has found; the next level costs another Lean process"""

State = Literal["passed", "refused", "not checked"]


@dataclass(frozen=True)
class Level:
    """One level of one judgement."""

    number: int
    state: State
    reason: str | None = None
    """why it was refused"""

    @property
    def name(self) -> str:
        """What the level is called."""
        return NAMES[self.number - 1]


def passed(level: int) -> tuple[Level, ...]:
    """The levels of a proof that holds up to `level`."""
    return tuple(Level(number, "passed" if number <= level else "not checked") for number in range(1, len(NAMES) + 1))


def refused(level: int, reason: str, compiled: bool) -> tuple[Level, ...]:
    """The levels of a proof that is refused at `level`; level 1 is looked at only when it was elaborated."""
    found = []
    for number in range(1, len(NAMES) + 1):
        below: State = "passed" if compiled else "not checked"
        state: State = below if number < level else "refused" if number == level else "not checked"
        found.append(Level(number, state, reason if number == level else None))
    return tuple(found)


def verified(level: int, axioms: tuple[str, ...], library: int, kernels: tuple[str, ...] = ()) -> str:
    """What a proof that holds up to `level` has been shown to be, in one line."""
    names = ", ".join(NAMES[:level])
    by = f"; replayed by {', '.join(kernels)}" if kernels else ""
    known = f"; {library} library declarations taken on trust" if library else ""
    return f"verified to level {level} of {len(NAMES)} ({names}){by}; axioms: {', '.join(axioms) or 'none'}{known}"
