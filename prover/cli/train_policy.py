"""`prover train policy`: trains the order in which suggestions are tried."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from prover.app.assembly import generators_named
from prover.app.collecting import Collection
from prover.app.policy_training import PolicyTraining, TrainedPolicy, train_policy_on
from prover.cli.options import JsonCommand, generators_option, jobs_option, json_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("policy", cls=JsonCommand)
@click.option("--repo", "repos", multiple=True, metavar="URL_OR_PATH[@REV]",
              help="Repository whose theorems are searched for first, proofs hidden; may be repeated.")  # fmt: skip
@click.option("--run", "--runs", "runs", type=int, multiple=True,
              help="Use the logs of this run of `prover prove`; may be repeated.")  # fmt: skip
@click.option("--hold-out", "held_out", multiple=True, metavar="URL_OR_PATH[@REV]",
              help="Measure on the logs of this repository, and do not train on them; may be repeated.")  # fmt: skip
@click.option("--name", default="mine", show_default=True, help="Name of the policy, for `--policy`.")
@click.option("--out", type=click.Path(path_type=Path), help="File of the policy, ending in .npz, instead of --name.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=5.0, show_default=True,
              help="Time for each search.")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(min=0), help="Begin no search after this time, and train.")
@click.option("--seed", type=int, default=0, show_default=True, help="Determines the noise and the training.")
@generators_option()
@jobs_option
@toolchain_option
@json_option
def command(
    repos: tuple[str, ...],
    runs: tuple[int, ...],
    held_out: tuple[str, ...],
    name: str,
    out: Path | None,
    seconds: float,
    minutes: float | None,
    seed: int,
    generators: str,
    jobs: int,
    toolchain_choice: ToolchainChoice,
    json_file: Path | None,
) -> None:
    """Train a policy: which of all suggestions for a goal is likely to be part of a proof, and what it costs.

    It learns from logs of searches, failed ones included. Without --repo and --run, all logs in the database are used.
    Theorems of --repo that have a log are not searched for again, so the same command continues after an interruption.
    """
    reporting = reporter()
    collection = (
        Collection(
            (*repos, *held_out),
            generators_named(generators, reporting),
            toolchain_choice,
            seconds,
            seed=seed,
            jobs=jobs,
            minutes=minutes,
        )
        if repos
        else None
    )
    training = PolicyTraining(collection, runs, held_out, name, out, seed)
    trained = train_policy_on(training, reporting)
    print_result(
        {**asdict(trained), "file": str(trained.file)}, json_file, lambda: _print(consoles()[0], trained, name)
    )


def _print(console: Console, trained: TrainedPolicy, name: str) -> None:
    facts = trained.trained_on
    console.print(
        f"{trained.file}: {trained.bytes / 1e6:.2f} MB, from {facts['searches']:,} searches with {facts['tactics']:,} "
        f"tactics; {facts['goals_with_order']:,} of {facts['goals']:,} goals say something about the order",
        markup=False,
        soft_wrap=True,
    )
    if not trained.by_policy.goals:
        console.print("nothing was held out: how good it is, is not known")
        return
    table = Table("", "tactics until the first success", "first succeeds", "mean reciprocal rank",
                  title=f"{trained.by_policy.goals} goals held out")  # fmt: skip
    for label, row in (("the generators' order", trained.by_generators), ("the policy's", trained.by_policy)):
        table.add_row(label, f"{row.tactics:.2f}", f"{row.first:.0%}", f"{row.reciprocal_rank:.3f}")
    console.print(table)
    console.print(f"use it with `prover prove --policy {name}`", markup=False)
