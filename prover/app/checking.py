"""Judges proofs and audits files: the use cases of `prover check` and `prover audit`."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from prover.app.assembly import mixture
from prover.app.environment import choose_toolchain, home
from prover.app.locating import Locator
from prover.app.workspace import Workspace
from prover.attempt import Task
from prover.check.audit import FileAudit, FileFinding, audit
from prover.check.gate import Accepted, Judgement, Refused
from prover.check.levels import HIGHEST_LEVEL, Level, passed, refused
from prover.check.proof_text import ProofText, submission_of, unchanged
from prover.check.sanity import findings
from prover.errors import LeanError, RequestRefused, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.isolation import isolation_of
from prover.lean.pool import Pool
from prover.lean.session import State
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.builders import builder_for
from prover.project.layout import PIN, Module, Repository, enclosing_repository, open_repository
from prover.project.package import LAKEFILES
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.automation import Automation
from prover.tactics.generator import TheoremRef
from prover.tactics.structure import Structure

SANITY = (Automation(), Structure())
"""what looks for contradictions in a statement"""
SANITY_SECONDS = 5.0
"""for each question"""


@dataclass(frozen=True)
class Checked:
    """The verdict on one proof; its fields are those of the JSON output."""

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


def check_proof(ready: Workspace, name: str, proof: ProofText | None = None, level: int = HIGHEST_LEVEL) -> Checked:
    """Judges the proof of a theorem: its own, or one that takes its place.

    Raises:
        UnknownTheorem: there is no theorem of that name.
        UsageError: it has no proof that could be judged.
    """
    started = time.monotonic()
    pool = ready.pool(1)
    with pool.lend() as session:
        task = Locator(ready, session).named(name, broken=True).task
        source, declaration = task.source, task.declaration
        try:
            sorry_goal = session.statement(source, declaration.selection)
        except RequestRefused as error:
            raise UsageError(f"{name} has no proof that could be judged ({error}): name a theorem.") from None
    submission = (
        unchanged(source, declaration, sorry_goal)
        if proof is None
        else submission_of(source, declaration, sorry_goal, proof)
    )
    judgement = ready.gate(pool).judge(submission, level)
    found: tuple[str, ...] = ()
    if level == HIGHEST_LEVEL:
        with pool.lend() as session:
            search = _brief_search(task.ref())
            found = tuple(findings(session, source, declaration.selection, search))
        if isinstance(judgement, Accepted):
            judgement = replace(judgement, level=HIGHEST_LEVEL)
    return replace(_checked(ready, task, judgement), findings=found, seconds=round(time.monotonic() - started, 3))


def _brief_search(theorem: TheoremRef) -> Callable[[LeanSession, State], Sequence[Sequence[str]]]:
    """Returns a search for proofs of states of a theorem, within `SANITY_SECONDS` each."""

    def scripts(session: LeanSession, state: State) -> Sequence[Sequence[str]]:
        generator = mixture(SANITY, frozen=True).for_theorem(theorem)
        result = BestFirstSearch(session, state, generator, Strategy(), Budget(SANITY_SECONDS)).run()
        return result.scripts if isinstance(result, Proved) else ()

    return scripts


def _checked(ready: Workspace, task: Task, judgement: Judgement) -> Checked:
    source, declaration = task.source, task.declaration
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


def audit_all(ready: Workspace) -> list[FileAudit]:
    """Audits every file of a repository, each by itself; a file that cannot be read is refused."""
    pool = ready.pool(1)

    def one(module: Module) -> FileAudit:
        file = ready.repository.relative(module)
        try:
            ready.builder.prepare(module)
            return audit(pool.fresh, source_of(ready.repository, module))
        except (UsageError, LeanError) as error:
            return FileAudit(file, (FileFinding(1, str(error), refused=True),), 0, compiled=False)

    with ThreadPoolExecutor(ready.jobs) as executor:
        return list(executor.map(one, ready.repository.modules.values()))


def audit_file(path: Path, choice: ToolchainChoice, reporter: Reporter) -> tuple[FileAudit, str]:
    """Audits one file, and returns what was found and a description of the toolchain."""
    repository = _repository_of(path)
    toolchain = choose_toolchain(repository, choice, reporter)
    builder = builder_for(repository, toolchain, home().caches, reporter.notify)
    module = repository.at(path)
    try:
        builder.prepare(module)
        with Pool(toolchain, builder.search_path(), 1) as pool:
            return audit(pool.fresh, source_of(repository, module)), toolchain.describe()
    finally:
        builder.close()


def _repository_of(path: Path) -> Repository:
    """Returns the repository that a file belongs to; one of that file alone if there is none."""
    root = enclosing_repository(path)
    if any((root / mark).is_file() for mark in (*LAKEFILES, PIN)):
        return open_repository(root)
    return Repository(root, {path.stem: Module(path.stem, path.resolve())}, None)
