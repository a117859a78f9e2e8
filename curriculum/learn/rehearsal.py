"""A bounded buffer of what was learnt before, from which old examples are learnt again beside new ones."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from heapq import nsmallest
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Rehearsal(Generic[Item]):
    """A uniform sample, without replacement, of all that was ever offered, of a bounded size.

    Bottom-k sampling (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007): every item has a
    number that depends on the seed and its name only, and those with the smallest are kept. So what is kept does not
    depend on the order of offering, nor on how often a killed process has begun anew.
    """

    def __init__(self, capacity: int, seed: int, name: Callable[[Item], str]) -> None:
        """
        Args:
            name: tells items apart; an item that is offered twice is kept once.
        """
        if capacity < 0:
            raise ValueError(f"a buffer cannot hold {capacity} items")
        self.capacity = capacity
        self._seed = seed
        self._name = name
        self._kept: dict[str, tuple[bytes, Item]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Item]:
        """What is kept, in an order of chance that is the same for the same seed."""
        return (item for _, item in sorted(self._kept.values(), key=lambda pair: pair[0]))

    def offer(self, items: Iterable[Item]) -> None:
        """Considers more items."""
        for item in items:
            name = self._name(item)
            self._kept[name] = (hashlib.sha256(f"{self._seed} {name}".encode()).digest(), item)
        if len(self._kept) > self.capacity:
            smallest = nsmallest(self.capacity, self._kept.items(), key=lambda pair: pair[1][0])
            self._kept = dict(smallest)
