"""Makes copies of repositories in which half of the theorems have lost their tactic proof: something to prove, and
something to learn from, in repositories that nobody left unfinished.

Run as `python -m benchmarks.half_open --out DIRECTORY [--limit N] REPOSITORY…`. Which theorems are opened depends on
their names only (`benchmarks.memory.attempted`); prints each copy's path, and on stderr how many were opened.
"""

import argparse
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.memory import attempted
from benchmarks.workload import spread, traced
from prover.app.workspace import Workspace
from prover.lean.traced import TracedModule
from prover.progress import Reporter
from prover.project.patch import Replacement, replace

SKIPPED = (".git", ".lake", "build", "node_modules")


def copied(repository: str, out: Path, limit: int | None) -> tuple[Path, int]:
    """The copy of one repository, and how many theorems are open in it, at most `limit`."""
    with Workspace.open(repository, "auto", Reporter(lambda text: print(text, file=sys.stderr)), 2) as ready:
        found = [pair for pair in _openable(ready) if attempted(pair[1])]
        root = ready.repository.root
        copy = out / ready.checkout.name
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*SKIPPED))
        changes: dict[Path, list[Replacement]] = defaultdict(list)
        chosen = spread(found, limit)
        for file, _, change in chosen:
            changes[file].append(change)
        for file, mine in changes.items():
            place = copy / file.relative_to(root)
            place.write_text(replace(place.read_text(encoding="utf-8"), mine), encoding="utf-8")
    return copy, len(chosen)


def _openable(ready: Workspace) -> Iterator[tuple[Path, str, Replacement]]:
    """File, name and change of every theorem whose proof is a tactic block, in modules without errors."""
    for outcome, module in traced(ready.builder, ready.repository):
        for name, change in _proofs(module, outcome.module.path) if not outcome.errors else ():
            yield outcome.module.path, name, change


def _proofs(module: TracedModule, file: Path) -> Iterator[tuple[str, Replacement]]:
    text = file.read_bytes()
    first: dict[str, int] = {}
    for step in module.steps:
        first[step.declaration] = min(step.start, first.get(step.declaration, step.start))
    for declared in module.declarations:
        start = first.get(declared.name)
        if declared.kind != "theorem" or declared.proof != "tactic" or declared.incomplete or start is None:
            continue
        if text[declared.start : start].rstrip().endswith(b":= by"):
            yield declared.name, Replacement(start, declared.stop, "sorry")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("repositories", nargs="+")
    given = parser.parse_args()
    for repository in given.repositories:
        copy, count = copied(repository, given.out, given.limit)
        print(f"{count} theorems opened", file=sys.stderr)
        print(copy)


if __name__ == "__main__":
    main()
