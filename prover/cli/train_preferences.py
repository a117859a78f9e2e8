"""`prover train preferences`: has a model prefer what Lean accepts of its own suggestions to what Lean refuses."""

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from prover.app.environment import home
from prover.app.models import ModelChoice
from prover.cli.options import jobs_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.cli.train_generator import (
    base_model,
    digest,
    gather,
    in_turn,
    judge,
    named_after,
    register,
    tasks,
    tell,
)
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from curriculum.learn.generator.examples import Split
    from curriculum.learn.generator.preference import PreferencePair


@click.command("preferences")
@click.option("--repo", "repos", multiple=True, default=(".",), show_default=True, metavar="URL_OR_PATH[@REV]",
              help="Whose theorems it is asked about; may be given several times.")  # fmt: skip
@click.option(
    "--module", "modules", multiple=True, metavar="NAME", help="Theorems of this module only, and others named."
)
@click.option("--base", required=True, help="The model that is trained on: a name of the list, or a directory.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the new model is written.")
@click.option("--name", help="Its name in the list of models.")
@click.option("--lora", is_flag=True, help="Train a low-rank adapter, not all weights.")
@click.option("--samples", type=click.IntRange(min=2), default=8, show_default=True, help="Suggestions for each goal.")
@click.option("--goals", type=click.IntRange(min=1), default=500, show_default=True, help="Goals with pairs, at most.")
@click.option("--beta", type=click.FloatRange(min=0, min_open=True), default=0.1, show_default=True,
              help="How dear it is to go away from the base.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--batch", type=click.IntRange(min=1), default=8, show_default=True, help="Pairs at once.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=5e-5, show_default=True)
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--held-out", type=click.FloatRange(0, 0.9), default=0.1, show_default=True, help="Share of theorems.")
@jobs_option
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(repos: tuple[str, ...], jobs: int, toolchain_choice: ToolchainChoice, as_json: bool, **given: Any) -> None:
    """Train a model on pairs of its own tactics: on the goals of finished proofs, one that Lean accepts, one refused.

    Direct preference optimisation. The same seed and share hold out the theorems that `prover train generator` holds
    out; on these the share of suggestions that Lean accepts is measured before and after. The pairs are kept beside
    the model, in NAME.….pairs.jsonl; a training that is interrupted goes on when the same command is given again.
    """
    from curriculum.learn.generator.examples import digest_of, split
    from curriculum.learn.generator.preference import prefer
    from curriculum.learn.generator.training_plan import Lora, TrainingPlan

    out = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    base, parent = base_model(given["base"])
    learnt = gather(repos, toolchain_choice, jobs, given["modules"], found=False, reporter=reporting)
    parts = split(learnt.examples, given["held_out"], given["seed"])
    plan = TrainingPlan(
        epochs=given["epochs"],
        batch=given["batch"],
        learning_rate=given["rate"],
        seed=given["seed"],
        lora=Lora() if given["lora"] else None,
        device=given["device"],
    )
    name = given["name"] or named_after(learnt, f"{given['base']}-preferences", f"{plan} {given['beta']} {base}")
    directory: Path = (given["out"] or home().root / "models" / name).expanduser().resolve()
    choice = ModelChoice(base, samples=given["samples"], offline=True)
    made_of = digest(f"{choice} {given['goals']} {learnt.repositories} {digest_of(parts.train)}")
    kept = directory.with_name(f"{directory.name}.{made_of}.pairs.jsonl")
    pairs = _pairs(kept, choice, repos, toolchain_choice, jobs, parts, given["goals"], reporting)
    notify(f"{len(pairs)} pairs, of {len({(pair.declaration, pair.state) for pair in pairs})} goals")
    trained = prefer(pairs, directory, base, plan, given["beta"], notify)
    metrics: dict[str, float] = dict(trained.card.metrics)
    if held := {example.declaration for example in parts.held_out}:
        for when, judged in (("before", base), ("after", str(directory))):
            rate = judge(judged, repos, toolchain_choice, jobs, held, reporting)
            metrics |= {f"valid_rate_{when}": round(rate.rate, 4), "valid_goals": rate.goals}
    register(name, trained, learnt, parts, metrics, parent)
    if as_json:
        click.echo(json.dumps({"name": name, "directory": str(directory), "pairs": str(kept), "metrics": metrics}))
        return
    tell(out, name, directory, metrics)


def _pairs(
    kept: Path,
    choice: ModelChoice,
    repos: Sequence[str],
    toolchain_choice: ToolchainChoice,
    jobs: int,
    parts: "Split",
    most: int,
    reporter: Reporter,
) -> "list[PreferencePair]":
    """The pairs, as they were kept, or made and kept now."""
    from curriculum.learn.generator.preference import PreferencePair, judged_pairs

    if kept.is_file():
        reporter.notify(f"pairs from {kept}: delete it, and they are made anew")
        return [msgspec.json.decode(line, type=PreferencePair) for line in kept.read_bytes().splitlines()]
    proofs: dict[str, list[Any]] = {}
    for example in parts.train:
        proofs.setdefault(example.declaration, []).append(example)
    generator = choice.tactics(choice.open(), reporter)
    pairs: list[PreferencePair] = []
    goals = 0
    for ready, session in in_turn(repos, toolchain_choice, jobs, reporter):
        judged = judged_pairs(session, tasks(ready, session, set(proofs)), generator, proofs)
        for goal in islice(judged, most - goals):
            pairs += goal
            goals += 1
            if goals % 50 == 0:
                reporter.notify(f"{goals} goals, {len(pairs)} pairs")
    write_atomically(kept, b"".join(msgspec.json.encode(pair) + b"\n" for pair in pairs))
    return pairs
