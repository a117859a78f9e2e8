"""The levels of verification and how a result reports them. Checks nothing itself."""

from dataclasses import dataclass
from typing import Literal

LEVEL_NAMES = ("compiles", "bound", "axioms", "replayed", "sane")
"""The names of the levels, from level 1 on."""
HIGHEST_LEVEL = 5
AXIOMS_LEVEL = 3
DEFAULT_LEVEL = AXIOMS_LEVEL
"""The level for proofs found by the search; the next one costs another Lean process."""

LevelState = Literal["passed", "refused", "not checked"]


@dataclass(frozen=True)
class Level:
    """The result of one level."""

    number: int
    state: LevelState
    reason: str | None = None
    """Why it was refused, if it was."""

    @property
    def name(self) -> str:
        """The name of the level."""
        return LEVEL_NAMES[self.number - 1]


def passed(level: int) -> tuple[Level, ...]:
    """Returns the levels of a proof that is accepted up to `level`."""
    return tuple(
        Level(number, "passed" if number <= level else "not checked") for number in range(1, len(LEVEL_NAMES) + 1)
    )


def resting_on(given: tuple[str, ...]) -> str:
    """Returns the reason why a theorem is not proved whose proof rests on open theorems."""
    return f"it is proved given {', '.join(given)}, still open"


def refused(level: int, reason: str, compiled: bool) -> tuple[Level, ...]:
    """Returns the levels of a proof that is refused at `level`; lower ones have passed only if it was elaborated."""
    found = []
    for number in range(1, len(LEVEL_NAMES) + 1):
        below: LevelState = "passed" if compiled else "not checked"
        state: LevelState = below if number < level else "refused" if number == level else "not checked"
        found.append(Level(number, state, reason if number == level else None))
    return tuple(found)


def verified(
    level: int,
    axioms: tuple[str, ...],
    library: int,
    kernels: tuple[str, ...] = (),
    unchecked: tuple[str, ...] = (),
    given: tuple[str, ...] = (),
) -> str:
    """Returns the verification of a proof that is accepted up to `level`, in one line."""
    names = ", ".join(LEVEL_NAMES[:level])
    by = f"; replayed by {', '.join(kernels)}" if kernels else ""
    known = f"; {library} library declarations taken on trust" if library else ""
    gaps = "".join(f"; {gap}" for gap in unchecked)
    found = ", ".join(axioms) or "none"
    rests = f"; given {', '.join(given)}, still open" if given else ""
    return f"verified to level {level} of {len(LEVEL_NAMES)} ({names}){by}; axioms: {found}{rests}{known}{gaps}"
