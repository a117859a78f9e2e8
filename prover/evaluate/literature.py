"""Figures that the literature reports on the same benchmark, and the reasons why most are not comparable with a run."""

import json
from collections.abc import Iterator
from importlib.resources import files

import msgspec

from prover.evaluate.markdown import table
from prover.evaluate.results import Run, denominators


class Entry(msgspec.Struct, frozen=True):
    """A figure from the literature."""

    benchmark: str
    split: str
    """The split; empty if it is not reported, or there is none."""
    system: str
    share: float | None
    """The share of all problems of the split, from 0 to 1."""
    solved: int | None
    """The count, if a count is reported instead."""
    budget: str
    lean: str
    dataset: str
    """The commit; empty if it is not reported."""
    mathlib: bool
    source: str

    @property
    def figure(self) -> str:
        """Returns the share in percent, or the count."""
        return f"{self.share:.1%}" if self.share is not None else str(self.solved)


def entries() -> list[Entry]:
    """Returns all known figures."""
    text = (files("prover.evaluate") / "literature.json").read_text(encoding="utf-8")
    return msgspec.convert(json.loads(text)["entries"], list[Entry])


def obstacles(entry: Entry, run: Run) -> Iterator[str]:
    """Returns the reasons why a figure is not comparable with a run; none if it is."""
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
    if counts.not_tried or counts.surveyed < counts.all:
        yield "our run is not finished"
    if manifest.axioms:
        yield f"proofs may use {', '.join(manifest.axioms)}"
    if entry.budget != f"pass@{manifest.passes}":
        yield f"budget {entry.budget}"


def section(run: Run) -> str:
    """Returns the literature's figures as a section of a report; empty if none is known for the benchmark."""
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
