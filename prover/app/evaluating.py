"""Carries out `prover eval`: finds the data, makes the ground ready, runs the harness."""

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from prover.evaluate.loading import BENCHMARKS, load
from prover.evaluate.problem import Benchmark, LocatedProblem, Problem, Provenance, WrittenProblem
from prover.evaluate.survey import FileEnvironment, ProblemEnvironment, RepositoryEnvironment
from prover.evaluate.systems import System
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.checkout import Checkouts
from prover.project.contents import ContentsReader
from prover.project.git import git
from prover.project.layout import Repository
from prover.project.location import parse_location
from prover.tactics.generator import Generator

FILES = (".jsonl", ".json", ".ndjson")


@dataclass(frozen=True)
class Wanted:
    """An evaluation as the user asked for it."""

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


def problems_of(wanted: Wanted, reporter: Reporter) -> Benchmark:
    """The benchmark's problems.

    Raises:
        UsageError: there is no such data or split, or it is not as it should be.
    """
    if wanted.benchmark == "repository":
        found = _theorems(wanted, reporter)
    elif wanted.benchmark.endswith(FILES):
        path = Path(wanted.benchmark).expanduser()
        found = load(path.stem, path, wanted.split, wanted.commit)
    else:
        data, commit = _data(wanted, reporter)
        found = load(wanted.benchmark, data, wanted.split, wanted.commit or commit)
    if wanted.only:
        found = found.only(wanted.only)
    return found.spread(wanted.limit) if wanted.limit else found


def _data(wanted: Wanted, reporter: Reporter) -> tuple[Path, str]:
    """Where the files are, and at which commit."""
    loader = BENCHMARKS.find(wanted.benchmark)
    named = wanted.data or (loader.source if loader is not None else "")
    if not named:
        raise UsageError(f"Say with --data where the files of {wanted.benchmark} are.")
    path = Path(named).expanduser()
    if path.is_file() or (wanted.data and "@" not in named and "://" not in named and not path.is_dir()):
        return path, ""
    checkout = Checkouts(home().checkouts, reporter.notify).get(parse_location(named))
    return checkout.root, f"{checkout.commit or ''}{' (with changes)' if checkout.dirty else ''}"


def _theorems(wanted: Wanted, reporter: Reporter) -> Benchmark:
    """Every theorem of a repository, its proof hidden."""
    if wanted.repo is None:
        raise UsageError("Say with --repo of which repository the theorems are.")
    problems: list[LocatedProblem] = []
    with Workspace.open(wanted.repo, wanted.toolchain_choice, reporter) as ready:
        location = parse_location(wanted.repo)
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
        raise UsageError(f"{wanted.repo} has no theorems: name another repository.")
    return Benchmark(ready.checkout.name, "", tuple(problems), Provenance(wanted.repo, commit))


@dataclass(frozen=True)
class Place:
    """Problems that share a ground."""

    problems: tuple[Problem, ...]
    ground: ProblemEnvironment
    toolchain: EmbeddedToolchain | NativeToolchain
    search_path: tuple[Path, ...]
    repository: Repository

    def contents(self) -> ContentsReader:
        """Who reads its files."""
        return ContentsReader(self.repository, self.toolchain)


def toolchain_of(wanted: Wanted, reporter: Reporter) -> EmbeddedToolchain | NativeToolchain:
    """The Lean for problems that are files of their own; it is not asked of any repository."""
    return choose_toolchain(_no_repository(), wanted.toolchain_choice, reporter)


def _no_repository() -> Repository:
    return Repository(home().root, {}, None)


def places(
    wanted: Wanted, benchmark: Benchmark, reporter: Reporter, unreachable: Callable[[str, ProverError], None]
) -> Iterator[Place]:
    """The problems by the ground that they are on; each ground is ready until the next is asked for.

    Args:
        unreachable: told of a problem whose repository cannot be had.
    """
    written = tuple(problem for problem in benchmark.problems if isinstance(problem, WrittenProblem))
    if written and wanted.repo is None:
        toolchain = toolchain_of(wanted, reporter)
        yield Place(written, FileEnvironment(_has_module(toolchain, ())), toolchain, (), _no_repository())
    elif written and wanted.repo is not None:
        with Workspace.open(wanted.repo, wanted.toolchain_choice, reporter) as ready:
            path = ready.builder.search_path()
            for _ in ready.builder.build(_imported(written, ready.repository)):
                pass
            yield Place(
                written, FileEnvironment(_has_module(ready.toolchain, path)), ready.toolchain, path, ready.repository
            )
    by_location: dict[str, list[LocatedProblem]] = {}
    for problem in benchmark.problems:
        if isinstance(problem, LocatedProblem):
            by_location.setdefault(problem.location, []).append(problem)
    for location, located in by_location.items():
        try:
            with Workspace.open(location, wanted.toolchain_choice, reporter) as ready:
                ground = RepositoryEnvironment(ready.repository, ready.builder)
                path = ready.builder.search_path()
                yield Place(tuple(located), ground, ready.toolchain, path, ready.repository)
        except LeanError:
            raise
        except ProverError as error:
            for problem in located:
                unreachable(problem.name, error)


def manifest_of(wanted: Wanted, benchmark: Benchmark, plan: EvaluationPlan, toolchain: str) -> RunManifest:
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
        project=wanted.repo or "",
        made_with=_made_with(),
    )


def evaluate(
    wanted: Wanted,
    benchmark: Benchmark,
    plan: EvaluationPlan,
    out: Path,
    resume: bool,
    telling: RunCallbacks,
    reporter: Reporter,
) -> None:
    """Runs what is still to be run, into the directory `out`.

    Raises:
        RunError: `out` has another run, or this one and it is not to be gone on with.
    """
    scratch = any(isinstance(problem, WrittenProblem) for problem in benchmark.problems) and wanted.repo is None
    toolchain = (
        toolchain_of(wanted, reporter).describe() if scratch else f"{wanted.toolchain_choice}, as each repository asks"
    )
    lines = [ProblemLine(each.name, each.digest, each.text, each.split) for each in benchmark.problems]
    with RunLog(out, manifest_of(wanted, benchmark, plan, toolchain), lines, resume) as journal:

        def unreachable(name: str, error: ProverError) -> None:
            if name not in journal.survey:
                line = SurveyLine(name, "not runnable", str(error))
                journal.surveyed(line)
                telling.surveyed(line)

        for place in places(wanted, benchmark, reporter, unreachable):
            with Pool(place.toolchain, place.search_path, plan.jobs) as pool:
                gate = Gate(pool.fresh, challenge_directory(home().caches, place.toolchain, place.search_path))
                harness = Harness(
                    place.ground, pool, plan, journal, gate, assemble_for_trial, place.contents(), telling
                )
                harness.run(place.problems)


def assemble_for_trial(generator: Generator, gate: Judge, system: System) -> Prover:
    """Returns the prover of a trial, which is that of every other command."""
    options = ProverOptions(system.budget, system.strategy(), system.level, system.drafting)
    return assemble(generator, gate, options)


def _has_module(toolchain: EmbeddedToolchain | NativeToolchain, path: Sequence[Path]) -> Callable[[str], bool]:
    def here(module: str) -> bool:
        file = Path(*module.split("."))
        return any((directory / file).with_suffix(".olean").is_file() for directory in (*path, toolchain.library))

    return here


def _imported(problems: Sequence[WrittenProblem], repository: Repository) -> list[str]:
    """The modules of the repository that headers import."""
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
