"""`prover bench NAME`: runs a script in `benchmarks/` and prints its results."""

import importlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import prover
from prover.app.environment import embedded_toolchain, home
from prover.app.premises import library_indexes
from prover.app.workspace import Workspace, read_repository
from prover.cli.options import repo_option, timeout_option
from prover.cli.output import STANDARD_OUTPUT, consoles, notifier, reporter, write_json
from prover.errors import UsageError

CHECKOUT = Path(prover.__file__).resolve().parents[1]
SCRIPTS = CHECKOUT / "benchmarks"
RESULTS = SCRIPTS / "results"

json_option = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the figures as JSON to FILE, or to standard output for -; by default into benchmarks/results.",
)


@click.group("bench")
def command() -> None:
    """Measure the prover against its baselines. Runs from a checkout of the source only."""


@command.command("lean")
@click.option("--repl", type=click.Path(path_type=Path), help="A checkout of the public Lean REPL, the baseline.")
@click.option("--quick", is_flag=True, help="Two repetitions of each measurement, not five.")
@json_option
def lean(repl: Path | None, quick: bool, json_file: Path | None) -> int:
    """Measure the Lean gateway: start, overhead, throughput and memory.

    Exit status: 0 every target is met, 1 one is missed.
    """
    script = _script("lean")
    out = _console(json_file)
    results = script.measure(embedded_toolchain(reporter()), home().caches / "bench", repl, quick, _notify)
    _print_lean(out, results)
    _write(results.json(), json_file or RESULTS / "lean.json")
    return 1 if any(row.met is False for row in results.rows) else 0


@command.command("projects")
@timeout_option(20.0)
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of open theorems of each project.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Number of theorems attempted at once."
)
@json_option
def projects(timeout: float, limit: int | None, jobs: int, json_file: Path | None) -> None:
    """Count the open theorems of lean_projects that are proved, compared with a fixed list of closing tactics."""
    script = _script("projects")
    out = _console(json_file)
    results = script.measure(
        embedded_toolchain(reporter()), home().caches, script.ProjectsPlan(timeout, limit, jobs), _notify
    )
    table = Table("project", "open", *results["generators"], title=f"proved within {timeout:g} s each")
    for row in script.totals(results):
        table.add_row(row.project, str(row.open), *(f"{n} ({n / row.open:.0%})" for n in row.proved))
    out.print(table)
    _write(results, json_file or RESULTS / "projects.json")


@command.command("premises")
@click.option(
    "--repo", "repos", multiple=True, help="A repository to use instead of lean_projects, with its proofs hidden."
)
@timeout_option(5.0)
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of theorems of each project.")
@click.option("--modules", type=click.IntRange(min=1), help="Maximum number of modules of each project.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Number of theorems attempted at once."
)
@json_option
def premises(
    repos: tuple[str, ...], timeout: float, limit: int | None, modules: int | None, jobs: int, json_file: Path | None
) -> None:
    """Compare proving without premises, with random ones and with retrieved ones; paired, at equal time."""
    script, plans = _script("premises"), _script("projects")
    out = _console(json_file)
    roots = tuple(read_repository(repo, _notify)[1].root for repo in repos)
    plan = plans.ProjectsPlan(timeout, limit, jobs, finished=bool(repos), roots=roots, modules=modules)
    results = script.compare(embedded_toolchain(reporter()), home().caches, plan, library_indexes(reporter()), _notify)
    _print_gains(out, plans.shares(results), script.gains(results))
    _write(results, json_file or RESULTS / "premises.json")


@command.command("memory")
@click.option("--repo", "repos", multiple=True, help="A repository to use in addition to lean_projects.")
@timeout_option(5.0)
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of theorems of each project.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Number of theorems attempted at once."
)
@json_option
def memory(repos: tuple[str, ...], timeout: float, limit: int | None, jobs: int, json_file: Path | None) -> None:
    """Compare proving with and without memory of half of all theorems, on the other half; paired, at equal time."""
    script, plans = _script("memory"), _script("projects")
    out = _console(json_file)
    own = plans.ProjectsPlan(timeout, limit, jobs, finished=True).chosen()
    roots = tuple(read_repository(repo, _notify)[1].root for repo in repos)
    plan = plans.ProjectsPlan(timeout, limit, jobs, finished=True, roots=(*own, *roots))
    results = script.compare(embedded_toolchain(reporter()), home().caches, plan, _notify)
    out.print(f"goals remembered: {results['precedents']}", markup=False)
    _print_gains(out, plans.shares(results), script.gains(results))
    _write(results, json_file or RESULTS / "memory.json")


@command.command("retrieval")
@click.argument("databases", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--premises", "count", type=click.IntRange(min=1), default=200_000, show_default=True)
@click.option("--queries", type=click.IntRange(min=1), default=500, show_default=True)
@json_option
def retrieval(databases: tuple[Path, ...], count: int, queries: int, json_file: Path | None) -> None:
    """Build and search a large premise index: the library, traced repositories of DATABASES, and copies."""
    script = _script("retrieval_scale")
    out = _console(json_file)
    toolchain = embedded_toolchain(reporter())
    library = library_indexes(reporter())(toolchain, ())
    results = script.measure(toolchain, library, databases, count, queries, _notify)
    for name, figure in results.items():
        if name != "conditions":
            out.print(f"{name}: {figure}", markup=False)
    _write(results, json_file or RESULTS / "retrieval_scale.json")


@command.command("soak")
@click.option("--attempts", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the attempts and of the kills.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    default=2.0,
    show_default=True,
    help="Time limit of each attempt, in seconds.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Number of attempts at once.")
@json_option
def soak(attempts: int, seed: int, seconds: float, jobs: int, json_file: Path | None) -> int:
    """Prove while Lean processes are killed at random; no result may be wrong or lost, and no process left over.

    Exit status: 0 all is well, 1 something went wrong.
    """
    script = _script("soak")
    out = _console(json_file)
    plan = script.SoakPlan(attempts, seed, seconds, jobs)
    results = script.soak(embedded_toolchain(reporter()), home().caches, plan, _notify)
    for name, figure in results.items():
        if name != "conditions":
            out.print(f"{name}: {figure}", markup=False)
    _write(results, json_file or RESULTS / "soak.json")
    return 1 if results["wrong"] or results["lost"] or results["left_over"] else 0


@command.command("mathlib")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--module", "modules", multiple=True, metavar="NAME", help="Compile this module and what it imports.")
@click.option("--limit", type=click.IntRange(min=1), help="Number of modules after which to stop.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Number of Lean processes.")
@click.option("--kept", is_flag=True, help="Use modules that earlier builds have compiled, and keep all.")
@json_option
def mathlib(
    directory: Path, modules: tuple[str, ...], limit: int | None, jobs: int, kept: bool, json_file: Path | None
) -> int:
    """Compile modules of Mathlib with the embedded Lean, by default from nothing: modules, errors, speed and memory.

    Then a goal is opened in a file that imports them, and timed.

    DIR is a checkout of Mathlib, or a repository that requires it. Exit status: 0 every module is compiled, 1 some
    could not be.
    """
    script = _script("mathlib")
    out = _console(json_file)
    plan = script.MathlibPlan(directory.resolve(), modules or script.DEFAULT_MODULES, limit, jobs, kept)
    results = script.measure(plan, embedded_toolchain(reporter()), home().caches, _notify)
    figures = {**asdict(results), "per_minute": round(results.per_minute, 1)}
    for name, figure in figures.items():
        out.print(f"{name}: {figure}", markup=False)
    _write(figures, json_file or RESULTS / "mathlib.json")
    return 1 if results.failed else 0


@command.command("gate")
@click.option("--repetitions", type=click.IntRange(min=1), default=3, show_default=True)
@json_option
def gate(repetitions: int, json_file: Path | None) -> int:
    """Measure the cost of the gate compared with plain elaboration of a file.

    Exit status: 0 every target is met, 1 one is missed.
    """
    out = _console(json_file)
    results = _script("gate").measure(embedded_toolchain(reporter()), home().caches, repetitions, _notify)
    table = Table("theorem", "file alone", "gate, first", "original known", "target", "met", "level 4", title="seconds")
    for row in results["rows"]:
        figures = (f"{row[name]:.2f}" for name in ("plain", "first", "known", "target"))
        table.add_row(row["theorem"], *figures, "yes" if row["met"] else "NO", f"{row['replayed']:.2f}")
    out.print(table)
    _write(results, json_file or RESULTS / "gate.json")
    return 0 if all(row["met"] for row in results["rows"]) else 1


@command.command("fuzz")
@click.option("--mutants", type=click.IntRange(min=1), default=20_000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@json_option
def fuzz(mutants: int, seed: int, json_file: Path | None) -> int:
    """Submit mutated proofs and statements to the gate; it must not accept one that states something else.

    Exit status: 0 it accepted none, 1 it accepted one.
    """
    script = _script("fuzz")
    out = _console(json_file)
    results = {
        "conditions": _script("workload").conditions(embedded_toolchain(reporter())),
        **script.fuzz(embedded_toolchain(reporter()), mutants, seed, _notify),
    }
    for name, figure in results.items():
        if name != "conditions":
            out.print(f"{name}: {figure}", markup=False)
    _write(results, json_file or RESULTS / "fuzz.json")
    return 1 if results["wrong"] else 0


@command.command("database")
@click.option(
    "--steps", type=click.IntRange(min=9_000), default=1_000_000, show_default=True, help="Number of tactic steps."
)
@json_option
def database(steps: int, json_file: Path | None) -> int:
    """Store tactic steps in a new SQLite database, and time the frequent queries.

    Exit status: 0 each query takes at most 50 ms, 1 one takes longer.
    """
    script = _script("database")
    out = _console(json_file)
    results = script.measure(steps, _notify)
    timings = Table("measurement", "database", "row by row")
    for row in results["timings"]:
        beside = f"{row['baseline']:,} {row['unit']}" if row["baseline"] is not None else ""
        timings.add_row(row["what"], f"{row['figure']:,} {row['unit']}", beside)
    table = Table("query", "median", "slowest", "≤ 50 ms")
    for row in results["queries"]:
        times = (f"{row['median_ms']:g} ms", f"{row['slowest_ms']:g} ms")
        table.add_row(row["what"], *times, "yes" if row["met"] else "NO")
    out.print(timings, table)
    _write(results, json_file or RESULTS / "database.json")
    return 0 if all(row["met"] for row in results["queries"]) else 1


@command.command("models")
@click.option("--goals", type=click.IntRange(2, 256), default=16, show_default=True, help="Number of goals in a batch.")
@json_option
def models(goals: int, json_file: Path | None) -> int:
    """Measure language models of realistic sizes, with and without batches, and the ensemble's overhead.

    Exit status: 0 each target is met, 1 one is missed.
    """
    script = _script("models")
    out = _console(json_file)
    results = script.measure(goals, _notify)
    table = Table("model", "way", "tactics a second", "times")
    for row in results["throughput"]:
        table.add_row(row["model"], row["what"], f"{row['tactics_per_second']:g}", f"{row['times']:g}")
    out.print(table)
    mixing = results["ensemble"]
    out.print(f"ensemble: {mixing['median_ms']} ms an expansion of {mixing['suggestions']} suggestions", markup=False)
    _write(results, json_file or RESULTS / "models.json")
    return 0 if all(row.get("met", True) for row in [*results["throughput"], mixing]) else 1


@command.command("rounds")
@repo_option
@timeout_option(10.0)
@click.option("--theorems", type=click.IntRange(min=1), default=12, show_default=True, help="Number of theorems.")
@click.option("--lines", type=click.IntRange(min=1), default=3, show_default=True, help="Least lines of their proofs.")
@click.option("--skills", default="0.3,0.6,0.9", show_default=True, help="Skills of the model, separated by commas.")
@click.option("--ablate", is_flag=True, help="Also measure the rounds without each of their parts.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses theorems, and what the model spoils.")
@json_option
def rounds(
    repo: str, timeout: float, theorems: int, lines: int, skills: str, ablate: bool, seed: int, json_file: Path | None
) -> int:
    """Measure the model alone, the search alone, and rounds of both, with a simulated model of known skill."""
    script = _script("rounds")
    chosen = tuple(float(skill) for skill in skills.split(","))
    plan = script.RoundsPlan(timeout, theorems, lines, chosen, ablate, seed)
    with Workspace.open(repo, "auto", reporter(), 1) as workspace:
        results = script.measure(workspace, plan, _notify)
    out = _console(json_file)
    ways = list(dict.fromkeys(way for row in results["table"] for way in row))
    table = Table(*ways)
    for row in results["table"]:
        table.add_row(*(f"{row.get(way, 0):g}" for way in ways))
    out.print(table)
    _write(results, json_file or RESULTS / "rounds.json")
    return 0


@command.command("repositories")
@click.argument("file", type=click.Path(path_type=Path))
@timeout_option(8.0)
@click.option(
    "--prove",
    type=click.IntRange(min=0),
    default=6,
    show_default=True,
    help="Maximum number of theorems of each repository.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="The number of Lean processes.")
@json_option
def repositories(file: Path, timeout: float, prove: int, jobs: int, json_file: Path | None) -> int:
    """Trace each repository of FILE, a URL@REV on each line, into the database, and attempt some of its theorems.

    They are the theorems with a `sorry`, or if there is none, theorems with their proofs hidden. Exit status: 0 all
    repositories were finished, 1 one was not.
    """
    script = _script("repositories")
    out = _console(json_file)
    target = json_file or RESULTS / "repositories.json"
    plan = script.RepositoriesPlan(timeout, prove, jobs)
    rows = script.measure(script.read_list(file), plan, _notify, lambda found: _write(found, target))
    table = Table("repository", *script.COLUMNS, title=f"up to {prove} theorems of each, {timeout:g} s each")
    for name, figures in script.table(rows):
        table.add_row(name, *figures)
    out.print(table, width=160)
    for row in rows:
        if row.reason:
            out.print(f"{row.repository}: {row.reason}", markup=False)
    return 1 if any(row.reason for row in rows) else 0


def _script(name: str) -> Any:
    """Returns a module of `benchmarks/`, which is not part of the installed package.

    Raises:
        UsageError: this is not a checkout.
    """
    if not (SCRIPTS / f"{name}.py").is_file():
        raise UsageError(f"There is no {SCRIPTS / name}.py: benchmarks run from a checkout of the source only.")
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    return importlib.import_module(f"benchmarks.{name}")


def _console(json_file: Path | None) -> Console:
    """Returns the console for tables: standard error if the figures go to standard output."""
    return consoles()[1 if json_file == STANDARD_OUTPUT else 0]


def _notify(text: str) -> None:
    notifier()(f"{text} …")


def _print_gains(out: Console, shares: Iterable[tuple[str, int, Any]], gains: Iterable[Any]) -> None:
    """Prints what each arm of a comparison proved, and the differences; see `benchmarks.projects`."""
    for arm, count, share in shares:
        out.print(f"{arm}: {count} proved, {share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})")
    for gain in gains:
        reach = f"{gain.difference.low:+.1%} to {gain.difference.high:+.1%}"
        counts = f"{gain.gained} gained, {gain.lost} lost of {gain.theorems}"
        out.print(
            f"{gain.arm} against {gain.against}: {counts}; {gain.difference.estimate:+.1%} ({reach}), p = {gain.p:.2g}"
        )


def _print_lean(out: Console, results: Any) -> None:
    table = Table("measurement", "gateway", "REPL", "REPL/gateway", "target", "met")
    for row in results.rows:
        ratio = f"{row.ratio:.1f}×" if row.ratio else ""
        baseline = f"{row.baseline:.3g} {row.unit}" if row.baseline is not None else ""
        goal = f"≥ {row.target.times:g}×" if row.target.times else f"≤ {row.target.at_most:g} {row.unit}"
        met = {True: "yes", False: "NO", None: "not judged"}[row.met]
        table.add_row(row.what, f"{row.figure:.3g} {row.unit}", baseline, ratio, goal, met)
    out.print(table)
    for note in [*(f"{row.what}: {row.note}" for row in results.rows if row.note), *results.notes]:
        out.print(note, markup=False)


def _write(results: Mapping[str, object], file: Path) -> None:
    if file.is_relative_to(RESULTS):
        file.parent.mkdir(parents=True, exist_ok=True)
    write_json(results, file)
    if file != STANDARD_OUTPUT:
        notifier()(f"wrote {file}")
