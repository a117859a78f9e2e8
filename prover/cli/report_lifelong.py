"""`prover report lifelong`: what courses of learning came to, as Markdown, JSON and a page with curves."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.app.environment import database
from prover.errors import NotWritable, RunError

if TYPE_CHECKING:
    from curriculum.lifelong.report import ReportedCourse


@click.group("report")
def command() -> None:
    """Report on what was learnt."""


@command.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A directory; made if needed."
)
@click.option("--course", "courses", multiple=True, help="The id of a course, or its beginning; all by default.")
def lifelong(out: Path, courses: tuple[str, ...]) -> None:
    """Report on courses of learning: metrics with intervals, theorems, curves."""
    from curriculum.lifelong.report import curves, markdown, values
    from prover.evaluate.page import page
    from prover.evaluate.plots import curves_drawn

    taken = _taken(courses)
    text = markdown(taken)
    learners = sorted({name for each in taken for name in each.summary.performance})
    pictures = []
    for learner in learners:
        if drawn := curves(taken, learner):
            caption = f"{learner}: average performance on the repositories learnt so far, after each one."
            pictures.append((caption, curves_drawn(drawn, "repositories learnt", "average performance")))
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.md").write_text(text, encoding="utf-8")
        (out / "report.json").write_text(json.dumps(values(taken), ensure_ascii=False, indent=1), encoding="utf-8")
        (out / "report.html").write_text(page("Lifelong learning", text, pictures), encoding="utf-8")
    except OSError as error:
        raise NotWritable(f"{out} cannot be written ({error.strerror}): choose another directory.") from None
    click.echo(f"wrote {out}/report.md, report.json, report.html: {len(taken)} courses")


def _taken(wanted: tuple[str, ...]) -> "list[ReportedCourse]":
    """The courses asked for, the oldest first.

    Raises:
        RunError: there are none.
    """
    from curriculum.database.courses import course_settings, courses, finished_steps
    from curriculum.lifelong.report import ReportedCourse
    from curriculum.lifelong.summary import summary_of

    with database() as db, db.reading() as connection:
        found = [c for c in courses(connection)[::-1] if not wanted or c.uid.startswith(wanted)]
        taken = [
            ReportedCourse(
                c.uid, c.status, course_settings(connection, c.run), summary_of(finished_steps(connection, c.run))
            )
            for c in found
        ]
    if not taken:
        raise RunError("There is no such course with anything to report: `prover learn` makes one.")
    return taken
