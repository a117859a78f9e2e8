"""What others report on the same benchmark, and whether it may stand beside a run: mostly it may not, and why."""

import json
from collections.abc import Iterator
from importlib.resources import files

import msgspec

from prover.evaluate.markdown import table
from prover.evaluate.results import Run, denominators


class Entry(msgspec.Struct, frozen=True):
    """A figure of the literature."""

    benchmark: str
    split: str
    """empty where it is not said, or there is none"""
    system: str
    share: float | None
    """of all problems of the split"""
    solved: int | None
    """where a count is reported instead"""
    budget: str
    lean: str
    dataset: str
    """the commit; empty where it is not said"""
    mathlib: bool
    source: str

    @property
    def figure(self) -> str:
        """The share in percent, or the count."""
        return f"{self.share:.1%}" if self.share is not None else str(self.solved)


def entries() -> list[Entry]:
    """All figures that are known."""
    text = (files("prover.evaluate") / "literature.json").read_text(encoding="utf-8")
    return msgspec.convert(json.loads(text)["entries"], list[Entry])


def obstacles(entry: Entry, run: Run) -> Iterator[str]:
    """Why a figure is not comparable with a run; nothing when it is."""
    manifest, counts = run.manifest, denominators(run)
    if entry.split and entry.split != manifest.split:
        yield f"split {entry.split}"
    if entry.lean != "Lean 4":
        yield entry.lean
    if not entry.dataset:
        yield "dataset commit not said"
    elif not manifest.commit.startswith(entry.dataset):
        yield f"dataset commit {entry.dataset}"
    if counts.runnable < counts.all:
        yield f"{counts.all - counts.runnable} of our problems do not run without Mathlib"
    if entry.budget != f"pass@{manifest.passes}":
        yield f"budget {entry.budget}"


def section(run: Run) -> str:
    """The literature's figures as a section of a report; empty for a benchmark of which none is known."""
    known = [entry for entry in entries() if entry.benchmark == run.manifest.benchmark]
    if not known:
        return ""
    rows = []
    for entry in known:
        why = "; ".join(obstacles(entry, run))
        rows.append([entry.system, entry.split or "all", entry.figure, entry.budget, why or "comparable", entry.source])
    lines = [
        "## The literature",
        "",
        "As others report it; nothing of it was run here. Comparable is what agrees in dataset, library and budget.",
        "",
        *table(["system", "split", "figure", "budget", "comparable with this run?", "read in"], rows),
    ]
    return "\n".join(lines)
