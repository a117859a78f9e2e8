"""`prover eval …`: runs benchmarks, reports on runs, compares them."""

import functools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from prover.app.ending import EXIT_INTERRUPTED
from prover.app.evaluating import FILES, EvaluationRequest, evaluate, problems_of
from prover.app.evaluation_plan import EvaluationOptions, evaluation_plan
from prover.app.models import model_limits
from prover.app.run_reports import find_proof, find_run, new_run_directory, run_report, write_page, write_reports
from prover.cli.main import EXIT_OPEN
from prover.cli.modelling import LIMITS as MODEL_LIMITS
from prover.cli.modelling import OPTIONS as MODEL_OPTIONS
from prover.cli.modelling import with_model
from prover.cli.options import (
    JsonCommand,
    allowed_axioms_option,
    generators_option,
    invent_option,
    jobs_option,
    json_option,
    mode_option,
    policy_option,
    revisions_option,
    search_level_option,
    tactic_timeout_option,
    timeout_option,
    toolchain_option,
    width_option,
)
from prover.cli.output import (
    LINE_INTERVAL_S,
    STANDARD_OUTPUT,
    consoles,
    print_result,
    reporter,
    short_target,
    write_json,
)
from prover.errors import UsageError
from prover.evaluate.harness import EvaluationPlan, RunCallbacks
from prover.evaluate.journal import SurveyLine, Trial
from prover.evaluate.json_lines import FIELDS
from prover.evaluate.markdown import MAX_GOALS_SHOWN, duration, further_axioms, percent, title
from prover.evaluate.record import record
from prover.evaluate.results import Run, denominators, figures, is_unfinished, read_run
from prover.evaluate.systems import BASELINES
from prover.evaluate.variants import with_variants
from prover.lean.session import TacticLimits
from prover.progress import Notify
from prover.search.budget import Budget

BENCHMARKS = {
    "minif2f": "miniF2F, from a checkout of its Lean 4 repository or a JSON Lines copy.",
    "putnambench": "PutnamBench, from a checkout or a JSON Lines copy.",
    "proofnet": "ProofNet, from a checkout of its Lean 4 repository or a JSON Lines copy.",
    "sorrydb": "The declarations around SorryDB's sorries, each in its repository.",
    "leandojo": "A split of a benchmark in LeanDojo's format, each theorem in its repository.",
    "repository": "Every theorem of the repository that --repo names, its proof hidden.",
}
ANY_FILE = "FILE.jsonl"
"""What stands for the path of any file of statements, in help texts."""
RETRIEVAL = "retrieval"
"""The command that measures the retrieval of premises, without a prover."""


class Evaluations(click.Group):
    """The commands, and a command for each benchmark and each JSON Lines file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*BENCHMARKS, ANY_FILE, RETRIEVAL, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in BENCHMARKS:
            return _command_for(cmd_name, BENCHMARKS[cmd_name])
        if cmd_name == RETRIEVAL:
            from prover.cli.eval_retrieval import command as retrieval

            return retrieval
        if cmd_name.endswith(FILES):
            return _command_for(cmd_name, "A JSON Lines file of statements: one problem a line.")
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = ", ".join(name for name in self.list_commands(ctx) if name != ANY_FILE)
            raise UsageError(
                f"There is no benchmark or command {args[0]}: choose from {known}; or give a file of statements whose "
                f"name ends in {', '.join(FILES)}."
            )
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        file = _command_for(ANY_FILE, "")
        with formatter.section(f"Options of {ANY_FILE}, and of the benchmarks above"):
            formatter.write_dl([each for option in file.params if (each := option.get_help_record(ctx))])


@click.group("eval", cls=Evaluations)
def command() -> None:
    """Run a benchmark: every problem is reported, every proof passes the gate, baselines are part of the run.

    Besides the benchmarks below, the path of a JSON Lines file of statements (.jsonl) can be given.
    """


def _command_for(benchmark: str, text: str) -> click.Command:
    run = with_model(functools.partial(_evaluate, benchmark))
    return JsonCommand(benchmark, callback=run, params=list(_parameters()), help=f"{text}\n\n{HELP}")


HELP = """Problems that do not elaborate here are reported with Lean's reason, and counted. Exit status: 0 the run is
complete, 1 --limit-seconds was over before, 2 wrong usage or input, 130 interrupted; --resume continues a run."""


def _parameters() -> list[click.Parameter]:
    def holder() -> None: ...

    for option in reversed(OPTIONS):
        holder = option(holder)
    return list(reversed(getattr(holder, "__click_params__", [])))


def _fields(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Returns the values of `--field` as a mapping."""
    found = {}
    for text in given:
        part, _, name = text.partition("=")
        if part not in FIELDS or not name:
            raise click.BadParameter(f"{text!r} should be PART=NAME, where PART is one of {', '.join(FIELDS)}.")
        found[part] = name
    return found


OPTIONS: tuple[Any, ...] = (
    click.option(
        "--split", default="", help="The split of the benchmark; for miniF2F valid or test; all for every split."
    ),
    click.option("--data", metavar="PATH|URL@REV", help="Where the benchmark's files are; fetched if not given."),
    click.option(
        "--field",
        "fields",
        multiple=True,
        metavar="PART=NAME",
        callback=_fields,
        help=f"The field of a JSON Lines file that holds a part of a problem: {', '.join(FIELDS)}.",
    ),
    click.option("--commit", default="", help="The dataset's commit, for the report, if the files do not contain it."),
    click.option("--repo", metavar="URL_OR_PATH[@REV]", help="A project whose modules and packages may be imported."),
    click.option(
        "--mathlib",
        metavar="DIR|URL@REV",
        help="Mathlib, or a repository that requires it: `import Mathlib` stands for what is compiled of it.",
    ),
    click.option(
        "--passes", type=click.IntRange(min=1), default=1, show_default=True, help="Number of attempts at each problem."
    ),
    timeout_option(),
    click.option("--expansions", type=click.IntRange(min=1), help="Maximum number of goals expanded in an attempt."),
    tactic_timeout_option(),
    width_option(),
    invent_option,
    policy_option,
    generators_option(),
    mode_option,
    revisions_option,
    search_level_option,
    *MODEL_OPTIONS,
    *MODEL_LIMITS,
    click.option("--baselines", default="fixed", show_default=True, help=f"Any of {', '.join(BASELINES)}; or none."),
    click.option(
        "--temperature", type=click.FloatRange(min=0), help="Temperature of the noise between passes; 0 for one pass."
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of the noise and of --sample."),
    click.option(
        "--variants", is_flag=True, help="Add variants of each problem: renamed, reordered, with one more fact."
    ),
    click.option("--only", multiple=True, metavar="NAME", help="Run only this problem; may be given several times."),
    click.option("--limit", type=click.IntRange(min=1), help="Run at most so many problems, evenly spread over all."),
    click.option("--sample", type=click.IntRange(min=1), help="Run so many problems, drawn at random by --seed."),
    click.option("--survey", is_flag=True, help="Only say which problems run here, and why the others do not."),
    click.option(
        "--limit-seconds",
        type=click.FloatRange(min=0),
        help="Time limit of the whole run, in seconds; trials that have begun are finished.",
    ),
    allowed_axioms_option,
    jobs_option,
    toolchain_option,
    click.option("--out", type=click.Path(path_type=Path), help="The directory of the run."),
    click.option("--resume", is_flag=True, help="Continue the run in the directory --out."),
    json_option,
)


def _evaluate(benchmark: str, /, **given: Any) -> int:
    """Runs a benchmark and reports on it."""
    out = consoles()[0] if given["json_file"] != STANDARD_OUTPUT else consoles()[1]
    reporting = reporter()
    notify = reporting.notify
    request = EvaluationRequest(
        benchmark,
        given["split"],
        given["data"],
        given["commit"],
        given["repo"],
        given["toolchain_choice"],
        given["only"],
        given["limit"],
        given["sample"],
        given["seed"],
        given["fields"],
        given["mathlib"],
    )
    if given["repo"] is not None and given["mathlib"] is not None:
        raise UsageError("Give --repo or --mathlib, not both: what a project requires is found by --repo.")
    plan = evaluation_plan(_options(given), reporting)
    if given["resume"] and given["out"] is None:
        raise UsageError("Name the run to continue with --out.")
    problems = problems_of(request, reporting)
    if given["variants"]:
        problems = with_variants(problems)
    root: Path = given["out"] or new_run_directory(problems.name, problems.split)
    notify(f"{problems.name}: {len(problems.problems)} problems, into {root}")
    callbacks = _callbacks(out, notify, plan, len(problems.problems))
    try:
        evaluate(request, problems, plan, root, given["resume"], callbacks, reporting, given["limit_seconds"])
    except KeyboardInterrupt:
        notify(f"interrupted: --out {root} --resume continues it")
        return EXIT_INTERRUPTED
    run = read_run(root)
    summarise(run, out)
    write_reports(run, notify)
    if given["json_file"] is not None:
        write_json(_plain(record(run)), given["json_file"])
    if given["limit_seconds"] is None or not is_unfinished(run, plan.survey_only):
        return 0
    notify(f"the time is over: --out {root} --resume continues the run")
    return EXIT_OPEN


def _options(given: dict[str, Any]) -> EvaluationOptions:
    """Returns the options of the command line as a value."""
    limits = model_limits(given["tokens"], given["cost"], given["model"])
    search = ("generators", "width", "invent", "policy", "model", "mode", "revisions", "level")
    trials = ("baselines", "passes", "temperature", "seed", "jobs", "axioms")
    return EvaluationOptions(
        budget=Budget(given["timeout"], given["expansions"], **limits),
        limits=TacticLimits(milliseconds=round(given["tactic_timeout"] * 1000)),
        survey_only=given["survey"],
        **{name: given[name] for name in (*search, *trials)},
    )


class RunCounter:
    """Says how many problems of a run are done, and how long the rest may take."""

    def __init__(self, total: int, notify: Notify, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._notify = notify
        self._clock = clock
        self._lock = threading.Lock()
        self._before = 0
        self._done = 0
        self._proved: set[str] = set()
        self._began = self._said = clock()

    def begun(self, before: int) -> None:
        """Counts problems that were done before."""
        self._before += before

    def proved(self, problem: str) -> None:
        """Counts a problem as proved, once."""
        self._proved.add(problem)

    def attended(self) -> None:
        """Counts a problem as done, and says so now and then."""
        with self._lock:
            self._done += 1
            now = self._clock()
            if now - self._said < LINE_INTERVAL_S or self._before + self._done >= self._total:
                return
            self._said = now
        done = self._before + self._done
        left = (now - self._began) / self._done * (self._total - done)
        proved = f"{len(self._proved)} proved since it began"
        self._notify(f"{done} of {self._total} problems, {proved}; about {duration(left)} left")


def _callbacks(out: Console, notify: Notify, plan: EvaluationPlan, total: int) -> RunCallbacks:
    counter = RunCounter(total, notify)
    ours = plan.systems[0].name
    marks = {"proved": "[green]✓[/]", "open": "[yellow]·[/]", "refused": "[red]✗[/]", "crashed": "[red]✗[/]"}

    def surveyed(line: SurveyLine) -> None:
        if line.status != "runnable":
            options = f" (its header implies {', '.join(line.options)})" if line.options else ""
            notify(f"  {line.problem}: {line.status}: {line.reason.splitlines()[0] if line.reason else ''}{options}")
        elif plan.survey_only:
            out.print(f"{line.problem}: runs here", markup=False)

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
        for goal in trial.stuck[:MAX_GOALS_SHOWN]:
            out.print(f"    stuck at {short_target(goal.goal)}", style="dim", markup=False)
        if trial.outcome == "proved":
            counter.proved(trial.problem)

    return RunCallbacks(surveyed, tried, counter.begun, counter.attended)


def summarise(run: Run, out: Console) -> None:
    """Prints the figures of a run."""
    counts = denominators(run)
    not_tried = f", of these not tried {counts.not_tried}" if counts.not_tried else ""
    caption = f"all {counts.all}, runnable here {counts.runnable}{not_tried}, crashed {counts.crashed}"
    name = f"{title(run)}{further_axioms(run)}"
    shown = Table("system", "attempted", "crashed", "proved", "of runnable", "of all", title=name, caption=caption)
    for system in run.systems:
        f = figures(run, system)
        cells = (f.attempted, f.crashed, f.proved)
        shown.add_row(system, *map(str, cells), percent(f.of_runnable), percent(f.of_all))
    out.print(shown)


@command.command("report", cls=JsonCommand)
@click.argument("run")
@click.option("--html", "as_html", is_flag=True, help="Write a page with plots into the run's directory.")
@click.option(
    "--against", multiple=True, type=click.Path(path_type=Path), help="Statements of training data; see below."
)
@click.option("--memory", is_flag=True, help="Count what the database has a proof of as training data, too.")
@json_option
def report_(run: str, as_html: bool, against: tuple[Path, ...], memory: bool, json_file: Path | None) -> None:
    """Report on a run, by its directory or name: as Markdown to standard output, unless another form is asked for.

    --against names JSON Lines files, or directories of Lean files, with statements of training data: results
    are then split by how much of each statement occurs there.
    """
    found = read_run(find_run(run))
    text = run_report(found, against, memory)
    if json_file is not None:
        write_json(_plain(record(found)), json_file)
    if as_html:
        click.echo(f"wrote {write_page(found, text)}", err=True)
    if json_file is None and not as_html:
        click.echo(text, nl=False)


@command.command("proof")
@click.argument("run")
@click.argument("problem")
@click.option("--system", default="prover", show_default=True, help="The system that proved it.")
def proof_(run: str, problem: str, system: str) -> None:
    """Print the whole file with which a run proved a problem, as the gate accepted it."""
    click.echo(find_proof(find_run(run), problem, system), nl=False)


@command.command("compare", cls=JsonCommand)
@click.argument("run_a")
@click.argument("run_b")
@click.option(
    "--system", default="prover", show_default=True, help="The system to compare, or A,B to compare different ones."
)
@json_option
def compare_(run_a: str, run_b: str, system: str, json_file: Path | None) -> None:
    """Compare two runs, problem by problem: which problems were gained and lost, and whether it could be chance."""
    from prover.evaluate.compare import Side, compare, comparison_report

    one, _, other = system.partition(",")
    found = compare(Side(read_run(find_run(run_a)), one), Side(read_run(find_run(run_b)), other or one))
    fields = ("compared", "left_out", "both", "gained", "lost", "neither", "p", "difference", "costs", "differing")
    values = _plain({name: getattr(found, name) for name in fields})
    print_result(values, json_file, lambda: click.echo(comparison_report(found), nl=False))


def _plain(value: object) -> object:
    """Returns a value as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value))
