"""Fits the weights of the fused ranking on some traced repositories, and compares the rankings on others.

Run as `python -m benchmarks.fusion --fit DATABASE… --test DATABASE…`. What it prints belongs into
`retrieval/retriever.py`; the comparison is written to `benchmarks/results/fusion.json`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.workload import CHECKOUT, conditions
from curriculum.database.database import Database
from curriculum.database.loading import latest_snapshots, modules_of
from prover.app.environment import embedded_toolchain
from prover.app.premise_needs import needs_of, spread
from prover.app.premises import library_index, traced_index
from prover.app.retrieval import RANKINGS, measure_ranking
from prover.progress import Reporter
from prover.project.library import DEFAULT_ROOTS
from retrieval.evaluate import Needed
from retrieval.fit import fit, ranked
from retrieval.retriever import Retriever

FEWEST = 20
"""The smallest number of goals of a repository that is used."""
RESULT = CHECKOUT / "benchmarks" / "results" / "fusion.json"


def repositories(
    files: Sequence[Path], library: Retriever, left_out: str | None, limit: int
) -> Iterator[tuple[str, Retriever, list[Needed]]]:
    """The traced repositories, with goals of their proofs."""
    for file in files:
        with Database(file) as database:
            with database.reading() as connection:
                snapshots = latest_snapshots(connection)
            for location, snapshot in snapshots.items():
                if left_out and left_out in location:
                    continue
                retriever = traced_index(database, snapshot, library)
                with database.reading() as connection:
                    modules = list(modules_of(connection, snapshot))
                goals = [need for module in modules for need in needs_of(module, retriever.corpus)]
                print(f"{location}: {len(goals)} goals", file=sys.stderr)
                if len(goals) >= FEWEST:
                    yield location, retriever, spread(goals, limit)


def main() -> None:
    """Fits, compares, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", nargs="+", type=Path, required=True)
    parser.add_argument("--test", nargs="+", type=Path, required=True)
    parser.add_argument("--left-out", help="part of the locations that are not fitted to")
    parser.add_argument("--limit", type=int, default=300, help="goals of each repository")
    given = parser.parse_args()
    toolchain = embedded_toolchain(Reporter(print))
    library = library_index(toolchain, DEFAULT_ROOTS, Reporter(print))
    groups = [ranked(r, goals) for _, r, goals in repositories(given.fit, library, given.left_out, given.limit)]
    best, reached = fit(groups)
    print(f"fitted on {len(groups)} repositories: R@10 {reached:.3f}, {best}")
    rows = []
    for location, retriever, goals in repositories(given.test, library, None, 3 * given.limit):
        whole = retriever.weighed(best.weights, best.prior)
        for way in RANKINGS:
            row = measure_ranking(whole, way, goals, 0)
            ten = row.figures["R@10"]
            print(f"{Path(location).name} {way}: R@10 {ten.estimate:.3f} ({ten.low:.3f} to {ten.high:.3f})")
            rows.append({"repository": Path(location).name, "goals": len(goals), **row.as_json()})
    found = {"conditions": conditions(toolchain), "fitted": asdict(best), "rows": rows}
    RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
