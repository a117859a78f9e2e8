"""Random perturbation of a generator's preferences, so that several attempts at one theorem differ."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from prover.lean.protocol import Goal
from prover.tactics.generator import BoundGenerator, Generator, Suggestion, TheoremRef, Wrapped, WrappedGenerator


class Perturbed(Wrapped):
    """Adds Gumbel noise to log-probabilities.

    The resulting order is a sample without replacement from the generator's distribution at the given temperature
    (Kool, van Hoof and Welling, ICML 2019). The noise is a function of the seed and the goal, so that a goal has the
    same suggestions whenever it is asked about.
    """

    def __init__(self, inner: BoundGenerator, temperature: float, seed: str) -> None:
        super().__init__(inner)
        self._temperature = temperature
        self._seed = seed

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the generator's suggestions with perturbed log-probabilities."""
        rng = random.Random(f"{self._seed} {goal.key}")
        return [
            replace(suggestion, log_probability=suggestion.log_probability + self._temperature * _gumbel(rng))
            for suggestion in self.inner.suggest(goal)
        ]


class PerturbedGenerator(WrappedGenerator):
    """A generator whose preferences are perturbed, differently for each theorem."""

    def __init__(self, inner: Generator, temperature: float, seed: int) -> None:
        super().__init__(inner)
        self._temperature = temperature
        self._seed = seed

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """See `Generator`."""
        seed = f"{self._seed} {theorem.module} {theorem.name}"
        return Perturbed(self.inner.for_theorem(theorem), self._temperature, seed)


def _gumbel(rng: random.Random) -> float:
    return -math.log(-math.log(rng.random() or 1e-300))
