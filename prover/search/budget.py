"""The budget of a search, and the meter that counts what has been used of it."""

import math
import time
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Budget:
    """Limits of one search. A limit of None does not bind."""

    seconds: float | None = 60.0
    """wall-clock time in seconds"""
    expansions: int | None = None
    """the number of goals for which tactics are requested"""
    tactics: int | None = None
    """the number of tactics run"""
    tokens: int | None = None
    """tokens that language models read and write"""
    cost: float | None = None
    """the price of language models, in the currency of the configured prices"""

    def share(self, part: float) -> "Budget":
        """Returns a part of each limit; of a count at least 1."""

        def counted(limit: int | None) -> int | None:
            return max(1, math.ceil(limit * part)) if limit else limit

        seconds = None if self.seconds is None else self.seconds * part
        cost = None if self.cost is None else self.cost * part
        return Budget(seconds, counted(self.expansions), counted(self.tactics), counted(self.tokens), cost)

    def of_models(self) -> dict[str, float]:
        """Returns the limits on language models that are set, by name."""
        limits = {"tokens": self.tokens, "cost": self.cost}
        return {name: limit for name, limit in limits.items() if limit is not None}


class TokenUsage(Protocol):
    """Tokens and money that language models have used."""

    @property
    def tokens(self) -> int:
        """Returns the number of tokens read and written."""
        ...

    @property
    def cost(self) -> float:
        """Returns the price of all requests."""
        ...


class ModelUsage(Protocol):
    """Counts what language models use while a search runs. Several searches may share one."""

    @property
    def usage(self) -> TokenUsage:
        """Returns the usage so far."""
        ...


@dataclass(frozen=True)
class NoModelUsage:
    """The usage of a search that asks no language models."""

    tokens: int = 0
    cost: float = 0.0

    @property
    def usage(self) -> "NoModelUsage":
        """Returns no tokens and no cost."""
        return self


@dataclass
class Meter:
    """Counts what has been used of a budget."""

    budget: Budget
    models: ModelUsage = field(default_factory=NoModelUsage)
    """usage of language models; several searches may share it"""
    expansions: int = 0
    tactics: int = 0
    started: float = field(default_factory=time.monotonic)
    """the start, in seconds of the monotonic clock"""

    @property
    def seconds(self) -> float:
        """Returns the wall-clock seconds since the start."""
        return time.monotonic() - self.started

    def seconds_left(self) -> float:
        """Returns the seconds until the end; infinite without a limit."""
        return float("inf") if self.budget.seconds is None else self.budget.seconds - self.seconds

    def spent(self) -> bool:
        """Returns whether any limit has been reached."""
        return self.share_used() >= 1

    def share_used(self) -> float:
        """Returns the used share of the limit that is nearest; 1 or more means that the budget is spent."""
        usage = self.models.usage
        limits = (
            (self.budget.seconds, self.seconds),
            (self.budget.expansions, self.expansions),
            (self.budget.tactics, self.tactics),
            (self.budget.tokens, usage.tokens),
            (self.budget.cost, usage.cost),
        )
        return max((used / limit if limit > 0 else 1.0 for limit, used in limits if limit is not None), default=0.0)
