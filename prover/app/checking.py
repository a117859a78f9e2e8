"""Checks proofs of theorems and audits files."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from prover.app.assembly import mixture
from prover.app.environment import choose_toolchain, home
from prover.app.locating import FileLine, Locator
from prover.app.packages import with_packages, with_stand_ins
from prover.app.workspace import Workspace
from prover.attempt import Task, line_of
from prover.check.audit import FileAudit, FileFinding, audit
from prover.check.gate import Accepted, Judgement, Refused, Submission
from prover.check.levels import HIGHEST_LEVEL, Level, passed, refused, resting_on
from prover.check.proof_text import ProofText, submission_of, unchanged, understood
from prover.check.sanity import findings
from prover.errors import LeanError, RequestRefused, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.isolation import isolation_of
from prover.lean.pool import Pool
from prover.lean.protocol import displayed_name
from prover.lean.session import State
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.builders import builder_for
from prover.project.layout import TOOLCHAIN_FILE, Module, Repository, enclosing_repository, open_repository
from prover.project.package import LAKEFILES
from prover.project.patch import patch_of
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.automation import Automation
from prover.tactics.generator import TheoremRef
from prover.tactics.structure import Structure

SANITY_GENERATORS = (Automation(), Structure())
"""The generators of the searches for contradictions in a statement."""
SANITY_SECONDS = 5.0
"""The time limit of each search for a contradiction."""


@dataclass(frozen=True)
class ProofVerdict:
    """The verdict on one proof; its fields are those of the JSON output."""

    theorem: str
    file: str
    line: int
    """The line of the theorem, counted from 1."""
    accepted: bool
    """Whether the theorem is proved; a proof that rests on open theorems is not accepted, but see `rests_on`."""
    level: int
    """The highest level that the proof passed."""
    levels: tuple[Level, ...]
    toolchain: str
    reason: str | None = None
    """The reason why the theorem is not proved; None if the proof was accepted."""
    rests_on: tuple[str, ...] = ()
    """The open theorems, by full name, given which the theorem is proved, if nothing else is wrong with the proof."""
    axioms: tuple[str, ...] = ()
    library: int = 0
    """The number of library declarations whose proofs were trusted."""
    undecided: bool = False
    """Whether the gate could not check the proof, which may be right; `reason` says why."""
    kernels: tuple[str, ...] = ()
    """The kernels that replayed the proof."""
    remarks: tuple[str, ...] = ()
    """Errors that keep the file from compiling although the proof is right."""
    unchecked: tuple[str, ...] = ()
    """What the toolchain could not check, in words."""
    findings: tuple[str, ...] = ()
    """Suspicious properties of the statement."""
    isolation: str = ""
    """A description of the sandbox of the Lean processes."""
    messages: tuple[str, ...] = field(default=())
    """Lean's messages, as `lean` prints them."""
    patch: str | None = None
    """A unified diff that writes the proof into its file; None if it is there or was refused."""
    seconds: float = 0.0

    def json(self) -> dict[str, Any]:
        """Returns the JSON object of the verdict."""
        levels = [{"level": e.number, "name": e.name, "state": e.state, "reason": e.reason} for e in self.levels]
        return {**asdict(self), "levels": levels}


def check_proof(
    workspace: Workspace,
    name: str | FileLine,
    proof: ProofText | None = None,
    level: int = HIGHEST_LEVEL,
    axioms: Sequence[str] = (),
    assumed: Sequence[str] = (),
) -> ProofVerdict:
    """Judges the proof of a theorem, or another proof in its place.

    Args:
        axioms: further axioms that the proof may use; see `Gate`.
        assumed: open theorems that the proof may rest on: full names, or `EVERY_OPEN_THEOREM`.

    Raises:
        UnknownTheorem: No theorem has that name.
        UsageError: The declaration has no proof that could be judged.
    """
    started = time.monotonic()
    with workspace.pool(1) as pool:
        with pool.lend() as session:
            task, submission = _submitted(workspace, session, name, proof)
        submission = replace(submission, assumed=tuple(assumed))
        judgement = workspace.gate(pool, axioms).judge(submission, level)
        found: tuple[str, ...] = ()
        if level == HIGHEST_LEVEL:
            with pool.lend() as session:
                search = brief_search(task.ref())
                proved = isinstance(judgement, Accepted) and judgement.is_proof_from_standard_axioms()
                found = tuple(findings(session, task.source, task.declaration.selection, search, proved))
            if isinstance(judgement, Accepted):
                judgement = replace(judgement, level=HIGHEST_LEVEL)
    verdict = _verdict(workspace, task, judgement)
    holds = isinstance(judgement, Accepted)
    patch = patch_of(submission.original, submission.candidate) if holds else ""
    return replace(verdict, findings=found, patch=patch or None, seconds=round(time.monotonic() - started, 3))


def _submitted(
    workspace: Workspace, session: LeanSession, name: str | FileLine, proof: ProofText | None
) -> tuple[Task, Submission]:
    """Returns the theorem of a name, and the submission of a proof of it to the gate."""
    task = Locator(workspace, session).named(name).task
    source, declaration = task.source, task.declaration
    try:
        sorry_goal = session.statement(source, declaration.selection)
    except RequestRefused as error:
        named = displayed_name(declaration)
        raise UsageError(f"{named} has no proof that could be judged ({error}): name a theorem.") from None
    if proof is None:
        return task, unchanged(source, declaration, sorry_goal)
    return task, submission_of(source, declaration, sorry_goal, understood(session, source, declaration, proof))


def brief_search(
    theorem: TheoremRef, seconds: float = SANITY_SECONDS
) -> Callable[[LeanSession, State], Sequence[Sequence[str]]]:
    """Returns a search for proofs of states of a theorem, within `seconds` each."""

    def scripts(session: LeanSession, state: State) -> Sequence[Sequence[str]]:
        generator = mixture(SANITY_GENERATORS, frozen=True).for_theorem(theorem)
        result = BestFirstSearch(session, state, generator, Strategy(), Budget(seconds)).run()
        return result.scripts if isinstance(result, Proved) else ()

    return scripts


def _verdict(workspace: Workspace, task: Task, judgement: Judgement) -> ProofVerdict:
    source, declaration = task.source, task.declaration
    line = line_of(source.text, declaration.selection)
    toolchain = workspace.describe()
    known = ProofVerdict(
        displayed_name(declaration), source.file, line, False, 0, (), toolchain,
        isolation=isolation_of(workspace.toolchain).describe(),
        messages=tuple(m.printed.rstrip() for m in judgement.messages),
    )  # fmt: skip
    match judgement:
        case Accepted(axioms, library, level, _, kernels, remarks, unchecked, given):
            return replace(
                known, accepted=not given, level=level, levels=passed(level), axioms=axioms, library=library,
                kernels=kernels, remarks=remarks, unchecked=unchecked, rests_on=given,
                reason=resting_on(given) if given else None,
            )  # fmt: skip
        case Refused(reason, _, failed, compiled, wrong):
            level, levels = (failed - 1 if compiled else 0), refused(failed, reason, compiled)
            return replace(known, level=level, levels=levels, reason=reason, undecided=not wrong)


def audit_all(workspace: Workspace) -> list[FileAudit]:
    """Audits every file of a repository separately; a file that cannot be read is refused."""
    modules = workspace.repository.modules.values()
    with workspace.pool(1) as pool, ThreadPoolExecutor(workspace.jobs) as executor:
        return list(executor.map(lambda module: audit_module(workspace, pool, module), modules))


def audit_module(workspace: Workspace, pool: Pool, module: Module) -> FileAudit:
    """Audits one file of a repository; it is refused if it cannot be read."""
    file = workspace.repository.relative(module)
    try:
        workspace.builder.prepare(module)
        return audit(pool.fresh, source_of(workspace.repository, module))
    except (UsageError, LeanError) as error:
        return FileAudit(file, (FileFinding(1, str(error), refused=True),), 0, compiled=False)


def audit_file(path: Path, choice: ToolchainChoice, reporter: Reporter) -> tuple[FileAudit, str]:
    """Audits one file, and returns the result and a description of the toolchain."""
    repository = _repository_of(path)
    toolchain = choose_toolchain(repository, choice, reporter)
    repository = with_packages(repository, toolchain, reporter.notify)
    repository, _ = with_stand_ins(repository, toolchain, reporter.notify)
    builder = builder_for(repository, toolchain, home().caches, reporter)
    module = repository.at(path)
    try:
        builder.prepare(module)
        with Pool(toolchain, builder.search_path(), 1) as pool:
            return audit(pool.fresh, source_of(repository, module)), toolchain.describe()
    finally:
        builder.close()


def _repository_of(path: Path) -> Repository:
    """Returns the repository of a file; if there is none, a repository that consists of the file alone."""
    root = enclosing_repository(path)
    if any((root / mark).is_file() for mark in (*LAKEFILES, TOOLCHAIN_FILE)):
        return open_repository(root)
    return Repository(root, {path.stem: Module(path.stem, path.resolve())}, None)
