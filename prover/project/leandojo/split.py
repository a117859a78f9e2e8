"""LeanDojo's two ways of splitting theorems into train, val and test. Knows theorems by their numbers only."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from prover.errors import BenchmarkError

Split = Mapping[str, tuple[int, ...]]
"""part, then the numbers of its theorems"""

LARGEST = 2000
"""theorems in val and in test of LeanDojo Benchmark 4"""


@dataclass(frozen=True)
class Sizes:
    """How many theorems are held out."""

    val: int
    test: int


def usual_sizes(theorems: int) -> Sizes:
    """A tenth of the theorems each, and no more than LeanDojo's own benchmark has."""
    each = min(LARGEST, theorems // 10)
    return Sizes(each, each)


def check_sizes(theorems: int, sizes: Sizes) -> None:
    """Complains of sizes that leave no theorem to train on.

    Raises:
        BenchmarkError: they do, or one is negative.
    """
    if min(sizes.val, sizes.test) < 0 or (theorems and sizes.val + sizes.test >= theorems):
        raise BenchmarkError(
            f"There are {theorems} theorems, of which {sizes.val} for val and {sizes.test} for test leave none "
            "to train on: ask for fewer."
        )


def at_random(theorems: int, sizes: Sizes, seed: int) -> Split:
    """Shuffles the theorems and cuts: the last are the test, those before them val."""
    order = list(range(theorems))
    random.Random(seed).shuffle(order)
    train = theorems - sizes.val - sizes.test
    return _parts(order[:train], order[train : train + sizes.val], order[train + sizes.val :])


def by_novel_premise(premises: Sequence[Collection[str]], sizes: Sizes, seed: int) -> Split:
    """Holds out theorems so that each uses a premise that no theorem to train on uses.

    Takes premises from the rarest on, each with all theorems that use it, until enough are held out (LeanDojo,
    section 4). Theorems that use no premise are trained on; when there are too few others, fewer are held out.
    """
    users: dict[str, list[int]] = defaultdict(list)
    for theorem, used in enumerate(premises):
        for premise in sorted(set(used)):
            users[premise].append(theorem)
    shuffle = random.Random(seed)
    names = sorted(users)
    shuffle.shuffle(names)  # so that the seed decides among premises that are equally rare
    names.sort(key=lambda premise: len(users[premise]))
    wanted = sizes.val + sizes.test
    held: dict[int, None] = {}
    for premise in names:
        if len(held) >= wanted:
            break
        more = [theorem for theorem in users[premise] if theorem not in held]
        if len(held) + len(more) < len(premises):  # what all use leaves nothing to train on
            held.update(dict.fromkeys(more))
    order = list(held)
    shuffle.shuffle(order)
    val = min(sizes.val, len(order) * sizes.val // wanted) if wanted else 0
    return _parts([n for n in range(len(premises)) if n not in held], order[:val], order[val:])


def _parts(train: Sequence[int], val: Sequence[int], test: Sequence[int]) -> Split:
    return {"train": tuple(train), "val": tuple(val), "test": tuple(test)}
