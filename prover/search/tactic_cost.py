"""A cost model of tactics: of two tactics that are as likely to help, the cheaper one is tried first.

Trying first what is likely and cheap minimises the expected cost of independent tests (Smith's ratio, 1956). Since the
probabilities of tactics are rough, costs count only with the power `COST_EXPONENT`.
"""

import math
from collections import defaultdict
from collections.abc import Mapping

from prover.tactics.generator import Suggestion
from prover.tactics.kinds import kind_of

MEAN_MS: Mapping[str, float] = {
    "rfl": 2, "assumption": 1, "contradiction": 5, "omega": 2, "decide": 1, "exact": 1, "apply": 1.5, "rw […]": 1.5,
    "simp": 4, "simp […]": 15, "simp_all": 7, "simp_all […]": 65, "grind": 17, "grind […]": 14, "exact?": 1_000,
    "intro": 2, "intros": 2, "obtain": 2, "subst": 1, "funext": 2, "exists": 3, "refine": 3, "unfold": 5,
    "constructor": 5, "cases": 25, "induction": 22, "fun_induction": 60, "split": 14, "constructor <;> simp_all": 4,
    "simp <;> omega […]": 7, "simp_all <;> omega […]": 13, "cases <;> simp_all […]": 40, "cases <;> grind […]": 54,
    "induction <;> simp_all […]": 70, "induction <;> grind […]": 100, "induction <;> omega […]": 40,
    "cases <;> simp_all": 40, "cases <;> grind": 54, "induction <;> simp_all": 70, "induction <;> grind": 100,
}  # fmt: skip
"""mean milliseconds by kind of tactic, over the theorems of lean_projects"""
DEFAULT_TACTIC_MS = 10.0
"""mean milliseconds of a kind that is not in `MEAN_MS`"""
COST_EXPONENT = 0.5
"""the power of the cost by which a probability is divided"""
EXPECTED_COST_EXPONENT = 0.1
"""the same for costs that a policy expects: on logs of searches, larger ones came later to the first success"""
MIN_TACTIC_MS, MAX_TACTIC_MS = 0.5, 200.0
"""costs are clamped to this range: a tactic that ran out of time says little about its kind"""
PRIOR_RUNS = 2.0
"""the number of runs that `MEAN_MS` counts for"""


class TacticCostModel:
    """Estimates the cost of tactics by kind, from averages and from the tactics that one search has run."""

    def __init__(self, timed: bool = True) -> None:
        """Creates a model; if `timed` is false, all tactics cost the same, so that results do not depend on a clock."""
        self._timed = timed
        self._total_ms: dict[str, float] = defaultdict(float)
        self._runs: dict[str, int] = defaultdict(int)

    def record(self, tactic: str, microseconds: int) -> None:
        """Records the time that a tactic took."""
        kind = kind_of(tactic)
        self._total_ms[kind] += microseconds / 1000
        self._runs[kind] += 1

    def penalty_of(self, suggestion: Suggestion) -> float:
        """Returns the penalty of a suggestion, of which a policy may expect another cost than that of its kind."""
        return self.penalty(suggestion.tactic, suggestion.log_milliseconds)

    def penalty(self, tactic: str, log_milliseconds: float | None = None) -> float:
        """Returns what is subtracted from a tactic's log-probability for its cost; negative for cheap tactics.

        Args:
            log_milliseconds: the logarithm of the cost that is expected; by default that of its kind.
        """
        if not self._timed:
            return 0.0
        kind = kind_of(tactic)
        expected, exponent = MEAN_MS.get(kind, DEFAULT_TACTIC_MS), COST_EXPONENT
        if log_milliseconds is not None:
            expected, exponent = math.exp(log_milliseconds), EXPECTED_COST_EXPONENT
        mean_ms = (PRIOR_RUNS * expected + self._total_ms[kind]) / (PRIOR_RUNS + self._runs[kind])
        return exponent * math.log(min(max(mean_ms, MIN_TACTIC_MS), MAX_TACTIC_MS) / DEFAULT_TACTIC_MS)
