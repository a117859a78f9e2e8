"""Applies proofs of earlier runs to a repository as it is now: located again, checked again, written all together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from prover.app.joining import Joined
from prover.app.locating import Locator, ReadModule, Target
from prover.app.ordering import import_depths
from prover.app.proving import ProveRequest, prove_together
from prover.app.report import TheoremReport, verification
from prover.app.store import as_known, repository_proofs, run_proofs
from prover.app.working import proofs_in
from prover.app.workspace import Workspace
from prover.app.writing import write_files
from prover.attempt import AcceptedProof, KnownProof, line_of
from prover.check.levels import DEFAULT_LEVEL
from prover.errors import LeanError, UnknownTheorem, UsageError
from prover.lean.protocol import displayed_name
from prover.progress import Notify
from prover.project.commits import Commit, commit_on_branch, refuse_commits
from prover.project.patch import patched
from prover.search.budget import Budget
from prover.wording import counted

if TYPE_CHECKING:
    from curriculum.database.records import RunProof

CommitChoice = Literal["one", "each"]
"""Whether all proofs make one commit, or each theorem one of its own."""


@dataclass(frozen=True)
class ApplyRequest:
    """The proofs to apply, and where they go."""

    run: int | None
    """The number of a run of `prove`; None for all runs on the repository."""
    write: bool = True
    """Whether the proofs are written into the files."""
    commit: CommitChoice | None = None
    """Whether the proofs are committed on a new branch, instead of being written into the files."""
    branch: str = ""
    """The name of that branch; by default one that names the run."""
    level: int = DEFAULT_LEVEL
    axioms: tuple[str, ...] = ()
    jobs: int = 1


@dataclass
class Applied:
    """The proofs that were applied, and those that were not; its fields are those of the JSON report."""

    repository: str
    theorems: list[TheoremReport] = field(default_factory=list)
    """The theorems whose proofs hold together."""
    left_out: dict[str, str] = field(default_factory=dict)
    """The reason why a proof is not applied, by the name of its theorem."""
    patch: str = ""
    """One patch with all proofs that hold together."""
    files: tuple[str, ...] = ()
    """The files that were written."""
    branch: str | None = None
    """The branch on which the proofs were committed."""
    commit: str | None = None


def apply(workspace: Workspace, request: ApplyRequest, notify: Notify) -> Applied:
    """Applies the proofs of a run, or of all runs, to a repository.

    Each theorem is located by its name, and its statement must be what it was. Then the gate checks the proof in the
    present file, and all proofs are elaborated together. Nothing is written unless all of that has succeeded.

    Raises:
        UsageError: there is no such run, it was on another repository, or the branch cannot be made.
        NotWritable: a file changed meanwhile, or cannot be written; then none is.
    """
    if request.write and request.commit is None and workspace.checkout.cached:
        raise UsageError("Proofs are written into a directory of yours: give its path, or ask for --patch.")
    applied = Applied(str(workspace.repository.root))
    branch = request.branch or f"prover/run-{request.run or 'all'}"
    if request.commit is not None:
        refuse_commits(workspace.repository.root, branch, ())
    located = dict(_located(workspace, _known(workspace, request), applied.left_out))
    if request.commit is not None:
        files = dict.fromkeys(target.task.source.file for target in located)
        refuse_commits(workspace.repository.root, branch, tuple(files))
    known: dict[str, list[KnownProof]] = {}
    for target, proof in located.items():
        known.setdefault(target.task.declaration.key, []).extend(as_known([proof]))
    proving = ProveRequest(
        (),
        Budget(seconds=None, expansions=0),
        (),
        request.jobs,
        level=request.level,
        axioms=request.axioms,
        recall=lambda key: known.get(key, ()),
    )
    run = prove_together(workspace, proving, notify, targets=tuple(located))
    apart = {target.task.declaration.name: reason for target, reason in run.joined.left_out.items()}
    for theorem in run.report.theorems:
        if theorem.status not in ("proved", "proved_given"):
            why = (
                apart.get(theorem.theorem)
                or theorem.refused
                or theorem.undecided
                or "its proof no longer holds in the present file"
            )
            applied.left_out[theorem.theorem] = why
    applied.theorems = [each for each in run.report.theorems if each.status in ("proved", "proved_given")]
    applied.patch = run.joined.patch()
    if request.commit is not None and run.joined.files:
        applied.branch = branch
        applied.commit = _commit(workspace, request.commit, branch, run.joined)
    elif request.write:
        write_files(run.joined.files, notify)
        applied.files = tuple(each.before.file for each in run.joined.files)
    return applied


def _known(workspace: Workspace, request: ApplyRequest) -> "list[RunProof]":
    """Returns the proofs to apply, one for each theorem."""
    here = workspace.checkout.location.canonical
    if request.run is None:
        found = repository_proofs(here)
        if not found:
            raise UsageError(f"No run of `prover prove` has proofs of {here}: run it first.")
    else:
        location, found = run_proofs(request.run)
        if location != here:
            raise UsageError(f"Run {request.run} was on {location}, not on {here}: name that with --repo.")
    newest: dict[tuple[str, str], RunProof] = {}
    for proof in found:
        newest.setdefault((proof.theorem, proof.statement_key), proof)
    return list(newest.values())


def _located(
    workspace: Workspace, proofs: "Sequence[RunProof]", left_out: dict[str, str]
) -> "Iterator[tuple[Target, RunProof]]":
    """Yields each theorem that a proof is for, as it stands now; notes why others are left out."""
    with workspace.pool(1) as pool, pool.lend() as session:
        locator = Locator(workspace, session)
        files: dict[str, ReadModule] = {}
        for proof in proofs:
            try:
                target = _find(workspace, locator, files, proof)
            except (UsageError, LeanError) as error:
                left_out[proof.theorem] = str(error)
                continue
            if reason := _obstacle(target, proof):
                left_out[proof.theorem] = reason
            else:
                yield target, proof


def _find(workspace: Workspace, locator: Locator, files: dict[str, ReadModule], proof: "RunProof") -> Target:
    """Returns a theorem by its name in its file, or wherever it is now; an `example` by its statement."""
    modules = workspace.repository.modules.values()
    module = next((each for each in modules if workspace.repository.relative(each) == proof.file), None)
    if module is not None:
        if proof.file not in files:
            files[proof.file] = locator.read(module, examples=True)
        for target in files[proof.file].targets:
            declaration = target.task.declaration
            if declaration.kind == "example" and declaration.key == proof.statement_key and declaration.incomplete:
                if proof.theorem.startswith(proof.file):
                    return target
            elif declaration.name == proof.theorem:
                return target
    if proof.theorem.startswith(proof.file):
        raise UnknownTheorem(f"no example in {proof.file} that lacks a proof has this statement any more.")
    return locator.named(proof.theorem)


def _obstacle(target: Target, proof: "RunProof") -> str | None:
    """Returns why a proof cannot be tried at all."""
    declaration = target.task.declaration
    if declaration.key != proof.statement_key:
        return "its statement has changed since the run: prove it again"
    if not declaration.incomplete and not target.task.broken:
        return "it has a proof already"
    return None


def _commit(workspace: Workspace, choice: CommitChoice, branch: str, together: Joined) -> str:
    before = {each.before.file: each.before.on_disk for each in together.files}
    made: Callable[[Workspace, Joined], list[Commit]] = _one if choice == "one" else _each
    return commit_on_branch(workspace.repository.root, branch, before, made(workspace, together))


def _one(workspace: Workspace, together: Joined) -> list[Commit]:
    """Returns one commit with all proofs."""
    contents = {each.after.file: each.after.on_disk for each in together.files}
    lines = [f"- {_named(t, together)}: {_verified(workspace, t, together)}" for t in together.proofs]
    message = f"Prove {counted(len(together.proofs), 'theorem')}\n\n" + "\n".join(lines)
    return [Commit(contents, message)]


def _each(workspace: Workspace, together: Joined) -> list[Commit]:
    """Returns a commit for each theorem, after those that it may rest on."""
    depths = import_depths(workspace, {target.module.name for target in together.proofs})
    commits: list[Commit] = []
    earlier: dict[Target, AcceptedProof] = {}
    for target in sorted(
        together.proofs, key=lambda t: (depths[t.module.name], t.module.name, t.task.declaration.start)
    ):
        source = target.task.source
        before = patched(source, proofs_in(source.file, earlier))
        earlier[target] = together.proofs[target]
        after = patched(source, proofs_in(source.file, earlier))
        if after != before:  # a theorem of a `mutual` block may have been written with another one
            message = f"Prove {_named(target, together)}\n\n{_verified(workspace, target, together)}"
            commits.append(Commit({source.file: after.on_disk}, message))
    return commits


def _named(target: Target, together: Joined) -> str:
    declaration = target.task.declaration
    name = displayed_name(declaration)
    if declaration.kind == "example":
        name = f"the example at line {line_of(target.task.source.text, declaration.selection)}"
    given = together.rests_on[target]
    return f"{name}, given {', '.join(given)}" if given else name


def _verified(workspace: Workspace, target: Target, together: Joined) -> str:
    judgement = replace(together.proofs[target].judgement, given=together.rests_on[target])
    return f"{verification(judgement)}; {workspace.describe()}"
