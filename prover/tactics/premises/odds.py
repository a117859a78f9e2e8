"""Probabilities that a use of a theorem is right: one logistic regression for each form, fitted to traced proofs.

`python -m benchmarks.premise_odds` fits them again; these are from up to 1,500 tactics each of batteries,
lean_projects, focil-lean4, plausible, LSpec, quote4 and import-graph.
"""

import math
from collections.abc import Mapping, Sequence

from prover.tactics.premises.usages import Form, PremiseUsage

FEATURES = ("1", "ln rank", "ln count", "share", "conditional")
ODDS: Mapping[Form, Sequence[float]] = {
    "exact": (-5.67, -0.95, 0.00, -0.24, -0.31),
    "apply": (-5.77, -1.21, 0.00, 1.46, -0.01),
    "rw": (-4.75, -1.32, 0.00, 1.10, -0.23),
    "rw ←": (-6.52, -1.14, 0.00, 1.10, -0.64),
    "rw at": (-5.36, -1.80, 0.00, -0.31, 0.23),
    "simp": (-5.38, 0.00, 0.25, 1.14, 0.00),
    "simpa": (-8.41, -0.89, 0.00, 0.02, -0.16),
    "simp_all": (-5.04, 0.00, 0.45, 0.17, 0.00),
    "grind": (-5.61, 0.00, 0.18, 1.21, 0.00),
}
"""the coefficients of each form, in the order of the features"""
LOG_SCALE = 2.7
"""how much higher the other generators weigh a tactic than the logarithm of how often a traced step is that tactic: the
mean over `rfl`, `omega`, `simp`, `grind` and `split`, between 2.0 and 3.3 each"""
MAX_LOG_PROBABILITY = -0.5


def features(use: PremiseUsage) -> tuple[float, ...]:
    """Returns the features of a use for the regressions."""
    return (1.0, math.log(use.rank), math.log(use.count), use.share, float(use.conditional))


def log_probability(use: PremiseUsage) -> float:
    """Returns the natural logarithm of the probability that a use is right, on the scale of the other generators."""
    logit = sum(weight * value for weight, value in zip(ODDS[use.form], features(use), strict=True))
    return min(MAX_LOG_PROBABILITY, LOG_SCALE - math.log1p(math.exp(-logit)))
