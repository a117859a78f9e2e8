"""`prover check`: judges one proof of a repository, or audits all of it."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from prover.app.environment import home
from prover.app.locating import Located, locate
from prover.app.workspace import Workspace
from prover.attempt import Task
from prover.check.audit import FileAudit, FileFinding, audit
from prover.check.challenge import challenge_directory
from prover.check.gate import Accepted, Gate, Judgement, Refused
from prover.check.levels import HIGHEST_LEVEL, Level, passed, refused, verified
from prover.check.proof_text import ProofText, submission_of, unchanged
from prover.check.sanity import findings
from prover.cli.main import EXIT_REFUSED
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import LeanError, RequestRefused, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.isolation import isolation_of
from prover.lean.pool import Pool
from prover.lean.session import State
from prover.lean.toolchain.choose import ToolchainChoice
from prover.project.build import source_of
from prover.project.layout import Module
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.automation import Automation
from prover.tactics.ensemble import Ensemble
from prover.tactics.generator import TheoremRef
from prover.tactics.structure import Structure

SANITY = (Automation(), Structure())
"""what looks for contradictions in a statement"""
SANITY_SECONDS = 5.0
"""for each question"""


@dataclass(frozen=True)
class Checked:
    """What became of one proof; also what `--json` prints."""

    theorem: str
    file: str
    line: int
    """from 1"""
    accepted: bool
    level: int
    """the highest level that it reached"""
    levels: tuple[Level, ...]
    toolchain: str
    reason: str | None = None
    """why it was refused"""
    axioms: tuple[str, ...] = ()
    library: int = 0
    """library declarations taken on trust"""
    kernels: tuple[str, ...] = ()
    """by what it was replayed"""
    findings: tuple[str, ...] = ()
    """what is suspect about the statement"""
    isolation: str = ""
    """what Lean's processes were held to"""
    messages: tuple[str, ...] = field(default=())
    """Lean's, as `lean` prints them"""
    seconds: float = 0.0

    def json(self) -> dict[str, Any]:
        """For programs; each level with its name."""
        levels = [{"level": e.number, "name": e.name, "state": e.state, "reason": e.reason} for e in self.levels]
        return {**asdict(self), "levels": levels}


@click.command("check")
@repo_option
@click.option("--theorem", help="Full name of the theorem whose proof is judged.")
@click.option("--all", "everything", is_flag=True, help="Audit every file: axioms, sorries, suspicious sources.")
@click.option("--proof", "proof_file", help="A file with the tactic block that takes the proof's place (- for stdin).")
@click.option("--term", is_flag=True, help="With --proof: the file holds a term.")
@click.option(
    "--level", type=click.IntRange(1, HIGHEST_LEVEL), default=HIGHEST_LEVEL, show_default=True, help="How far to look."
)
@click.option("--strict", is_flag=True, help="With --all: what is only suspicious is refused too.")
@jobs_option
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    repo: str,
    theorem: str | None,
    everything: bool,
    proof_file: str | None,
    term: bool,
    level: int,
    strict: bool,
    jobs: int,
    toolchain_choice: ToolchainChoice,
    as_json: bool,
) -> int:
    """Judge the proof of a theorem, its own or one that is handed in; or audit a whole repository.

    Exit status: 0 accepted, 2 wrong usage or input, 3 refused.
    """
    if (theorem is not None) == everything or (everything and proof_file) or (term and not proof_file):
        raise UsageError("Say what to check: --theorem NAME [--proof FILE [--term]], or --all.")
    proof = ProofText(read_text(proof_file), term) if proof_file is not None else None
    out = consoles()[0]
    with (
        Workspace.open(repo, toolchain_choice, reporter(), jobs) as ready,
        Pool(ready.toolchain, ready.builder.search_path(), 1) as pool,
    ):
        if theorem is None:
            return _audit_all(ready, pool, jobs, strict, out, as_json)
        checked = _check(ready, pool, theorem, proof, level)
    print_json(checked.json()) if as_json else print_checked(out, checked)
    return 0 if checked.accepted else EXIT_REFUSED


def read_text(file: str) -> str:
    """The text of a file that the user named, or standard input.

    Raises:
        UsageError: it cannot be read, or is not UTF-8.
    """
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).expanduser().read_bytes()
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 (byte {error.start}): convert it first.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}): check the path.") from None


def _check(ready: Workspace, pool: Pool, name: str, proof: ProofText | None, level: int) -> Checked:
    started = time.monotonic()
    with pool.lend() as session:
        located = locate(ready, session, name)
        source, declaration = located.source, located.declaration
        try:
            sorry_goal = session.statement(source, declaration.selection)
        except RequestRefused as error:
            raise UsageError(f"{name} has no proof that could be judged ({error}): name a theorem.") from None
    submission = (
        unchanged(source, declaration, sorry_goal)
        if proof is None
        else submission_of(source, declaration, sorry_goal, proof)
    )
    kept = challenge_directory(home().caches, ready.toolchain, ready.builder.search_path())
    judgement = Gate(pool.fresh, kept).judge(submission, level)
    found: tuple[str, ...] = ()
    if level == HIGHEST_LEVEL:
        with pool.lend() as session:
            search = _brief_search(Task(source, declaration).ref())
            found = tuple(findings(session, source, declaration.selection, search))
        if isinstance(judgement, Accepted):
            judgement = replace(judgement, level=HIGHEST_LEVEL)
    return replace(_checked(ready, located, judgement), findings=found, seconds=round(time.monotonic() - started, 3))


def _brief_search(theorem: TheoremRef) -> Callable[[LeanSession, State], Sequence[Sequence[str]]]:
    """Returns a search for proofs of states of a theorem, within `SANITY_SECONDS` each."""

    def scripts(session: LeanSession, state: State) -> Sequence[Sequence[str]]:
        generator = Ensemble(SANITY, frozen=True).for_theorem(theorem)
        result = BestFirstSearch(session, state, generator, Strategy(), Budget(SANITY_SECONDS)).run()
        return result.scripts if isinstance(result, Proved) else ()

    return scripts


def _checked(ready: Workspace, located: Located, judgement: Judgement) -> Checked:
    source, declaration = located.source, located.declaration
    line = source.text.encode()[: declaration.selection].count(b"\n") + 1
    toolchain = ready.toolchain.describe()
    kernels: tuple[str, ...] = ()
    match judgement:
        case Accepted(axioms, library, level, messages, kernels):
            levels, reason = passed(level), None
        case Refused(reason, messages, failed, compiled):
            level, axioms, library = (failed - 1 if compiled else 0), (), 0
            levels = refused(failed, reason, compiled)
    return Checked(
        declaration.name, source.file, line, reason is None, level, levels, toolchain, reason, axioms, library, kernels,
        isolation=isolation_of(ready.toolchain).describe(), messages=tuple(m.printed.rstrip() for m in messages),
    )  # fmt: skip


def print_checked(out: Console, checked: Checked) -> None:
    """One proof, for people: up to which level it holds, and by which toolchain."""
    mark, style = ("✓", "green") if checked.accepted else ("✗", "red")
    out.print(f"[{style}]{mark}[/] ", end="")
    out.print(f"{checked.theorem}  {checked.file}:{checked.line}  ({checked.seconds:.1f} s)", markup=False)
    for finding in checked.findings:
        out.print(f"    look at the statement: {finding}", markup=False)
    if checked.accepted:
        said = verified(checked.level, checked.axioms, checked.library, checked.kernels)
    else:
        failed = next(level for level in checked.levels if level.state == "refused")
        said = f"refused at level {failed.number} ({failed.name}): {checked.reason}"
        for message in checked.messages:
            out.print(f"    {message}", markup=False)
    out.print(f"    {said}; {checked.toolchain}", markup=False)


def _audit_all(ready: Workspace, pool: Pool, jobs: int, strict: bool, out: Console, as_json: bool) -> int:
    def one(module: Module) -> FileAudit:
        file = ready.repository.relative(module)
        try:
            ready.builder.prepare(module)
            return audit(pool.fresh, source_of(ready.repository, module))
        except (UsageError, LeanError) as error:
            return FileAudit(file, (FileFinding(1, str(error), refused=True),), 0, compiled=False)

    with ThreadPoolExecutor(jobs) as executor:
        audits = list(executor.map(one, ready.repository.modules.values()))
    report_audits(out, audits, ready.toolchain.describe(), strict, as_json)
    return 0 if all(each.accepted(strict) for each in audits) else EXIT_REFUSED


def report_audits(out: Console, audits: list[FileAudit], toolchain: str, strict: bool, as_json: bool) -> None:
    """What audits found, for people or for programs."""
    accepted = sum(each.accepted(strict) for each in audits)
    if as_json:
        files = [{**asdict(each), "accepted": each.accepted(strict)} for each in audits]
        print_json({"accepted": accepted == len(audits), "toolchain": toolchain, "files": files})
        return
    for each in audits:
        mark, style = ("✓", "green") if each.accepted(strict) else ("✗", "red")
        out.print(f"[{style}]{mark}[/] ", end="")
        out.print(
            f"{each.file}  {each.declarations} declarations; axioms: {', '.join(each.axioms) or 'none'}", markup=False
        )
        for found in each.found:
            whose = f"{found.declaration}: " if found.declaration else ""
            word = "refused" if found.refused else "look at"
            out.print(f"    {each.file}:{found.line}  {word}: {whose}{found.what}", markup=False)
    out.print(
        f"{accepted} of {len(audits)} accepted: compiled, taken by the kernel twice, axioms; nothing to compare with"
    )
    out.print(toolchain, markup=False)


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
