"""The report of a run as plain values, for JSON: all figures, every problem, every trial."""

from dataclasses import asdict
from typing import Any

import msgspec

from prover.evaluate.calibration import forecasts
from prover.evaluate.results import Run, denominators, figures, overhead


def record(run: Run) -> dict[str, Any]:
    """Returns the content of the report. `verdicts` does not depend on the clock; `figures` does in part."""
    return {
        "manifest": msgspec.to_builtins(run.manifest),
        "outcomes": run.digest(),
        "denominators": asdict(denominators(run)),
        "figures": [{**asdict(figures(run, system)), "axioms": list(run.manifest.axioms)} for system in run.systems],
        "unproved": run.unproved(),
        "overhead": overhead(run),
        "forecasts": [asdict(forecast) for forecast in forecasts(run, run.systems[0])],
        "problems": [{**msgspec.to_builtins(problem), **_surveyed(run, problem.name)} for problem in run.problems],
        "verdicts": [
            {"problem": problem, "system": system, "pass": number, "outcome": outcome, "proof": proof}
            for problem, system, number, outcome, proof in run.verdicts()
        ],
        "trials": msgspec.to_builtins(run.trials),
    }


def _surveyed(run: Run, name: str) -> dict[str, Any]:
    line = run.survey.get(name)
    return (
        {} if line is None else {"status": line.status, "reason": line.reason, "key": line.key, "options": line.options}
    )
