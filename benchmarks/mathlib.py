"""How fast the embedded Lean compiles Mathlib, and what it cannot compile: modules, errors, time, memory.

Starts with nothing compiled, in a cache of its own, so that nothing is measured that an earlier build has done; unless
what is measured is how a file is opened whose imports are compiled.
"""

import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from prover.progress import Notify
from prover.project.build import Builder, Compiled
from prover.project.checkout import Checkouts
from prover.project.layout import completed, open_repository

DEFAULT_MODULES = ("Mathlib.Tactic.NormNum.Basic", "Mathlib.Tactic.Ring")


@dataclass(frozen=True)
class MathlibPlan:
    """The modules to compile, and how."""

    root: Path
    """A checkout of Mathlib, or a repository that requires it."""
    modules: Sequence[str] = DEFAULT_MODULES
    limit: int | None = None
    """The number of modules after which the build ends; None for all."""
    jobs: int = 2
    kept: bool = False
    """Whether modules that earlier builds have compiled count, and are kept."""


@dataclass
class MathlibResults:
    """What was compiled, and what it cost."""

    toolchain: str
    jobs: int
    compiled: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0
    """The largest resident memory of all processes together."""
    processes: int = 0
    """The number of Lean processes that were started."""
    errors: dict[str, int] = field(default_factory=dict)
    """The number of errors of each module that has some."""
    failed: dict[str, str] = field(default_factory=dict)
    """The reason for each module that Lean cannot finish."""
    goal_seconds: float | None = None
    """The time from the start of a Lean process to the opened goal of a file that imports the modules."""
    goal_bytes: int = 0
    """The resident memory of that process afterwards."""

    @property
    def per_minute(self) -> float:
        """The number of modules compiled in a minute."""
        return 60 * self.compiled / self.seconds if self.seconds else 0.0


def measure(plan: MathlibPlan, toolchain: EmbeddedToolchain, caches: Path, notify: Notify) -> MathlibResults:
    """Compiles the modules of a plan from nothing."""
    repository = completed(open_repository(plan.root), Checkouts(caches / "git", notify))
    cache = caches if plan.kept else caches / "bench" / "mathlib"
    if not plan.kept:
        shutil.rmtree(cache, ignore_errors=True)
    results = MathlibResults(toolchain.describe(), plan.jobs)
    builder = Builder(repository, toolchain, cache, notify, plan.jobs)
    seen: set[int] = set()
    started = time.monotonic()
    try:
        for outcome in builder.build(plan.modules):
            if isinstance(outcome, Compiled):
                results.compiled += 1
                if outcome.errors:
                    results.errors[outcome.module.name] = len(outcome.errors)
            else:
                results.failed[outcome.module.name] = str(outcome.error)
            pids = [process.pid for process in psutil.Process().children(recursive=True)]
            seen.update(pids)
            results.peak_bytes = max(results.peak_bytes, _resident(pids))
            results.seconds = time.monotonic() - started
            if plan.limit is not None and results.compiled + len(results.failed) >= plan.limit:
                break
        if not results.failed:
            results.goal_seconds, results.goal_bytes = _opened(plan, toolchain, builder)
    finally:
        builder.close()
        if not plan.kept:
            shutil.rmtree(cache, ignore_errors=True)
    results.processes = len(seen)
    return results


def _opened(plan: MathlibPlan, toolchain: EmbeddedToolchain, builder: Builder) -> tuple[float, int]:
    """Returns how long a new process takes to open a goal below the imports of a plan, and its memory."""
    imports = "".join(f"import {name}\n" for name in plan.modules)
    text = f"{imports}\ntheorem opened (n : Nat) : n + 0 = n := by\n  sorry\n"
    started = time.monotonic()
    with closing(LeanSession(toolchain, builder.search_path())) as session:
        session.sorries(SourceText(text, "Opened.lean", "Opened"), 0, len(text))
        return round(time.monotonic() - started, 1), _resident([session.start().pid])


def _resident(pids: Sequence[int]) -> int:
    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue
    return total
