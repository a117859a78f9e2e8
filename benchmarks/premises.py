"""Proofs gained by premises: the same prover with none, with some drawn by chance, and with those that were found.

Equal time for each theorem, the arms in turn on each, so the comparison is paired.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.projects import Arms, Gain, ProjectsPlan, gain, measure
from prover.lean.protocol import Goal
from prover.lean.toolchain.toolchain import Toolchain
from prover.tactics.automation import Automation
from prover.tactics.premises.premises import RETRIEVED_PREMISES, Library, PremiseTactics, TheoremScope
from prover.tactics.structure import Structure
from retrieval.premise import Premise

NONE, RANDOM, FOUND_ARM = "no premises", "premises by chance", "premises found"


def by_chance(around: TheoremScope, goal: Goal) -> Sequence[Premise]:
    """Premises that can be named there, each as likely as any other; the same for the same goal."""
    reachable = [number for number, one in enumerate(around.allowed) if one]
    chosen = random.Random(f"{around.module} {goal.key}").sample(reachable, min(RETRIEVED_PREMISES, len(reachable)))
    return [around.retriever.corpus.premises[number] for number in chosen]


def compare(
    toolchain: Toolchain, caches: Path, plan: ProjectsPlan, library: Library, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Attempts the theorems of a plan with each arm; see `benchmarks.projects.measure`."""
    arms: Arms = {
        NONE: lambda: (Automation(), Structure()),
        RANDOM: lambda: (Automation(), Structure(), PremiseTactics(library, by_chance)),
        FOUND_ARM: lambda: (Automation(), Structure(), PremiseTactics(library)),
    }
    return measure(toolchain, caches, plan, progress, arms)


def gains(results: dict[str, Any]) -> Iterator[Gain]:
    """Compares retrieved premises with none, and with random ones."""
    for against in (NONE, RANDOM):
        yield gain(results, FOUND_ARM, against)
