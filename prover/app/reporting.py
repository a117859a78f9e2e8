"""Writes the report on courses of learning."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prover.app.environment import database
from prover.errors import NotWritable, RunError
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from curriculum.lifelong.report import ReportedCourse


def write_lifelong_report(out: Path, uids: Sequence[str]) -> int:
    """Writes report.md, report.json and report.html into a directory, and returns the number of courses in them.

    Args:
        uids: the ids of courses, or their beginnings; all courses if empty.

    Raises:
        RunError: there is no such course.
        NotWritable: the directory cannot be written.
    """
    from curriculum.lifelong.report import curves, markdown, values
    from prover.evaluate.page import page
    from prover.evaluate.plots import curves_drawn

    courses = _courses(tuple(uids))
    text = markdown(courses)
    pictures = []
    for learner in sorted({name for each in courses for name in each.summary.performance}):
        if drawn := curves(courses, learner):
            caption = f"{learner}: average performance on the repositories learned so far, after each one."
            pictures.append((caption, curves_drawn(drawn, "repositories learned", "average performance")))
    try:
        write_atomically(out / "report.md", text)
        write_atomically(out / "report.json", json.dumps(values(courses), ensure_ascii=False, indent=1))
        write_atomically(out / "report.html", page("Lifelong learning", text, pictures))
    except OSError as error:
        raise NotWritable(f"{out} cannot be written ({error.strerror}): choose another directory.") from None
    return len(courses)


def _courses(uids: tuple[str, ...]) -> "list[ReportedCourse]":
    """Returns the courses that were asked for and have something to report, the oldest first."""
    from curriculum.database.courses import course_settings, courses, finished_steps
    from curriculum.lifelong.report import ReportedCourse
    from curriculum.lifelong.summary import summary_of

    with database() as db, db.reading() as connection:
        found = [
            ReportedCourse(c.uid, c.status, course_settings(connection, c.run), summary)
            for c in courses(connection)[::-1]
            if (not uids or c.uid.startswith(uids)) and (summary := summary_of(finished_steps(connection, c.run))).order
        ]
    if not found:
        raise RunError("There is no such course with anything to report: `prover learn` makes one.")
    return found
