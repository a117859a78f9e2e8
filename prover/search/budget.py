"""What a search may spend, and the meter that counts it."""

import time
from dataclasses import dataclass, field

from prover.tactics.language.model import Account


@dataclass(frozen=True)
class Budget:
    """Limits of one search. A limit of None does not bind."""

    seconds: float | None = 60.0
    """wall-clock"""
    expansions: int | None = None
    """goals for which tactics were tried"""
    tactics: int | None = None
    """tactics run"""
    tokens: int | None = None
    """that language models read and write"""
    cost: float | None = None
    """of language models, in the money that their prices are given in"""

    def of_models(self) -> dict[str, float]:
        """The limits on language models that there are, by name."""
        limits = {"tokens": self.tokens, "cost": self.cost}
        return {name: limit for name, limit in limits.items() if limit is not None}


@dataclass
class Meter:
    """What has been spent of a budget so far."""

    budget: Budget
    account: Account = field(default_factory=Account)
    """of language models; several searches may share it"""
    expansions: int = 0
    tactics: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Wall-clock since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Seconds until the end; infinite without a limit."""
        return float("inf") if self.budget.seconds is None else self.budget.seconds - self.seconds

    def spent(self) -> bool:
        """Whether any limit has been reached."""
        return self.used() >= 1

    def used(self) -> float:
        """The share of the budget that has been used, of the limit that is nearest; 1 and more: it is spent."""
        asked = self.account.usage
        limits = (
            (self.budget.seconds, self.seconds),
            (self.budget.expansions, self.expansions),
            (self.budget.tactics, self.tactics),
            (self.budget.tokens, asked.tokens),
            (self.budget.cost, asked.cost),
        )
        return max((used / limit if limit > 0 else 1.0 for limit, used in limits if limit is not None), default=0.0)
