"""What courses came to, side by side, as Markdown and as values. Reads no database, draws nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from curriculum.lifelong.summary import CourseSummary
from curriculum.metrics import METRICS, Outcomes
from prover.evaluate.statistics import mcnemar
from retrieval.statistics import Interval

MEASURED = {"ranker": "R@10 of premises", "generator": "hit@8 of first tactics"}


@dataclass(frozen=True)
class ReportedCourse:
    """A course, and how it was taken."""

    uid: str
    status: str
    settings: dict[str, Any]
    """of its syllabus and its workshop"""
    summary: CourseSummary

    @property
    def title(self) -> str:
        """What tells it from others."""
        order = self.settings.get("order", "?") + (", reversed" if self.settings.get("reverse") else "")
        learners = "".join(f"{name}, " for name in self.settings.get("learners", []))
        return f"{learners}{self.settings.get('strategy', '?')}, {order}, seed {self.settings.get('seed', '?')}"


def values(courses: Sequence[ReportedCourse]) -> list[dict[str, Any]]:
    """Everything that the report shows, for programs."""
    return [
        {
            "course": taken.uid,
            "status": taken.status,
            "settings": taken.settings,
            "order": list(taken.summary.order),
            "failed": taken.summary.failed,
            "metrics": {
                learner: {
                    name: {"estimate": _plain(i.estimate), "low": _plain(i.low), "high": _plain(i.high)}
                    for name, i in intervals(outcomes).items()
                }
                for learner, outcomes in taken.summary.performance.items()
            },
            "matrix": {
                learner: [[_plain(value) for value in row] for row in outcomes.matrix().rows]
                for learner, outcomes in taken.summary.performance.items()
            },
            "proved": {
                location: {
                    "baseline": [
                        sorted(name for name, won in proved.items() if won)
                        for proved in taken.summary.baseline.get(location, [])
                    ],
                    "rounds": [sorted(taken.summary.proved(location, n + 1)) for n in range(taken.summary.rounds)],
                }
                for location in taken.summary.order
            },
        }
        for taken in courses
    ]


def markdown(courses: Sequence[ReportedCourse]) -> str:
    """The report."""
    parts = ["# Lifelong learning\n", _courses(courses)]
    for learner in sorted({name for taken in courses for name in taken.summary.performance}):
        parts.append(_metrics(learner, [t for t in courses if learner in t.summary.performance]))
    parts += [_theorems(taken) for taken in courses if taken.summary.visits]
    parts += [_matrices(taken) for taken in courses]
    return "\n".join(parts)


def curves(courses: Sequence[ReportedCourse], learner: str) -> dict[str, list[float]]:
    """For each course the average performance of a learner after each repository."""
    found = {}
    for taken in courses:
        outcomes = taken.summary.performance.get(learner)
        if outcomes is not None and outcomes.rows:
            found[taken.title] = outcomes.matrix().averages()
    return found


def intervals(outcomes: Outcomes) -> dict[str, Interval]:
    """Every metric with its interval."""
    if not outcomes.rows:
        return {}
    return outcomes.intervals({metric.name: metric.compute for metric in METRICS})


def _courses(courses: Sequence[ReportedCourse]) -> str:
    lines = ["| course | repositories | left out | rounds | status |", "|---|---:|---:|---:|---|"]
    for taken in courses:
        s = taken.summary
        lines.append(f"| {taken.title} | {len(s.order)} | {len(s.failed)} | {s.rounds} | {taken.status} |")
    return "\n".join([*lines, ""])


def _metrics(learner: str, courses: Sequence[ReportedCourse]) -> str:
    what = MEASURED.get(learner, "hit@10 of first tactics")
    lines = [
        f"## {learner}: {what}\n",
        "Each with its 95% bootstrap interval over items; definitions in `curriculum/metrics.py`. ↑ more is better.\n",
        "| course | " + " | ".join(f"{m.name} {'↑' if m.higher_is_better else '↓'}" for m in METRICS) + " |",
        "|---|" + "---:|" * len(METRICS),
    ]
    for taken in courses:
        found = intervals(taken.summary.performance[learner])
        shown = [_shown(found[metric.name]) if found else "-" for metric in METRICS]
        lines.append(f"| {taken.title} | " + " | ".join(shown) + " |")
    return "\n".join([*lines, ""])


def _theorems(taken: ReportedCourse) -> str:
    summary = taken.summary
    heads = summary.heads()
    lines = [
        f"## Theorems proved: {taken.title}\n",
        "Rounds add up. Without learning: the same prover without memory, in one search with as many tactics as the "
        "rounds up to there have on average.\n",
        "| repository | tried | " + " | ".join(heads) + " |",
        "|---|" + "---:|" * (len(heads) + 1),
    ]
    for location in summary.order:
        lines.append("| " + " | ".join([location, str(summary.tried(location)), *summary.row(location)]) + " |")
    for n in range(1, summary.rounds + 1):
        made = [each for location in summary.order if (each := summary.gains(location, n)) is not None]
        if made:
            gained, lost = sum(len(each.gained) for each in made), sum(len(each.lost) for each in made)
            lines.append(
                f"\nUp to round {n}, against the prover without learning: {gained} gained, {lost} lost; "
                f"McNemar's exact p = {mcnemar(gained, lost):.3g}."
            )
    for location, names in summary.broken.items():
        lines.append(f"\nNo longer proved in {location}: {', '.join(names)}.")
    for location, why in summary.failed.items():
        lines.append(f"\nLeft out: {location}: {why}")
    return "\n".join([*lines, ""])


def _matrices(taken: ReportedCourse) -> str:
    lines = []
    for learner, outcomes in taken.summary.performance.items():
        matrix = outcomes.matrix()
        if not matrix.rows:
            continue
        lines += [
            f"## {learner}, task by checkpoint: {taken.title}\n",
            "Each row is a checkpoint, each column a repository in the order of learning.\n",
            "| after | " + " | ".join(str(n + 1) for n in range(len(matrix.tasks))) + " |",
            "|---|" + "---:|" * len(matrix.tasks),
        ]
        rows = [("nothing", matrix.before), *zip(matrix.tasks, matrix.rows, strict=False)]
        for name, row in rows:
            lines.append(f"| {name} | " + " | ".join(_number(value) for value in row) + " |")
        lines.append("")
    return "\n".join(lines)


def _shown(interval: Interval) -> str:
    if math.isnan(interval.estimate):
        return "-"
    return f"{interval.estimate:.3f} [{_number(interval.low)}, {_number(interval.high)}]"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
