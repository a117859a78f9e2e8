"""`prover suggest`: tactics for the goal of a theorem, each tried, with the goals that it leaves."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
from rich.console import Console

from prover.app.assembly import generators_named, mixture
from prover.app.locating import locate
from prover.app.store import Ledger
from prover.app.workspace import Workspace
from prover.attempt import Task, have_read, sorry_goals
from prover.cli.main import EXIT_OPEN
from prover.cli.modelling import ModelChoice, model_options
from prover.cli.options import repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.session import Advanced, Failed, State, TacticLimits, TacticOutcome
from prover.lean.toolchain.choose import ToolchainChoice
from prover.project.contents import ContentsReader
from prover.tactics.generator import Generator, Suggestion
from prover.tactics.language.formats import state_text

LIMITS = TacticLimits(milliseconds=3_000)


@dataclass(frozen=True)
class Tried:
    """A suggestion and what came of it."""

    tactic: str
    """as it would be written: what a tactic that searches has found, in its place"""
    generators: tuple[str, ...]
    log_probability: float
    goals: tuple[str, ...] | None
    """what it leaves, as Lean prints them; None where it failed"""
    failure: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What the user asked for."""

    theorem: str
    after: tuple[str, ...]
    """tactics that are run first"""
    generators: tuple[Generator, ...]
    count: int


@click.command("suggest")
@repo_option
@click.option("--theorem", required=True, help="Full name of a theorem: its first `sorry`, else its statement.")
@click.option("--after", multiple=True, metavar="TACTIC", help="Run first; may be given several times.")
@click.option("-k", "count", type=click.IntRange(1, 500), default=16, show_default=True, help="Tactics tried.")
@click.option("--failures", is_flag=True, help="Show those that fail too.")
@click.option("--generators", default="automation,structure,memory", show_default=True, help="What proposes tactics.")
@model_options
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    repo: str,
    theorem: str,
    after: tuple[str, ...],
    count: int,
    failures: bool,
    generators: str,
    model: ModelChoice | None,
    toolchain_choice: ToolchainChoice,
    as_json: bool,
) -> int:
    """Suggest tactics for the goal of a theorem: each is tried, and shown with the goals that it leaves.

    Those that close the goal come first, then the others as they were ranked. Exit status: 0 one of them helps, 1
    none does, 2 wrong usage or input.
    """
    out = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    tactics = model.tactics(model.open(), reporting) if model is not None else None
    wanted = Wanted(theorem, after, generators_named(generators, reporting, tactics), count)
    with (
        Workspace.open(repo, toolchain_choice, reporting) as ready,
        Pool(ready.toolchain, ready.builder.search_path(), 1) as pool,
        pool.lend() as session,
    ):
        state, tried = _suggested(ready, session, wanted, Ledger(ready.toolchain.name, {}, notify))
    shown = [each for each in tried if failures or each.goals is not None]
    if as_json:
        goal = state_text(state.goals[0])
        click.echo(json.dumps({"goal": goal, "tactics": [asdict(each) for each in shown]}, ensure_ascii=False))
    else:
        _print(out, state, shown)
    return 0 if any(each.goals is not None for each in tried) else EXIT_OPEN


def _suggested(ready: Workspace, session: LeanSession, wanted: Wanted, ledger: Ledger) -> tuple[State, list[Tried]]:
    located = locate(ready, session, wanted.theorem)
    detailed = session.declarations(located.source, detail=True)
    task = Task(located.source, next(d for d in detailed if d.name == wanted.theorem))
    state = _after(session, sorry_goals(session, task)[0].state, wanted.after)
    have_read(session, ContentsReader(ready.repository, ready.toolchain), [task.source], wanted.generators)
    ledger.begin(ready.checkout.location.canonical, [])
    ensemble = mixture(wanted.generators, ledger.standing())
    ledger.end(interrupted=False)
    ranked = ensemble.for_theorem(task.ref()).suggest(state.goals[0])[: wanted.count]
    outcomes = session.run(state, [suggestion.tactic for suggestion in ranked], LIMITS)
    tried = [_tried(suggestion, outcome) for suggestion, outcome in zip(ranked, outcomes, strict=True)]
    return state, sorted(tried, key=lambda each: (each.goals is None, bool(each.goals)))


def _after(session: LeanSession, state: State, tactics: Sequence[str]) -> State:
    """The first goal that is left after some tactics.

    Raises:
        UsageError: one of them fails, or nothing is left.
    """
    for tactic in tactics:
        match next(session.run(state, [tactic], LIMITS)):
            case Failed(_, message):
                raise UsageError(f"`{tactic}` fails here: {' '.join(message.split())[:200]}")
            case Advanced(()):
                raise UsageError(f"Nothing is left to prove after `{tactic}`.")
            case Advanced(states):
                state = states[0]
    return state


def _tried(suggestion: Suggestion, outcome: TacticOutcome) -> Tried:
    score = round(suggestion.log_probability, 3)
    match outcome:
        case Advanced(states, replacement):
            goals = tuple(state_text(goal) for state in states for goal in state.goals)
            return Tried(replacement or suggestion.tactic, suggestion.sources, score, goals)
        case Failed(kind, message):
            return Tried(suggestion.tactic, suggestion.sources, score, None, message or kind)


def _print(out: Console, state: State, tried: Sequence[Tried]) -> None:
    for line in state_text(state.goals[0]).splitlines():
        out.print(line, style="dim", markup=False)
    for each in tried:
        mark, style = ("✗", "red") if each.goals is None else ("·", "yellow") if each.goals else ("✓", "green")
        out.print(f"[{style}]{mark}[/] ", end="")
        out.print(f"{each.tactic}  ({', '.join(each.generators)} {each.log_probability:g})", markup=False)
        if each.failure is not None:
            out.print(f"    {' '.join(each.failure.split())[:160]}", style="dim", markup=False)
        for goal in each.goals or ():
            for line in goal.splitlines():
                out.print(f"    {line}", style="dim", markup=False)
    if not tried:
        out.print("nothing that was suggested helps", markup=False)
