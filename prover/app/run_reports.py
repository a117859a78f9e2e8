"""Finds the runs of evaluations, and writes reports on them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from prover.app.environment import database, home
from prover.errors import RunError
from prover.evaluate.calibration import calibration_section
from prover.evaluate.contamination import Overlap, contamination_section, corpus_of
from prover.evaluate.journal import read_manifest, read_proofs
from prover.evaluate.literature import section
from prover.evaluate.loading import statements
from prover.evaluate.markdown import report, title
from prover.evaluate.record import record
from prover.evaluate.results import Run
from prover.evaluate.variants import robustness_section
from prover.progress import Notify
from retrieval.files import write_atomically


def new_run_directory(name: str, split: str) -> Path:
    """Returns the directory for a new run of a benchmark, whose name contains the time."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    return home().root / "evaluations" / "-".join(filter(None, [Path(name).name, split.replace("/", "-"), stamp]))


def find_run(text: str) -> Path:
    """Returns the directory of a run, by its path or by its name in the user's directory.

    Raises:
        RunError: There is no such run.
    """
    for path in (Path(text).expanduser(), home().root / "evaluations" / text):
        if path.is_dir():
            return path
    raise RunError(f"There is no run {text}: give the directory that --out named.")


def find_proof(root: Path, problem: str, system: str) -> str:
    """Returns the file with which a system proved a problem of a run first.

    Raises:
        RunError: The directory is not a run, or has no such proof.
    """
    read_manifest(root)
    proofs = {number: file for (name, by, number), file in read_proofs(root).items() if (name, by) == (problem, system)}
    if not proofs:
        raise RunError(f"{root} has no proof of {problem} by {system}: `prover eval report {root}` lists what it has.")
    return proofs[min(proofs)]


def run_report(run: Run, against: Sequence[Path] = (), memory: bool = False) -> str:
    """Returns the report on a run, as Markdown.

    Args:
        against: JSON Lines files, or directories of Lean files, with statements of training data; the results are
            split by the overlap of each statement with them.
        memory: Count the statements that the database has a proof of as training data, too.
    """
    return report(run, _sections(run, _contamination(run, against, memory) if against or memory else ""))


def write_reports(run: Run, notify: Notify) -> None:
    """Writes report.md and report.json into the directory of a run."""
    write_atomically(run.root / "report.md", run_report(run).encode())
    write_atomically(run.root / "report.json", msgspec.json.format(msgspec.json.encode(record(run)), indent=1) + b"\n")
    notify(f"wrote {run.root / 'report.md'} and report.json")


def write_page(run: Run, text: str) -> Path:
    """Writes a report as a page with plots into the directory of its run, and returns the file."""
    from prover.evaluate.page import page
    from prover.evaluate.plots import plots

    file = run.root / "report.html"
    write_atomically(file, page(title(run), text, plots(run)).encode())
    return file


def _sections(run: Run, contamination: str) -> list[str]:
    """Returns the sections of a report that depend on the run."""
    return [robustness_section(run), contamination, calibration_section(run), section(run)]


def _contamination(run: Run, against: Sequence[Path], memory: bool) -> str:
    """Returns the results by overlap with training data.

    A statement that the database has a proof of counts as renamed, because the database's keys ignore names.
    """
    corpus = corpus_of(pair for path in against for pair in statements(path))
    overlaps = {problem.name: corpus.overlap(problem.statement) for problem in run.problems}
    for name in _proved_before(run) if memory else ():
        if overlaps[name].degree in ("near", "none"):
            overlaps[name] = Overlap("renamed", "the database", 1.0)
    sources = [*(path.name for path in against), *(["what the database has proved"] if memory else [])]
    return contamination_section(run, overlaps, " and ".join(sources))


def _proved_before(run: Run) -> list[str]:
    """Returns the names of the problems whose statements the database has proofs of."""
    from curriculum.database.history import proofs_of

    keys = {name: line.key for name, line in run.survey.items() if line.key}
    with database() as db:
        return db.perform(lambda work: [name for name, key in keys.items() if proofs_of(work.connection, key)])
