"""Runs an evaluation: finds the benchmark, prepares the environment of its problems, and runs the harness."""

import math
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from prover.app.assembly import ProverOptions, assemble
from prover.app.environment import choose_toolchain, home
from prover.app.workspace import Workspace
from prover.attempt import Prover
from prover.check.challenge import challenge_directory
from prover.check.gate import Gate, Judge
from prover.errors import LeanError, ProverError, UsageError
from prover.evaluate.harness import EvaluationPlan, Harness, RunCallbacks
from prover.evaluate.header import modules_of
from prover.evaluate.journal import ProblemLine, RunLog, RunManifest, SurveyLine
from prover.evaluate.json_lines import FieldNames
from prover.evaluate.loading import BENCHMARKS, load
from prover.evaluate.problem import Benchmark, LocatedProblem, Problem, Provenance, WrittenProblem
from prover.evaluate.survey import FileEnvironment, ProblemEnvironment, RepositoryEnvironment
from prover.evaluate.systems import System
from prover.lean.module_name import module_file
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.progress import Reporter
from prover.project.build import NotCompiled, source_of
from prover.project.checkout import Checkouts
from prover.project.contents import ContentsReader
from prover.project.git import git
from prover.project.layout import Repository
from prover.project.location import parse_location
from prover.tactics.generator import Generator

FILES = (".jsonl", ".json", ".ndjson")


@dataclass(frozen=True)
class EvaluationRequest:
    """The benchmark that is to be run, and on which of its problems."""

    benchmark: str
    """a known name, or the path of a file"""
    split: str = ""
    data: str | None = None
    commit: str = ""
    repo: str | None = None
    """the repository whose packages statements may import; or, for `repository`, whose theorems are the problems"""
    toolchain_choice: ToolchainChoice = "auto"
    only: tuple[str, ...] = ()
    limit: int | None = None
    """The number of problems to run, evenly spread; None for all."""
    sample: int | None = None
    """The number of problems to draw at random; None for all."""
    seed: int = 0
    fields: FieldNames = field(default_factory=dict)
    """The names of fields of a JSON Lines file, by the part of a problem that each holds."""
    mathlib: str | None = None
    """Mathlib, or a repository that requires it, of which statements may import what is compiled."""

    @property
    def project(self) -> str | None:
        """Returns the repository whose packages statements may import."""
        return self.repo or self.mathlib


def problems_of(request: EvaluationRequest, reporter: Reporter) -> Benchmark:
    """Returns the problems of a benchmark.

    Raises:
        UsageError: there is no such data or split, or the data is malformed.
    """
    if request.benchmark == "repository":
        found = _theorems(request, reporter)
    elif request.benchmark.endswith(FILES):
        path = Path(request.benchmark).expanduser()
        found = load(path.stem, path, request.split, request.commit, request.fields)
    else:
        data, commit = _data(request, reporter)
        found = load(request.benchmark, data, request.split, request.commit or commit, request.fields)
    if request.only:
        found = found.only(request.only)
    if request.sample:
        found = found.sample(request.sample, request.seed)
    return found.spread(request.limit) if request.limit else found


def _data(request: EvaluationRequest, reporter: Reporter) -> tuple[Path, str]:
    """Returns the path of the benchmark's files, and the commit that they are at."""
    loader = BENCHMARKS.find(request.benchmark)
    named = request.data or (loader.source if loader is not None else "")
    if not named:
        raise UsageError(f"Say with --data where the files of {request.benchmark} are.")
    path = Path(named).expanduser()
    if path.is_file() or (request.data and "@" not in named and "://" not in named and not path.is_dir()):
        return path, ""
    checkout = Checkouts(home().checkouts, reporter.notify).get(parse_location(named))
    return checkout.root, f"{checkout.commit or ''}{' (with changes)' if checkout.dirty else ''}"


def _theorems(request: EvaluationRequest, reporter: Reporter) -> Benchmark:
    """Returns every theorem of a repository as a problem, its proof hidden."""
    if request.repo is None:
        raise UsageError("Say with --repo of which repository the theorems are.")
    problems: list[LocatedProblem] = []
    with Workspace.open(request.repo, request.toolchain_choice, reporter) as ready:
        location = parse_location(request.repo)
        revision = location.revision or ""
        with Pool(ready.toolchain, ready.builder.search_path(), 1) as pool, pool.lend() as session:
            for module in ready.repository.modules.values():
                try:
                    ready.builder.prepare(module)
                    source = source_of(ready.repository, module)
                    session.elaborate(source)
                    declared = [each for each in session.declarations(source) if each.kind == "theorem"]
                    session.forget_files()
                except ProverError as error:
                    reporter.notify(f"{module.name} is left out: {error}")
                    continue
                problems += (
                    LocatedProblem(d.name, location.canonical, revision, source.file, None, d.name, d.statement)
                    for d in declared
                )
        commit = f"{ready.checkout.commit or ''}{' (with changes)' if ready.checkout.dirty else ''}"
    if not problems:
        raise UsageError(f"{request.repo} has no theorems: name another repository.")
    return Benchmark(ready.checkout.name, "", tuple(problems), Provenance(request.repo, commit))


@dataclass(frozen=True)
class ProblemGroup:
    """Problems that share an environment."""

    problems: tuple[Problem, ...]
    environment: ProblemEnvironment
    toolchain: EmbeddedToolchain | NativeToolchain
    search_path: tuple[Path, ...]
    repository: Repository

    def contents(self) -> ContentsReader:
        """Returns what reads the files of the problems for generators."""
        return ContentsReader(self.repository, self.toolchain)


def toolchain_of(request: EvaluationRequest, reporter: Reporter) -> EmbeddedToolchain | NativeToolchain:
    """Returns the toolchain for problems that belong to no repository."""
    return choose_toolchain(_no_repository(), request.toolchain_choice, reporter)


def _no_repository() -> Repository:
    return Repository(home().root, {}, None)


def problem_groups(
    request: EvaluationRequest,
    benchmark: Benchmark,
    reporter: Reporter,
    unreachable: Callable[[str, ProverError], None],
    mathlib: Workspace | None = None,
) -> Iterator[ProblemGroup]:
    """Yields the problems by environment; each environment is ready until the next one is requested.

    Args:
        unreachable: receives the name of each problem whose repository cannot be opened, and the error.
        mathlib: what statements import, if the request names it.
    """
    written = tuple(problem for problem in benchmark.problems if isinstance(problem, WrittenProblem))
    if written and mathlib is not None:
        path = mathlib.builder.search_path()
        environment = FileEnvironment(_has_module(mathlib.toolchain, path), mathlib.stand_ins)
        yield ProblemGroup(written, environment, mathlib.toolchain, path, mathlib.repository)
    elif written and request.repo is None:
        toolchain = toolchain_of(request, reporter)
        yield ProblemGroup(written, FileEnvironment(_has_module(toolchain, ())), toolchain, (), _no_repository())
    elif written and request.repo is not None:
        with Workspace.open(request.repo, request.toolchain_choice, reporter) as ready:
            path = ready.builder.search_path()
            for _ in ready.builder.build(_imported(written, ready.repository)):
                pass
            yield ProblemGroup(
                written, FileEnvironment(_has_module(ready.toolchain, path)), ready.toolchain, path, ready.repository
            )
    by_location: dict[str, list[LocatedProblem]] = {}
    for problem in benchmark.problems:
        if isinstance(problem, LocatedProblem):
            by_location.setdefault(problem.location, []).append(problem)
    for location, located in by_location.items():
        try:
            with Workspace.open(location, request.toolchain_choice, reporter) as ready:
                located_in = RepositoryEnvironment(ready.repository, ready.builder)
                path = ready.builder.search_path()
                yield ProblemGroup(tuple(located), located_in, ready.toolchain, path, ready.repository)
        except LeanError:
            raise
        except ProverError as error:
            for problem in located:
                unreachable(problem.name, error)


def open_mathlib(request: EvaluationRequest, problems: Sequence[Problem], reporter: Reporter) -> Workspace:
    """Opens Mathlib for statements: `import Mathlib` stands for what they need and what has been compiled before.

    With a native Lean it stands for all of Mathlib.

    Raises:
        UsageError: Nothing of it has been compiled, or it is no Mathlib.
        ProverError: What is to be imported cannot be compiled.
    """
    assert request.mathlib is not None
    written = [problem for problem in problems if isinstance(problem, WrittenProblem)]
    texts = [f"{problem.header}\n\n{problem.statement}" for problem in written]
    ready = Workspace.open(request.mathlib, request.toolchain_choice, reporter, texts=texts, only_compiled=True)
    if ready.toolchain.kind == "embedded" and not any(each.closure for each in ready.stand_ins):
        ready.close()
        raise UsageError(
            f"Nothing that the statements import of {request.mathlib} is compiled: run `prover build --repo "
            f"{request.mathlib} --module Mathlib.Tactic.NormNum --module Mathlib.Tactic.Linarith` first."
        )
    for outcome in ready.builder.build([each.module.name for each in ready.stand_ins]):
        if isinstance(outcome, NotCompiled):
            ready.close()
            raise outcome.error
    return ready


def manifest_of(
    request: EvaluationRequest,
    benchmark: Benchmark,
    plan: EvaluationPlan,
    toolchain: str,
    imports: Sequence[str] = (),
) -> RunManifest:
    """Returns the description of a run that its directory keeps."""
    return RunManifest(
        benchmark=benchmark.name,
        split=benchmark.split,
        source=benchmark.provenance.path,
        commit=benchmark.provenance.commit,
        digest=benchmark.digest,
        problems=len(benchmark.problems),
        systems=tuple(system.settings() for system in plan.systems),
        passes=plan.passes,
        temperature=plan.temperature,
        seed=plan.seed,
        toolchain=toolchain,
        project=request.project or "",
        imports=tuple(imports),
        made_with=_made_with(),
        axioms=plan.axioms,
        sampled_from=benchmark.sampled_from,
        sample_seed=request.seed if benchmark.sampled_from else 0,
    )


def evaluate(
    request: EvaluationRequest,
    benchmark: Benchmark,
    plan: EvaluationPlan,
    out: Path,
    resume: bool,
    callbacks: RunCallbacks,
    reporter: Reporter,
    seconds: float | None = None,
) -> None:
    """Runs the trials that the run directory `out` does not have yet.

    Args:
        seconds: the time after which no trial begins; None for no limit.

    Raises:
        RunError: `out` has another run, or has this one and `resume` is false.
    """
    deadline = time.monotonic() + seconds if seconds is not None else math.inf
    lines = [ProblemLine(each.name, each.digest, each.text, each.split) for each in benchmark.problems]
    with ExitStack() as stack:
        mathlib = None
        if request.mathlib is not None:
            mathlib = stack.enter_context(open_mathlib(request, benchmark.problems, reporter))
        toolchain = mathlib.toolchain.describe() if mathlib else _toolchain_named(request, benchmark, reporter)
        imports = [each.described() for each in mathlib.stand_ins] if mathlib else []
        manifest = manifest_of(request, benchmark, plan, toolchain, imports)
        log = stack.enter_context(RunLog(out, manifest, lines, resume))

        def unreachable(name: str, error: ProverError) -> None:
            if name not in log.survey:
                line = SurveyLine(name, "not runnable", str(error))
                log.surveyed(line)
                callbacks.surveyed(line)
            callbacks.attended()

        for group in problem_groups(request, benchmark, reporter, unreachable, mathlib):
            with Pool(group.toolchain, group.search_path, plan.jobs) as pool:
                challenges = challenge_directory(home().caches, group.toolchain, group.search_path)
                gate = Gate(pool.fresh, challenges, plan.axioms)
                harness = Harness(
                    group.environment, pool, plan, log, gate, assemble_for_trial, group.contents(), callbacks
                )
                harness.deadline = deadline
                harness.run(group.problems)


def _toolchain_named(request: EvaluationRequest, benchmark: Benchmark, reporter: Reporter) -> str:
    """Returns a description of the toolchain of a run."""
    if request.project is None and any(isinstance(problem, WrittenProblem) for problem in benchmark.problems):
        return toolchain_of(request, reporter).describe()
    return f"{request.toolchain_choice}, as each repository asks"


def assemble_for_trial(generator: Generator, gate: Judge, system: System) -> Prover:
    """Returns the prover of a trial, which is that of every other command."""
    options = ProverOptions(system.budget, system.strategy(), system.level, system.drafting)
    return assemble(generator, gate, options)


def _has_module(toolchain: EmbeddedToolchain | NativeToolchain, path: Sequence[Path]) -> Callable[[str], bool]:
    def here(module: str) -> bool:
        file = module_file(module, ".olean")
        return any((directory / file).is_file() for directory in (*path, toolchain.library))

    return here


def _imported(problems: Sequence[WrittenProblem], repository: Repository) -> list[str]:
    """Returns the modules of the repository that the headers of problems import."""
    named = dict.fromkeys(module for problem in problems for module in modules_of(problem.header))
    return [module for module in named if repository.find(module) is not None]


def _made_with() -> dict[str, str]:
    checkout = Path(__file__).resolve().parents[2]
    commit = ""
    if (checkout / ".git").exists():
        said = git("rev-parse", "--short=12", "HEAD", directory=checkout)
        dirty = " (with changes)" if git("status", "--porcelain", directory=checkout).out.strip() else ""
        commit = said.out.strip() + dirty if said.ok else ""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return {"prover": version("prover"), "commit": commit, "machine": machine, "python": platform.python_version()}
