"""What a run found: as JSON for programs, as text for people."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from prover.attempt import Outcome, Task, TheoremFailed, TheoremOpen, TheoremProved
from prover.check.levels import verified
from prover.errors import NotWritable, ProverError
from prover.lean.toolchain.toolchain import Toolchain
from prover.project.layout import Repository
from prover.project.patch import replace as replace_in
from prover.project.patch import unified_diff
from prover.tactics.ensemble import Ensemble
from retrieval.files import write_atomically


@dataclass(frozen=True)
class TheoremReport:
    """What became of one theorem."""

    theorem: str
    file: str
    status: Literal["proved", "open", "error"]
    toolchain: str = ""
    statement: str = ""
    line: int = 0
    proof: str | None = None
    """the tactic text"""
    patch: str | None = None
    """a unified diff, relative to the repository"""
    axioms: tuple[str, ...] = ()
    verified: str | None = None
    """up to which level the gate checked it"""
    reason: str | None = None
    """why it is open, or what is wrong"""
    refused: str | None = None
    """why the gate refused a proof, if it refused one"""
    messages: tuple[str, ...] = ()
    seconds: float = 0.0
    expansions: int = 0
    tactics_run: int = 0
    model_tokens: int = 0
    """that a language model read and wrote"""
    model_cost: float = 0.0
    recalled: bool = False
    """the proof was in the database; nothing was searched"""

    @staticmethod
    def of_broken_file(file: str, error: ProverError) -> "TheoremReport":
        """A file whose theorems could not be listed."""
        return TheoremReport(theorem="", file=file, status="error", reason=str(error), messages=error.details)


@dataclass(frozen=True)
class GeneratorReport:
    """What a generator did in a run: tactics that it proposed, that were run, that Lean accepted, that stand in proofs;
    and the time that proposing took."""

    proposed: int
    tried: int
    valid: int
    used: int
    seconds: float


@dataclass
class Report:
    """What became of a run."""

    repository: str
    toolchain: str
    theorems: list[TheoremReport] = field(default_factory=list)
    interrupted: bool = False
    generators: dict[str, GeneratorReport] = field(default_factory=dict)
    """by name"""


def report_of(repository: Repository, task: Task, outcome: Outcome, toolchain: Toolchain) -> TheoremReport:
    """An outcome as it is reported."""
    declaration, source = task.declaration, task.source
    line = source.text.encode()[: declaration.selection].count(b"\n") + 1
    known = TheoremReport(
        declaration.name,
        source.file,
        "open",
        toolchain=toolchain.describe(),
        statement=declaration.statement,
        line=line,
        seconds=round(outcome.spent.seconds, 3),
        expansions=outcome.spent.expansions,
        tactics_run=outcome.spent.tactics,
        model_tokens=outcome.spent.asked.tokens,
        model_cost=round(outcome.spent.asked.cost, 6),
    )
    match outcome:
        case TheoremProved(proof, replacements, judgement):
            patch = unified_diff(source.file, source.text, replace_in(source.text, replacements))
            return replace(
                known,
                status="proved",
                proof=proof,
                patch=patch,
                axioms=judgement.axioms,
                verified=verified(judgement.level, judgement.axioms, judgement.library, judgement.kernels),
                recalled=outcome.recalled,
            )
        case TheoremOpen(reason, _, refused):
            return replace(known, reason=reason, refused=refused)
        case TheoremFailed(reason):
            return replace(known, status="error", reason=reason)


def tallied(ensemble: Ensemble) -> dict[str, GeneratorReport]:
    """What the generators of a run did."""
    return {
        name: GeneratorReport(tally.proposed, tally.tried, tally.valid, tally.used, round(tally.seconds, 3))
        for name, tally in ensemble.tallies.items()
    }


def write_json(report: Report, file: Path) -> None:
    """Writes the report as one JSON object with a list `theorems`.

    Raises:
        NotWritable: the file cannot be written.
    """
    text = json.dumps(asdict(report), ensure_ascii=False, indent=2) + "\n"
    if str(file) == "-":
        sys.stdout.write(text)
        return
    try:
        file.touch()  # a missing directory is a mistake: it is not created
        write_atomically(file, text)
    except OSError as error:
        raise NotWritable(f"{file} cannot be written ({error.strerror}): choose another place for --json.") from None


class ReportPrinter:
    """Prints a run as it goes."""

    def __init__(self, console: Console, patches: bool) -> None:
        self._console = console
        self._patches = patches

    def theorem(self, theorem: TheoremReport) -> None:
        """One theorem: a line, then its proof and patch if it has one."""
        place = f"{theorem.file}:{theorem.line}" if theorem.line else theorem.file
        plural = "" if theorem.expansions == 1 else "s"
        cost = f"{theorem.seconds:.1f} s, {theorem.expansions} expansion{plural}, {theorem.tactics_run} tactics"
        if theorem.recalled:
            cost = f"{theorem.seconds:.1f} s, known from the database"
        match theorem.status:
            case "proved":
                self._line("✓", "green", f"{theorem.theorem}  {place}  ({cost})")
                self._indented((theorem.proof or "").splitlines(), "bold")
                self._indented([f"proved: {theorem.verified}; {theorem.toolchain}"], "dim")
                if self._patches and theorem.patch:
                    self._patch(theorem.patch)
            case "open":
                self._line("·", "yellow", f"{theorem.theorem}  {place}  open: {theorem.reason}  ({cost})")
                if theorem.refused:
                    self._indented([f"a proof was refused: {theorem.refused}"], "red")
            case "error":
                self._line("✗", "red", f"{theorem.theorem or place}  {theorem.reason}")
                self._indented(theorem.messages, "")

    def summary(self, report: Report) -> None:
        """How many theorems were proved, and what each generator did where there was more than one theorem."""
        if len(report.theorems) > 1 and any(row.tried for row in report.generators.values()):
            self._console.print(_table(report.generators))
        proved = sum(theorem.status == "proved" for theorem in report.theorems)
        total = sum(bool(theorem.theorem) for theorem in report.theorems)
        self._console.print(f"{proved} of {total} proved{', interrupted' if report.interrupted else ''}")

    def _line(self, mark: str, style: str, text: str) -> None:
        self._console.print(f"[{style}]{mark}[/] ", end="")
        self._console.print(text, markup=False)

    def _indented(self, lines: Sequence[str], style: str) -> None:
        for line in lines:
            self._console.print(f"    {line}", style=style or None, markup=False)

    def _patch(self, patch: str) -> None:
        if self._console.is_terminal:
            self._console.print(Syntax(patch, "diff", background_color="default"))
        else:
            self._console.print(patch, end="", markup=False)


def _table(generators: Mapping[str, GeneratorReport]) -> Table:
    table = Table("generator", "proposed", "tried", "valid", "on a proof", "seconds", box=None)
    for name, row in generators.items():
        share = f"{row.valid} ({row.valid / row.tried:.0%})" if row.tried else "0"
        table.add_row(name, str(row.proposed), str(row.tried), share, str(row.used), f"{row.seconds:.1f}")
    return table
