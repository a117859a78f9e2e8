"""`prover report lifelong`: the results of courses, as Markdown, JSON and a page with curves."""

from pathlib import Path

import click

from prover.app.reporting import write_lifelong_report


@click.group("report")
def command() -> None:
    """Report on what was learned."""


@command.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A directory; made if needed."
)
@click.option("--course", "courses", multiple=True, help="The id of a course, or its beginning; all by default.")
def lifelong(out: Path, courses: tuple[str, ...]) -> None:
    """Report on courses of learning: metrics with intervals, theorems, curves."""
    count = write_lifelong_report(out, courses)
    click.echo(f"wrote {out}/report.md, report.json, report.html: {count} courses")
