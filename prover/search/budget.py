"""What a search may spend, and the meter that counts it."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Budget:
    """Limits of one search. A limit of None does not bind."""

    seconds: float | None = 60.0
    """wall-clock"""
    expansions: int | None = None
    """goals for which tactics were tried"""
    tactics: int | None = None
    """tactics run"""


@dataclass
class Meter:
    """What has been spent of a budget so far."""

    budget: Budget
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
        limits = ((self.budget.expansions, self.expansions), (self.budget.tactics, self.tactics))
        return self.left() <= 0 or any(limit is not None and used >= limit for limit, used in limits)
