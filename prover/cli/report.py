"""Prints the report of a run of `prove` as text."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from prover.app.report import GeneratorReport, Report, TheoremReport
from prover.cli.output import short_target
from prover.wording import counted

MAX_ERRORS_SHOWN = 5
"""The number of Lean's errors that are printed of a file."""
MAX_GOALS_SHOWN = 2
"""The number of goals that are printed of an open theorem."""


class ReportPrinter:
    """Prints the results of a run as they become known."""

    def __init__(self, console: Console, patches: bool) -> None:
        self._console = console
        self._patches = patches

    def theorem(self, theorem: TheoremReport) -> None:
        """Prints the result for a theorem: one line, then its proof and patch if it has one."""
        place = f"{theorem.file}:{theorem.line}" if theorem.line else theorem.file
        counts = f"{counted(theorem.expansions, 'expansion')}, {counted(theorem.tactics_run, 'tactic')}"
        if theorem.recalled:
            counts = "known from the database"
        gate = f"; gate {theorem.gate_seconds:.1f} s" if theorem.gate_seconds else ""
        cost = f"{theorem.seconds:.1f} s, {counts}{gate}"
        match theorem.status:
            case "proved" | "proved_given":
                given = f"given {', '.join(theorem.rests_on)}  " if theorem.rests_on else ""
                mark, style = ("(✓)", "yellow") if theorem.rests_on else ("✓", "green")
                self._line(mark, style, f"{theorem.theorem}  {place}  {given}({cost})")
                self._indented((theorem.proof or "").splitlines(), "bold")
                if theorem.found is not None:
                    before, after = len(theorem.found), len(theorem.proof or "")
                    self._indented([f"rewritten: {before} characters as found, {after} now"], "dim")
                said = "proved given open theorems" if theorem.rests_on else "proved"
                self._indented([f"{said}: {theorem.verified}; {theorem.toolchain}"], "dim")
                self._indented([f"note: {remark}" for remark in theorem.remarks], "yellow")
                if self._patches and theorem.patch:
                    self._patch(theorem.patch)
            case "open":
                self._line("·", "yellow", f"{theorem.theorem}  {place}  open: {theorem.reason}  ({cost})")
                self._indented([f"stuck at {short_target(goal)}" for goal in theorem.stuck[:MAX_GOALS_SHOWN]], "dim")
                if theorem.facts:
                    self._indented(["it follows from", *theorem.facts, "by"], "")
                    self._indented((theorem.partial or "").splitlines(), "bold")
                if theorem.refused:
                    self._indented([f"a proof was refused: {theorem.refused}"], "red")
                if theorem.undecided:
                    self._indented([f"a proof was found but could not be checked: {theorem.undecided}"], "yellow")
            case "refuted":
                self._line("✗", "magenta", f"{theorem.theorem}  {place}  refuted: {theorem.reason}  ({cost})")
                self._indented(["a fresh Lean accepted this proof of the negation:"], "dim")
                self._indented((theorem.refutation or "").splitlines(), "dim")
            case "error":
                named, reason = theorem.theorem or place, theorem.reason or ""
                self._line("✗", "red", reason if reason.startswith(named) else f"{named}  {reason}")
                self._indented(theorem.messages[:MAX_ERRORS_SHOWN], "")
                if (more := len(theorem.messages) - MAX_ERRORS_SHOWN) > 0:
                    self._indented([f"and {counted(more, 'more error')}: `prover lean` prints all of a file"], "dim")

    def summary(self, report: Report) -> None:
        """Prints the number of theorems proved, and for several theorems also a table of generators."""
        if len(report.theorems) > 1 and any(row.tried for row in report.generators.values()):
            self._console.print(_table(report.generators))
        proved = sum(theorem.status == "proved" for theorem in report.theorems)
        total = sum(bool(theorem.theorem) for theorem in report.theorems)
        broken = sum(not theorem.theorem for theorem in report.theorems)
        files = f"; {counted(broken, 'file')} with errors" if broken else ""
        given = sum(theorem.status == "proved_given" for theorem in report.theorems)
        further = f", {given} more given open theorems" if given else ""
        refuted = sum(theorem.status == "refuted" for theorem in report.theorems)
        false = f", {refuted} refuted" if refuted else ""
        end = ", interrupted" if report.interrupted else ""
        self._console.print(f"{proved} of {total} proved{further}{false}{files}{end}")
        if report.run is not None and self._patches and proved + given > 1:
            self._console.print(f"`prover apply {report.run}` writes them into the files", style="dim", markup=False)

    def _line(self, mark: str, style: str, text: str) -> None:
        self._console.print(f"[{style}]{mark}[/] ", end="")
        self._console.print(text, markup=False)

    def _indented(self, texts: Sequence[str], style: str) -> None:
        for line in (line for text in texts for line in text.splitlines()):
            self._console.print(f"    {line}", style=style or None, markup=False)

    def _patch(self, patch: str) -> None:
        if self._console.is_terminal:
            self._console.print(Syntax(patch, "diff", background_color="default"))
        else:
            self._console.file.write(patch)  # `print` would leave out the CR of a line end


def _table(generators: Mapping[str, GeneratorReport]) -> Table:
    table = Table("generator", "proposed", "tried", "valid", "on a proof", "seconds", box=None)
    for name, row in generators.items():
        share = f"{row.valid} ({row.valid / row.tried:.0%})" if row.tried else "0"
        table.add_row(name, str(row.proposed), str(row.tried), share, str(row.used), f"{row.seconds:.1f}")
    return table
