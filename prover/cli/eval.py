"""`prover eval …`: runs benchmarks, reports on runs, compares them."""

import functools
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from prover.app.assembly import generators_named, mixture, stored_statistics
from prover.app.environment import database, home
from prover.app.evaluating import FILES, Wanted, evaluate, problems_of
from prover.app.models import ModelChoice, asked_of, model_limits
from prover.cli.main import EXIT_INTERRUPTED
from prover.cli.modelling import LIMITS as MODEL_LIMITS
from prover.cli.modelling import OPTIONS as MODEL_OPTIONS
from prover.cli.modelling import with_model
from prover.cli.options import jobs_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import RunError, UsageError
from prover.evaluate.calibration import calibration_section
from prover.evaluate.contamination import Overlap, contamination_section, corpus_of
from prover.evaluate.harness import EvaluationPlan, RunCallbacks
from prover.evaluate.journal import SurveyLine, Trial
from prover.evaluate.literature import section
from prover.evaluate.loading import statements
from prover.evaluate.markdown import percent, report, title
from prover.evaluate.record import record
from prover.evaluate.results import Run, denominators, figures, read_run
from prover.evaluate.systems import BASELINES, System, baselines
from prover.evaluate.variants import robustness_section, with_variants
from prover.lean.session import TacticLimits
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.search.budget import Budget
from retrieval.files import write_atomically

BENCHMARKS = {
    "minif2f": "miniF2F, from a checkout of its Lean 4 repository or a JSON Lines copy.",
    "putnambench": "PutnamBench, from a checkout or a JSON Lines copy.",
    "proofnet": "ProofNet, from a checkout of its Lean 4 repository or a JSON Lines copy.",
    "sorrydb": "The declarations around SorryDB's sorries, each in its repository.",
    "leandojo": "A split of a benchmark in LeanDojo's format, each theorem in its repository.",
    "repository": "Every theorem of the repository that --repo names, its proof hidden.",
}
RETRIEVAL = "retrieval"
"""no run of a prover: how well premises are found"""


class Evaluations(click.Group):
    """The commands, and a command for each benchmark and each JSON Lines file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*BENCHMARKS, RETRIEVAL, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in BENCHMARKS:
            return _command_for(cmd_name, BENCHMARKS[cmd_name])
        if cmd_name == RETRIEVAL:
            from prover.cli.eval_retrieval import command as retrieval

            return retrieval
        if cmd_name.endswith(FILES):
            return _command_for(cmd_name, "A file with a statement a line.")
        return super().get_command(ctx, cmd_name)


@click.group("eval", cls=Evaluations)
def command() -> None:
    """Run a benchmark: every problem accounted for, every proof gated, baselines in the same run.

    Besides the benchmarks below, the path of a .jsonl file with a statement a line can be given.
    """


def _command_for(benchmark: str, text: str) -> click.Command:
    run = with_model(functools.partial(_evaluate, benchmark))
    return click.Command(benchmark, callback=run, params=list(_parameters()), help=f"{text}\n\n{HELP}")


HELP = """What does not elaborate here is reported with Lean's reason, and counted. Exit status: 0 the run is
complete, 2 wrong usage or input, 130 interrupted; --resume goes on with it."""


def _parameters() -> list[click.Parameter]:
    def holder() -> None: ...

    for option in reversed(OPTIONS):
        holder = option(holder)
    return list(reversed(getattr(holder, "__click_params__", [])))


OPTIONS: tuple[Any, ...] = (
    click.option("--split", default="", help="Of the benchmark: for miniF2F valid or test."),
    click.option("--data", metavar="PATH|URL@REV", help="Where the benchmark's files are; fetched if not given."),
    click.option("--commit", default="", help="Of the dataset, for the report, where the files do not tell."),
    click.option("--repo", metavar="URL_OR_PATH[@REV]", help="A project whose modules and packages may be imported."),
    click.option("--passes", type=click.IntRange(min=1), default=1, show_default=True, help="Tries at each problem."),
    click.option("--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds a try."),
    click.option("--expansions", type=click.IntRange(min=1), help="Goals expanded a try, at most."),
    click.option("--tactic-timeout", type=click.FloatRange(min=0.1), default=1.5, show_default=True, help="Seconds."),
    click.option("--width", type=click.IntRange(min=1), default=64, show_default=True, help="Tactics a goal, at most."),
    click.option("--generators", default="automation,structure", show_default=True, help="What proposes tactics."),
    *MODEL_OPTIONS,
    *MODEL_LIMITS,
    click.option("--baselines", "beside", default="fixed", show_default=True, help=f"Of {', '.join(BASELINES)}; none."),
    click.option("--temperature", type=click.FloatRange(min=0), help="Of the noise between passes; 0 for one pass."),
    click.option("--seed", type=int, default=0, show_default=True),
    click.option("--variants", is_flag=True, help="Each also with names changed, reordered, and with a fact more."),
    click.option("--only", multiple=True, metavar="NAME", help="This problem; may be given several times."),
    click.option("--limit", type=click.IntRange(min=1), help="Problems, evenly spread over all, at most."),
    jobs_option,
    toolchain_option,
    click.option("--out", type=click.Path(path_type=Path), help="The directory of the run."),
    click.option("--resume", is_flag=True, help="Go on with the run that is there."),
)


def _evaluate(benchmark: str, /, **given: Any) -> int:
    """Runs a benchmark and reports on it."""
    out = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    toolchain_choice: ToolchainChoice = given["toolchain_choice"]
    wanted = Wanted(
        benchmark,
        given["split"],
        given["data"],
        given["commit"],
        given["repo"],
        toolchain_choice,
        given["only"],
        given["limit"],
    )
    plan = _plan(given, reporting)
    if given["resume"] and given["out"] is None:
        raise UsageError("Say with --out which run to go on with.")
    problems = problems_of(wanted, reporting)
    if given["variants"]:
        problems = with_variants(problems)
    root: Path = given["out"] or _new_directory(problems.name, problems.split)
    notify(f"{problems.name}: {len(problems.problems)} problems, into {root}")
    try:
        evaluate(wanted, problems, plan, root, given["resume"], _telling(out, notify, plan), reporting)
    except KeyboardInterrupt:
        notify(f"interrupted: --out {root} --resume goes on with it")
        return EXIT_INTERRUPTED
    run = read_run(root)
    summarise(run, out)
    write_reports(run, notify)
    return 0


def _plan(given: dict[str, Any], reporter: Reporter) -> EvaluationPlan:
    passes, temperature = given["passes"], given["temperature"]
    if temperature is None:
        temperature = 0.0 if passes == 1 else 0.5
    if passes > 1 and temperature == 0:
        raise UsageError("Passes at temperature 0 are all the same: give a --temperature, or leave out --passes.")
    limits = model_limits(given["tokens"], given["cost"], given["model"])
    budget = Budget(given["timeout"], given["expansions"], **limits)
    of_tactics = TacticLimits(milliseconds=round(given["tactic_timeout"] * 1000))
    model: ModelChoice | None = given["model"]
    asked = asked_of(model, "tactics", 0, reporter)
    generators = generators_named(given["generators"], reporter, asked.tactics)
    knows: dict[str, Any] = {f"{each.name}, {name}": fact for each in generators for name, fact in each.facts().items()}
    if model is not None:
        knows["model"] = {**asdict(model), "name": asked.name}
    ours = System(
        "prover",
        mixture(generators, stored_statistics(), frozen=True),
        budget,
        width=given["width"],
        limits=of_tactics,
        knows=knows,
    )
    names = [name.strip() for name in given["beside"].split(",") if name.strip() not in ("", "none")]
    return EvaluationPlan((ours, *baselines(names, ours)), passes, temperature, given["seed"], given["jobs"])


def _new_directory(name: str, split: str) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    return home().root / "evaluations" / "-".join(filter(None, [Path(name).name, split.replace("/", "-"), stamp]))


def _telling(out: Console, notify: Any, plan: EvaluationPlan) -> RunCallbacks:
    ours = plan.systems[0].name
    marks = {"proved": "[green]✓[/]", "open": "[yellow]·[/]", "refused": "[red]✗[/]", "crashed": "[red]✗[/]"}

    def surveyed(line: SurveyLine) -> None:
        if line.status != "runnable":
            notify(f"  {line.problem}: {line.status}: {line.reason.splitlines()[0] if line.reason else ''}")

    def tried(trial: Trial) -> None:
        number = f" pass {trial.number}" if plan.passes > 1 else ""
        text = f"{trial.problem}  {trial.system}{number}  {trial.seconds:.1f} s"
        if trial.system != ours:
            notify(f"  {trial.outcome}: {text}")
            return
        out.print(marks[trial.outcome], end=" ")
        out.print(f"{text}{'' if trial.outcome == 'proved' else f'  {trial.reason}'}", markup=False)
        for line in trial.proof.splitlines():
            out.print(f"    {line}", style="bold", markup=False)

    return RunCallbacks(surveyed, tried)


def summarise(run: Run, out: Console) -> None:
    """Prints the figures of a run."""
    counts = denominators(run)
    caption = f"all {counts.all}, runnable here {counts.runnable}, crashed {counts.crashed}"
    shown = Table(
        "system", "attempted", "crashed", "proved", "of runnable", "of all", title=title(run), caption=caption
    )
    for system in run.systems:
        f = figures(run, system)
        cells = (f.attempted, f.crashed, f.proved)
        shown.add_row(system, *map(str, cells), percent(f.of_runnable), percent(f.of_all))
    out.print(shown)


def write_reports(run: Run, notify: Any) -> None:
    """Writes the reports into the run's directory."""
    write_atomically(run.root / "report.md", report(run, _further(run)).encode())
    write_atomically(run.root / "report.json", msgspec.json.format(msgspec.json.encode(record(run)), indent=1) + b"\n")
    notify(f"wrote {run.root / 'report.md'} and report.json")


def _further(run: Run, contamination: str = "") -> list[str]:
    """The sections of a report that not every run has."""
    return [robustness_section(run), contamination, calibration_section(run), section(run)]


def find_run(text: str) -> Path:
    """The directory of a run, by its path or its name among those in the user's directory.

    Raises:
        RunError: there is none.
    """
    for path in (Path(text).expanduser(), home().root / "evaluations" / text):
        if path.is_dir():
            return path
    raise RunError(f"There is no run {text}: give the directory that --out named.")


@command.command("report")
@click.argument("run")
@click.option("--html", "as_html", is_flag=True, help="A page with plots, into the run's directory.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON, to standard output.")
@click.option("--against", multiple=True, type=click.Path(path_type=Path), help="Statements that were seen before.")
@click.option("--memory", is_flag=True, help="Split by what the database has a proof of, too.")
def report_(run: str, as_html: bool, as_json: bool, against: tuple[Path, ...], memory: bool) -> None:
    """Report on a run, by its directory or name: as Markdown to standard output, unless another form is asked for.

    --against names JSON Lines files, or directories of Lean files, with statements of training data: results
    are then split by how much of each statement occurs there.
    """
    found = read_run(find_run(run))
    further = _further(found, _contamination(found, against, memory) if against or memory else "")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(record(found)), indent=1))
    if as_html:
        from prover.evaluate.page import page
        from prover.evaluate.plots import plots

        file = found.root / "report.html"
        write_atomically(file, page(title(found), report(found, further), plots(found)).encode())
        click.echo(f"wrote {file}", err=True)
    if not as_json and not as_html:
        click.echo(report(found, further), nl=False)


def _contamination(run: Run, against: tuple[Path, ...], memory: bool) -> str:
    """Results split by what was seen before; what the database has proved counts as renamed, its keys ignore names."""
    corpus = corpus_of(pair for path in against for pair in statements(path))
    overlaps = {problem.name: corpus.overlap(problem.statement) for problem in run.problems}
    for name in _remembered(run) if memory else ():
        if overlaps[name].degree in ("near", "none"):
            overlaps[name] = Overlap("renamed", "the database", 1.0)
    places = [*(path.name for path in against), *(["what the database has proved"] if memory else [])]
    return contamination_section(run, overlaps, " and ".join(places))


def _remembered(run: Run) -> list[str]:
    """The problems whose statement the database has a proof of."""
    from curriculum.database.history import proofs_of

    keys = {name: line.key for name, line in run.survey.items() if line.key}
    with database() as db:
        return db.perform(lambda work: [name for name, key in keys.items() if proofs_of(work.connection, key)])


@command.command("compare")
@click.argument("run_a")
@click.argument("run_b")
@click.option("--system", default="prover", show_default=True, help="Of both runs; or A,B for one of each.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def compare_(run_a: str, run_b: str, system: str, as_json: bool) -> None:
    """Compare two runs, problem by problem: what was gained and lost, and whether it could be chance."""
    from prover.evaluate.compare import Side, compare, comparison_report

    one, _, other = system.partition(",")
    found = compare(Side(read_run(find_run(run_a)), one), Side(read_run(find_run(run_b)), other or one))
    if not as_json:
        click.echo(comparison_report(found), nl=False)
        return
    fields = ("compared", "left_out", "both", "gained", "lost", "neither", "p", "difference", "costs", "differing")
    click.echo(msgspec.json.format(msgspec.json.encode({name: getattr(found, name) for name in fields}), indent=1))
