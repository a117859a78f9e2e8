"""`prover train generator`: trains a model on the tactic proofs of repositories, and enters it in the registry."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from prover.app.environment import database, home
from prover.app.tracing import trace_into_database
from prover.app.workspace import Workspace
from prover.attempt import Task
from prover.cli.options import jobs_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import LeanError, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.revision import revision_of

if TYPE_CHECKING:
    from curriculum.database.database import UnitOfWork
    from curriculum.learn.generator.examples import Example, Split
    from curriculum.learn.generator.training import TrainedGenerator
    from curriculum.learn.generator.validity import Validity

JUDGED = 40
"""held-out theorems that the valid-tactic rate is measured on, at most"""


@dataclass(frozen=True)
class Learnt:
    """What was gathered to learn from."""

    examples: tuple["Example", ...]
    repositories: dict[str, str]
    """location and revision of each"""
    own: int
    """examples from proofs that the prover has found"""


@click.command("generator")
@click.option("--repo", "repos", multiple=True, default=(".",), show_default=True, metavar="URL_OR_PATH[@REV]",
              help="What to learn from; may be given several times.")  # fmt: skip
@click.option(
    "--module", "modules", multiple=True, metavar="NAME", help="Learn from this module only, and others named."
)
@click.option("--base", default="tiny", show_default=True, help="A preset, a directory, or a name.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the model is written.")
@click.option("--name", help="Its name in the list of models.")
@click.option("--lora", is_flag=True, help="Train a low-rank adapter, not all weights.")
@click.option("--epochs", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--batch", type=click.IntRange(min=1), default=16, show_default=True, help="Examples at once.")
@click.option("--accumulate", type=click.IntRange(min=1), default=1, show_default=True, help="Batches a step.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Of learning; by default one for the base.")
@click.option("--precision", type=click.Choice(["float32", "bfloat16"]), default="float32", show_default=True)
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--held-out", type=click.FloatRange(0, 0.9), default=0.1, show_default=True, help="Share of theorems.")
@click.option("--except", "excepted", multiple=True, metavar="NAME", help="A theorem that is held out.")
@click.option("--found/--no-found", default=True, show_default=True, help="Learn from proofs found by the prover too.")
@click.option("--validity/--no-validity", default=True, show_default=True, help="Measure the valid-tactic rate.")
@jobs_option
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(repos: tuple[str, ...], jobs: int, toolchain_choice: ToolchainChoice, as_json: bool, **given: Any) -> None:
    """Train a model on the tactic proofs of repositories: the goal before each tactic, and the tactic.

    A training that is interrupted goes on when the same command is given again. What was held out is judged at
    the end: the loss on it, and the share of suggested tactics that Lean accepts.
    """
    from curriculum.learn.generator.examples import split

    out = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    learnt = gather(repos, toolchain_choice, jobs, given["modules"], given["found"], reporting)
    parts = split(learnt.examples, given["held_out"], given["seed"], given["excepted"])
    notify(f"{len(parts.train)} examples to learn from, {len(parts.held_out)} held out")
    trained, name, parent = _train(parts, learnt, given, reporting)
    metrics: dict[str, float] = dict(trained.card.metrics)
    if given["validity"] and parts.held_out:
        judged = judge(
            str(trained.directory),
            repos,
            toolchain_choice,
            jobs,
            {example.declaration for example in parts.held_out},
            reporting,
        )
        if judged.proposed:
            metrics |= {"valid_rate": round(judged.rate, 4), "valid_goals": judged.goals}
    register(name, trained, learnt, parts, metrics, parent)
    said = {"name": name, "directory": str(trained.directory), "format": trained.card.format, "metrics": metrics}
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    tell(out, name, trained.directory, metrics)


def gather(
    repos: Sequence[str],
    toolchain_choice: ToolchainChoice,
    jobs: int,
    modules: Sequence[str],
    found: bool,
    reporter: Reporter,
) -> Learnt:
    """Traces the repositories, as far as they are not, and reads what they, or the modules that are named, teach.

    Raises:
        UsageError: none of it has a finished tactic proof.
    """
    from curriculum.database.loading import modules_of, snapshot_of
    from curriculum.database.steps import own_proofs
    from curriculum.learn.generator.examples import found_examples, traced_examples

    examples: list[Example] = []
    revisions: dict[str, str] = {}
    for repo in dict.fromkeys(repos):
        with Workspace.open(repo, toolchain_choice, reporter, jobs) as ready:
            trace_into_database(ready, reporter.notify)
            location = ready.checkout.location.canonical
            revisions[location] = revision_of(ready.checkout, ready.repository)
    with database() as db, db.reading() as connection:
        for location in revisions:
            if (snapshot := snapshot_of(connection, location)) is not None:
                for module in modules_of(connection, snapshot):
                    if module.name in modules or not modules:
                        examples += traced_examples(module)
        traced = len(examples)
        if found:
            known = {example.module for example in examples}
            examples += [e for e in found_examples(own_proofs(connection)) if e.module in known]
    if not examples:
        raise UsageError(f"{', '.join(repos)} has no finished tactic proof to learn from: name another with --repo.")
    return Learnt(tuple(examples), revisions, len(examples) - traced)


def _train(
    parts: "Split", learnt: Learnt, given: dict[str, Any], reporter: Reporter
) -> "tuple[TrainedGenerator, str, str | None]":
    """The model, its name, and the name of the one that it was trained from."""
    from curriculum.learn.generator.examples import digest_of
    from curriculum.learn.generator.presets import PRESETS
    from curriculum.learn.generator.training import train
    from curriculum.learn.generator.training_plan import Lora, TrainingPlan

    base, parent = base_model(given["base"])
    rate = given["rate"] or (2e-3 if base in PRESETS else 2e-4 if given["lora"] else 1e-4)
    plan = TrainingPlan(
        epochs=given["epochs"],
        batch=given["batch"],
        accumulate=given["accumulate"],
        learning_rate=rate,
        seed=given["seed"],
        precision=given["precision"],
        lora=Lora() if given["lora"] else None,
        device=given["device"],
    )
    name = given["name"] or named_after(learnt, given["base"], f"{plan} {digest_of(parts.train)}")
    directory: Path = (given["out"] or home().root / "models" / name).expanduser().resolve()
    return train(parts.train, directory, plan, base, parts.held_out, reporter.notify), name, parent


def base_model(base: str) -> tuple[str, str | None]:
    """What a base is loaded from, and its name, if it is one of the list."""
    from curriculum.database.models import model_in, model_named

    with database() as db, db.reading() as connection:
        known = model_named(connection, base) or model_in(connection, str(Path(base).expanduser().resolve()))
    if known is None or known.directory is None:
        return base, None
    return known.directory, known.name


def named_after(learnt: Learnt, base: str, made_of: str) -> str:
    """A name for a model: of the first repository, the base, and a digest of what it is made of."""
    words = (next(iter(learnt.repositories)).rstrip("/").rsplit("/", 1)[-1], Path(base).name, digest(made_of))
    return "-".join(re.sub(r"[^\w.-]+", "-", word) for word in words)


def judge(
    model: str, repos: Sequence[str], toolchain_choice: ToolchainChoice, jobs: int, names: set[str], reporter: Reporter
) -> "Validity":
    """The valid-tactic rate of a model on theorems that were held out."""
    from curriculum.learn.generator.validity import Validity, validity
    from prover.app.models import ModelChoice

    choice = ModelChoice(model, offline=True)
    generator = choice.tactics(choice.open(), reporter)
    total = Validity()
    for ready, session in in_turn(repos, toolchain_choice, jobs, reporter):
        total += validity(session, islice(tasks(ready, session, names), JUDGED - total.goals), generator)
    return total


def in_turn(
    repos: Sequence[str], toolchain_choice: ToolchainChoice, jobs: int, reporter: Reporter
) -> Iterator[tuple[Workspace, LeanSession]]:
    """Each repository, opened, and a session on it; the next one when the last is done with."""
    for repo in dict.fromkeys(repos):
        with (
            Workspace.open(repo, toolchain_choice, reporter, jobs) as ready,
            Pool(ready.toolchain, ready.builder.search_path(), 1) as pool,
            pool.lend() as session,
        ):
            yield ready, session


def tell(out: Console, name: str, directory: Path, metrics: Mapping[str, float]) -> None:
    """Prints what came of a training."""
    out.print(f"{name}: {directory}", markup=False)
    width = max([16, *(len(metric) + 1 for metric in metrics)])
    for metric, value in metrics.items():
        out.print(f"  {metric:{width}}{value:10.4g}", markup=False)
    out.print(f"use it with `prover prove --model {name}`", markup=False)


def tasks(ready: Workspace, session: LeanSession, names: set[str]) -> Iterator[Task]:
    """The theorems of these names; a module that cannot be read is passed over."""
    for module in ready.repository.modules.values():
        try:
            ready.builder.prepare(module)
            source = source_of(ready.repository, module)
            declared = session.declarations(source, detail=True)
        except (UsageError, LeanError):
            continue
        yield from (Task(source, d) for d in declared if d.kind == "theorem" and d.name in names)


def register(
    name: str,
    trained: "TrainedGenerator",
    learnt: Learnt,
    parts: "Split",
    metrics: dict[str, float],
    parent: str | None,
) -> None:
    """Enters the model in the list."""
    trained_on = {
        "repositories": learnt.repositories,
        "examples": len(parts.train),
        "held_out": len(parts.held_out),
        "found": learnt.own,
        "digest": trained.card.examples,
        "base": trained.card.base,
        "plan": trained.card.plan,
    }

    def act(work: "UnitOfWork") -> None:
        work.results.record_model(name, str(trained.directory), trained_on, metrics, parent)
        work.results.record_model_files(name, str(trained.directory), trained.card.kind, trained.card.format)

    with database() as db:
        db.perform(act)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
