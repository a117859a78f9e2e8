"""Runs for the tests of what reads them: written by the journal, as the harness writes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from prover.evaluate.journal import Outcome, ProblemLine, RunLog, RunManifest, RunSegment, SurveyLine, Trial

NAMES = ("a", "b", "c", "d")


def manifest(**changes: object) -> RunManifest:
    """What a run is of, unless a test says otherwise."""
    system = {"generators": ["automation"], "order": "Σ log p", "width": 64, "seconds": 10.0, "expansions": None}
    fields: dict[str, object] = {
        "benchmark": "minif2f",
        "split": "valid",
        "source": "minif2f.jsonl",
        "commit": "5746b7d6",
        "digest": "0123",
        "problems": len(NAMES) + 1,
        "systems": ({"name": "prover", **system}, {"name": "fixed list", **system}),
        "passes": 1,
        "temperature": 0.0,
        "seed": 0,
        "toolchain": "Lean 4.28.0",
        **changes,
    }
    return RunManifest(**fields)  # type: ignore[arg-type]  # the names are the fields'


def problems() -> list[ProblemLine]:
    """Four that run, and one that does not."""
    return [ProblemLine(name, f"digest of {name}", f"theorem {name} : 1 = 1", "valid") for name in (*NAMES, "reals")]


def survey(journal: RunLog) -> None:
    """Looks at all problems."""
    for name in NAMES:
        journal.surveyed(SurveyLine(name, "runnable", key=name, notations=("ℕ",)))
    journal.surveyed(SurveyLine("reals", "not runnable", "Unknown identifier `ℝ`"))


def trial(problem: str, outcome: Outcome, system: str = "prover", number: int = 1, seconds: float = 1.0) -> Trial:
    """A trial with a proof, if it is one that proves."""
    proof = "omega" if outcome == "proved" else ""
    reason = "" if proof else "the budget is spent"
    by = ("automation",) if proof else ()
    did = {"elaboration": 2, "closed": 1}
    return Trial(problem, system, number, outcome, reason, proof, by=by, seconds=seconds, tactics=3, did=did)


def make_run(root: Path, outcomes: Mapping[str, Sequence[Outcome]], **changes: object) -> Path:
    """A finished run: for each system the outcomes of the four problems, pass after pass."""
    with RunLog(root, manifest(**changes), problems()) as journal:
        survey(journal)
        for system, results in outcomes.items():
            for index, outcome in enumerate(results):
                number = index // len(NAMES) + 1
                name = NAMES[index % len(NAMES)]
                proved = f"theorem {name} := by omega" if outcome == "proved" else ""
                journal.tried(
                    trial(name, outcome, system, number, 1.0 + index), [("goal", "omega", "closed", 5)], proved
                )
        journal.passed(RunSegment("2026-11-21T10:00:00", 100.0, 1, 8, attending=100.0, working=90.0, preparing=9.0))
    return root
