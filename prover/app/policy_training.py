"""Trains a policy on logs of searches, which are collected first if repositories are named, and measures it.

It is measured on repositories that are held out whole, by the order in which it would have tried the logged tactics.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prover.app.collecting import Collected, Collection, collect
from prover.app.environment import database
from prover.app.policies import policy_file, save_policy
from prover.errors import UsageError
from prover.progress import Reporter
from prover.project.location import parse_location
from prover.tactics.policy.log import MalformedLog, SearchLog, unpacked

if TYPE_CHECKING:
    from curriculum.database.search_logs import LogSelection
    from curriculum.learn.policy import OrderQuality, PolicySettings

MODULES_HELD_OUT = 5
"""Every fifth module's theorems are held out when there is only one repository."""


@dataclass(frozen=True)
class PolicyTraining:
    """The logs that a policy is trained on, and its place."""

    collection: Collection | None = None
    """The repositories whose theorems are searched for first."""
    runs: tuple[int, ...] = ()
    """The runs of `prover prove` whose logs are used too; without these and a collection, all logs are used."""
    held_out: tuple[str, ...] = ()
    """Paths or addresses of repositories whose logs are measured on and not trained on."""
    name: str = "mine"
    out: Path | None = None
    """The file; None for the directory of the user's policies."""
    seed: int = 0


@dataclass(frozen=True)
class TrainedPolicy:
    """A trained policy, and its measurements."""

    file: Path
    bytes: int
    collected: Collected | None
    trained_on: dict[str, Any]
    skipped: int
    """The number of logs that could not be read."""
    held_out: tuple[str, ...]
    """The names of what it was measured on."""
    by_policy: "OrderQuality"
    by_generators: "OrderQuality"


@dataclass(frozen=True)
class _Log:
    repository: str
    module: str
    log: SearchLog


def train_policy_on(training: PolicyTraining, reporter: Reporter) -> TrainedPolicy:
    """Trains a policy, measures it, and stores it.

    Raises:
        UsageError: there are no logs, or none from which an order can be learned.
        DatabaseError: the database cannot be used.
        NotWritable: the file cannot be written.
    """
    from curriculum.learn.policy import PolicySettings, by_policy, by_prior, examples_of, order_quality, train_policy

    collected = collect(training.collection, reporter) if training.collection is not None else None
    settings = PolicySettings(seed=training.seed)
    logs, skipped = _read(training, settings, reporter)
    training_logs, held_logs, names = _split(logs, training.held_out)
    if not training_logs:
        raise UsageError("There are no logs of searches to train on: name repositories with --repo, or prove first.")
    reporter.notify(f"training on {len(training_logs)} searches, measuring on {len(held_logs)}")
    facts = {"repositories": sorted({each.repository for each in training_logs}), "held_out": list(names)}
    model = train_policy([each.log for each in training_logs], settings, facts)
    measured = [example for each in held_logs for example in examples_of(each.log)]
    ours, theirs = order_quality(measured, by_policy(model)), order_quality(measured, by_prior)
    metrics = {"goals": ours.goals, "tactics": ours.tactics, "tactics_without": theirs.tactics,
               "mrr": ours.reciprocal_rank, "mrr_without": theirs.reciprocal_rank}  # fmt: skip
    file = training.out or policy_file(training.name)
    size = save_policy(replace(model, metrics={name: float(value) for name, value in metrics.items()}), file)
    return TrainedPolicy(file, size, collected, model.trained_on, skipped, names, ours, theirs)


def _selection(training: PolicyTraining) -> "list[LogSelection]":
    from curriculum.database.search_logs import LogSelection

    chosen = []
    if training.runs:
        chosen.append(LogSelection(runs=training.runs))
    if training.collection is not None:
        places = (*training.collection.repositories, *training.held_out)
        chosen.append(LogSelection(repositories=tuple(parse_location(place).canonical for place in places)))
    elif training.runs and training.held_out:
        chosen.append(LogSelection(repositories=tuple(parse_location(place).canonical for place in training.held_out)))
    return chosen or [LogSelection()]


def _read(training: PolicyTraining, settings: "PolicySettings", reporter: Reporter) -> tuple[list[_Log], int]:
    """Returns the logs, a random part of them if they have too many tactics, and the number that is damaged."""
    from curriculum.database.search_logs import counted_tactics, search_logs

    found: dict[str, _Log] = {}
    skipped = 0
    with database() as db, db.reading() as connection:
        for wanted in _selection(training):
            total = counted_tactics(connection, wanted)
            share = min(1.0, settings.max_rows / max(1, total))
            if share < 1:
                reporter.notify(f"{total:,} tactics are too many: {share:.0%} of the searches are used")
            for record in search_logs(connection, wanted):
                if share < 1 and random.Random(f"{settings.seed} {record.uid}").random() >= share:
                    continue
                try:
                    found[record.uid] = _Log(record.repository, record.module, unpacked(record.log))
                except MalformedLog as error:
                    skipped += 1
                    reporter.notify(f"the log of {record.theorem} is left out: {error}")
    return list(found.values()), skipped


def _split(logs: Sequence[_Log], held_out: Sequence[str]) -> tuple[list[_Log], list[_Log], tuple[str, ...]]:
    """Returns the logs to train on, those to measure on, and the names of the latter."""
    if held_out:
        places = {parse_location(place).canonical for place in held_out}
        if missing := places - {each.repository for each in logs}:
            raise UsageError(f"There are no logs of {sorted(missing)[0]}: search there first, or hold out another.")
        apart = [each for each in logs if each.repository in places]
        return [each for each in logs if each.repository not in places], apart, tuple(sorted(places))
    modules = sorted({each.module for each in logs})
    if len(modules) == 1:
        return list(logs), [], ()
    chosen = set(modules[::MODULES_HELD_OUT])
    apart = [each for each in logs if each.module in chosen]
    return [each for each in logs if each.module not in chosen], apart, tuple(sorted(chosen))
