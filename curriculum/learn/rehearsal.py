"""A bounded buffer of earlier examples, which are trained on again together with new ones."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from heapq import nsmallest
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Rehearsal(Generic[Item]):
    """A uniform sample without replacement, of bounded size, of all items that were ever offered.

    Bottom-k sampling (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007): every item has a
    number that depends on the seed and its name only, and those with the smallest are kept. So the sample does not
    depend on the order of offering, nor on how often a killed process was restarted.
    """

    def __init__(self, capacity: int, seed: int, name: Callable[[Item], str]) -> None:
        """
        Args:
            name: returns an item's name; of items with equal names, one is kept.
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
        """Yields the kept items, in a random order that is the same for the same seed."""
        return (item for _, item in sorted(self._kept.values(), key=lambda pair: pair[0]))

    def offer(self, items: Iterable[Item]) -> None:
        """Offers more items."""
        for item in items:
            name = self._name(item)
            self._kept[name] = (hashlib.sha256(f"{self._seed} {name}".encode()).digest(), item)
        if len(self._kept) > self.capacity:
            smallest = nsmallest(self.capacity, self._kept.items(), key=lambda pair: pair[1][0])
            self._kept = dict(smallest)
