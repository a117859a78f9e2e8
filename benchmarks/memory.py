"""Proofs gained by memory: the proofs of one half of each repository's theorems are learnt, the other half attempted.

Which half a theorem is in depends on its name only. Memories of a quarter and of all of what is learnt are compared
with none at all; equal time for each theorem, the arms in turn on each, so the comparison is paired.
"""

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.projects import Gain, ProjectsPlan, gain, measure
from benchmarks.workload import traced
from curriculum.recollection import ModulePrecedents, module_precedents
from prover.lean.toolchain.toolchain import Toolchain
from prover.project.build import Builder
from prover.project.layout import open_repository
from prover.tactics.automation import Automation
from prover.tactics.generator import Generator
from prover.tactics.memory.memory import Memory
from prover.tactics.structure import Structure

NONE = "no memory"
SHARES = (0.25, 1.0)
"""The shares of the first half of the theorems from which a memory learns."""


def learnt(theorem: str, share: float) -> bool:
    """Whether a theorem is in a part of the half that is learnt."""
    return _place(theorem) < share / 2


def attempted(theorem: str) -> bool:
    """Whether a theorem is in the half that is attempted."""
    return _place(theorem) >= 0.5


def _place(theorem: str) -> float:
    """Where a name falls, from 0 to 1, evenly."""
    return zlib.crc32(theorem.encode()) / 2**32


def compare(toolchain: Toolchain, caches: Path, plan: ProjectsPlan, progress: Callable[[str], None]) -> dict[str, Any]:
    """Attempts the theorems of a plan with each memory; see `benchmarks.projects.measure`."""
    lessons = [lesson for root in plan.chosen() for lesson in _lessons(root, toolchain, caches, progress)]
    arms: dict[str, Callable[[], tuple[Generator, ...]]] = {NONE: lambda: (Automation(), Structure())}
    remembered = {}
    for share in SHARES:
        name = f"memory of {share:.0%}"
        remembered[name] = len(remembering(lessons, share))
        arms[name] = partial(_with_memory, lessons, share)
    results = measure(toolchain, caches, plan, progress, arms, lambda task: attempted(task.declaration.name))
    return {**results, "precedents": remembered}


def _with_memory(lessons: list[ModulePrecedents], share: float) -> tuple[Generator, ...]:
    return (Automation(), Structure(), remembering(lessons, share))


def remembering(lessons: list[ModulePrecedents], share: float) -> Memory:
    """A memory of the proofs in a part."""
    memory = Memory()
    for lesson in lessons:
        memory.remember(lesson.source, [known for known in lesson.precedents if learnt(known.declaration, share)])
    return memory


def _lessons(
    root: Path, toolchain: Toolchain, caches: Path, progress: Callable[[str], None]
) -> Iterator[ModulePrecedents]:
    repository = open_repository(root)
    progress(f"{root.name}: tracing")
    builder = Builder(repository, toolchain, caches)
    try:
        for _, module in traced(builder, repository):
            yield module_precedents(module)
    finally:
        builder.close()


def gains(results: dict[str, Any]) -> Iterator[Gain]:
    """Compares each memory with none."""
    for arm in results["generators"][1:]:
        yield gain(results, arm, NONE)
