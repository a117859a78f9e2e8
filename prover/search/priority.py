"""Priorities of goals: the order of a best-first search."""

from collections.abc import Callable

Priority = Callable[[float, int], float]
"""Maps the summed log-probability of the tactics on a goal's path, and their number, to a score; higher is better."""


def length_normalised(alpha: float = 0.5) -> Priority:
    """Returns the priority Σ log p / Lᵅ of BFS-Prover (Xin et al. 2025); `alpha` 0 is plain cumulative probability."""

    def score(log_probability: float, depth: int) -> float:
        return log_probability / float(max(depth, 1) ** alpha)

    return score
