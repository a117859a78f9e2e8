"""LeanDojo's two strategies of splitting theorems into train, val and test. Theorems are numbers here."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from prover.errors import BenchmarkError

Split = Mapping[str, tuple[int, ...]]
"""The numbers of the theorems of each part."""

MAX_HELD_OUT = 2000
"""The number of theorems in val and in test of LeanDojo Benchmark 4."""


@dataclass(frozen=True)
class Sizes:
    """The numbers of held-out theorems."""

    val: int
    test: int


def default_sizes(theorems: int) -> Sizes:
    """Returns a tenth of the theorems each, and at most as many as in LeanDojo's benchmark."""
    each = min(MAX_HELD_OUT, theorems // 10)
    return Sizes(each, each)


def check_sizes(theorems: int, sizes: Sizes) -> None:
    """Checks that the sizes leave theorems to train on.

    Raises:
        BenchmarkError: They leave none, or one is negative.
    """
    if min(sizes.val, sizes.test) < 0 or (theorems and sizes.val + sizes.test >= theorems):
        raise BenchmarkError(
            f"There are {theorems} theorems, of which {sizes.val} for val and {sizes.test} for test leave none "
            "to train on: ask for fewer."
        )


def at_random(theorems: int, sizes: Sizes, seed: int) -> Split:
    """Splits shuffled theorems: the last are test, those before them val."""
    order = list(range(theorems))
    random.Random(seed).shuffle(order)
    train = theorems - sizes.val - sizes.test
    return _parts(order[:train], order[train : train + sizes.val], order[train + sizes.val :])


def by_novel_premise(premises: Sequence[Collection[str]], sizes: Sizes, seed: int) -> Split:
    """Holds out theorems so that each uses a premise that no theorem to train on uses.

    Takes premises from the rarest on, each with all theorems that use it, until enough are held out (LeanDojo,
    section 4). Theorems that use no premise go to train; if there are too few others, fewer are held out.
    """
    users: dict[str, list[int]] = defaultdict(list)
    for theorem, used in enumerate(premises):
        for premise in sorted(set(used)):
            users[premise].append(theorem)
    shuffle = random.Random(seed)
    names = sorted(users)
    shuffle.shuffle(names)  # so that the seed decides between equally rare premises
    names.sort(key=lambda premise: len(users[premise]))
    wanted = sizes.val + sizes.test
    held: dict[int, None] = {}
    for premise in names:
        if len(held) >= wanted:
            break
        more = [theorem for theorem in users[premise] if theorem not in held]
        if len(held) + len(more) < len(premises):  # a premise that all use would leave nothing to train on
            held.update(dict.fromkeys(more))
    order = list(held)
    shuffle.shuffle(order)
    val = min(sizes.val, len(order) * sizes.val // wanted) if wanted else 0
    return _parts([n for n in range(len(premises)) if n not in held], order[:val], order[val:])


def _parts(train: Sequence[int], val: Sequence[int], test: Sequence[int]) -> Split:
    return {"train": tuple(train), "val": tuple(val), "test": tuple(test)}
