"""Reports on courses side by side, as Markdown and as values. Reads no database, draws nothing."""

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
    """A course with its settings and its results."""

    uid: str
    status: str
    settings: dict[str, Any]
    """The settings of the course and of its executor."""
    summary: CourseSummary

    @property
    def title(self) -> str:
        """A title that distinguishes it from other courses."""
        order = self.settings.get("order", "?") + (", reversed" if self.settings.get("reverse") else "")
        learners = "".join(f"{name}, " for name in self.settings.get("learners", []))
        return f"{learners}{self.settings.get('strategy', '?')}, {order}, seed {self.settings.get('seed', '?')}"


def values(courses: Sequence[ReportedCourse]) -> list[dict[str, Any]]:
    """Returns everything that the report shows, as JSON values."""
    return [
        {
            "course": course.uid,
            "status": course.status,
            "settings": course.settings,
            "order": list(course.summary.order),
            "failed": course.summary.failed,
            "metrics": {
                learner: {
                    name: {"estimate": _plain(i.estimate), "low": _plain(i.low), "high": _plain(i.high)}
                    for name, i in intervals(outcomes).items()
                }
                for learner, outcomes in course.summary.performance.items()
            },
            "matrix": {
                learner: [[_plain(value) for value in row] for row in outcomes.matrix().rows]
                for learner, outcomes in course.summary.performance.items()
            },
            "proved": {
                location: {
                    "baseline": [
                        sorted(name for name, won in proved.items() if won)
                        for proved in course.summary.baseline.get(location, [])
                    ],
                    "rounds": [sorted(course.summary.proved(location, n + 1)) for n in range(course.summary.rounds)],
                }
                for location in course.summary.order
            },
        }
        for course in courses
    ]


def markdown(courses: Sequence[ReportedCourse]) -> str:
    """Returns the report as Markdown."""
    parts = ["# Lifelong learning\n", _courses(courses)]
    for learner in sorted({name for course in courses for name in course.summary.performance}):
        parts.append(_metrics(learner, [t for t in courses if learner in t.summary.performance]))
    parts += [_theorems(course) for course in courses if course.summary.visits]
    parts += [_matrices(course) for course in courses]
    return "\n".join(parts)


def curves(courses: Sequence[ReportedCourse], learner: str) -> dict[str, list[float]]:
    """Returns for each course the average performance of a learner after each repository."""
    found = {}
    for course in courses:
        outcomes = course.summary.performance.get(learner)
        if outcomes is not None and outcomes.rows:
            found[course.title] = outcomes.matrix().averages()
    return found


def intervals(outcomes: Outcomes) -> dict[str, Interval]:
    """Returns every metric with its interval."""
    if not outcomes.rows:
        return {}
    return outcomes.intervals({metric.name: metric.compute for metric in METRICS})


def _courses(courses: Sequence[ReportedCourse]) -> str:
    lines = ["| course | repositories | left out | rounds | status |", "|---|---:|---:|---:|---|"]
    for course in courses:
        s = course.summary
        lines.append(f"| {course.title} | {len(s.order)} | {len(s.failed)} | {s.rounds} | {course.status} |")
    return "\n".join([*lines, ""])


def _metrics(learner: str, courses: Sequence[ReportedCourse]) -> str:
    what = MEASURED.get(learner, "hit@10 of first tactics")
    lines = [
        f"## {learner}: {what}\n",
        "Each with its 95% bootstrap interval over items, defined in `curriculum/metrics.py`. ↑: higher is better.\n",
        "| course | " + " | ".join(f"{m.name} {'↑' if m.higher_is_better else '↓'}" for m in METRICS) + " |",
        "|---|" + "---:|" * len(METRICS),
    ]
    for course in courses:
        found = intervals(course.summary.performance[learner])
        shown = [_shown(found[metric.name]) if found else "-" for metric in METRICS]
        lines.append(f"| {course.title} | " + " | ".join(shown) + " |")
    return "\n".join([*lines, ""])


def _theorems(course: ReportedCourse) -> str:
    summary = course.summary
    heads = summary.heads()
    lines = [
        f"## Theorems proved: {course.title}\n",
        "Rounds are cumulative. Without learning: the same prover without memory, in one search with the tactics that "
        "the rounds up to that one have on average.\n",
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


def _matrices(course: ReportedCourse) -> str:
    lines = []
    for learner, outcomes in course.summary.performance.items():
        matrix = outcomes.matrix()
        if not matrix.rows:
            continue
        lines += [
            f"## {learner}, task by checkpoint: {course.title}\n",
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
