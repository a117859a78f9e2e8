"""What kinds of tactics cost: of two that are as likely to help, the one that is sooner done goes first.

Trying what is likely and cheap first is the order of least expected cost for tests that do not depend on one another
(Smith's ratio, 1956); probabilities of tactics being rough, costs count for half of what that would give them.
"""

import math
from collections import defaultdict
from collections.abc import Mapping

COSTS: Mapping[str, float] = {
    "rfl": 2, "assumption": 1, "contradiction": 5, "omega": 2, "decide": 1, "exact": 1, "apply": 1.5, "rw […]": 1.5,
    "simp": 4, "simp […]": 15, "simp_all": 7, "simp_all […]": 65, "grind": 17, "grind […]": 14, "exact?": 1_000,
    "intro": 2, "intros": 2, "obtain": 2, "subst": 1, "funext": 2, "exists": 3, "refine": 3, "unfold": 5,
    "constructor": 5, "cases": 25, "induction": 22, "fun_induction": 60, "split": 14, "constructor <;> simp_all": 4,
    "simp <;> omega […]": 7, "simp_all <;> omega […]": 13, "cases <;> simp_all […]": 40, "cases <;> grind […]": 54,
    "induction <;> simp_all […]": 70, "induction <;> grind […]": 100, "induction <;> omega […]": 40,
}  # fmt: skip
"""milliseconds, on average over theorems of lean_projects; of other kinds, `USUAL`"""
USUAL = 10.0
WORTH = 0.5
"""the power of the cost that a probability is divided by"""
LEAST, MOST = 0.5, 200.0
"""milliseconds: what costs less or more is no better or worse; one that ran out of time says little of its kind"""
KNOWN = 2.0
"""runs that the averages count for"""


class Pace:
    """What each kind costs in one search."""

    def __init__(self, timed: bool = True) -> None:
        """`timed`: whether time is what is spent; if not, all tactics cost alike, and the clock is not looked at."""
        self._timed = timed
        self._spent: dict[str, float] = defaultdict(float)
        """milliseconds, by kind"""
        self._runs: dict[str, int] = defaultdict(int)

    def took(self, tactic: str, microseconds: int) -> None:
        """Counts a tactic that was run."""
        kind = kind_of(tactic)
        self._spent[kind] += microseconds / 1000
        self._runs[kind] += 1

    def price(self, tactic: str) -> float:
        """What is taken from a tactic's log-probability for what it costs; below zero where it is cheap."""
        if not self._timed:
            return 0.0
        kind = kind_of(tactic)
        mean = (KNOWN * COSTS.get(kind, USUAL) + self._spent[kind]) / (KNOWN + self._runs[kind])
        return WORTH * math.log(min(max(mean, LEAST), MOST) / USUAL)


def kind_of(tactic: str) -> str:
    """What tactics share that cost alike: the first word, whether it is given lemmas, and the last of a chain."""
    first, *more = tactic.split(" <;> ")
    words = [part.split(maxsplit=1)[0] for part in (first, *more[-1:]) if part.strip()]
    return " <;> ".join(words) + (" […]" if "[" in tactic else "")
