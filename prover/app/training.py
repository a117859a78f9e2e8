"""Trains language models on the proofs of repositories, measures them, and adds them to the list of models.

Two kinds of training: supervised, on the tactics of traced proofs, and DPO, on pairs of a model's own suggestions.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from prover.app.environment import database, home
from prover.app.models import ModelChoice
from prover.app.tracing import trace_into_database
from prover.app.workspace import Workspace
from prover.attempt import Task
from prover.errors import LeanError, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.revision import revision_of
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from curriculum.database.database import UnitOfWork
    from curriculum.learn.generator.examples import Example, Split
    from curriculum.learn.generator.preference import PreferencePair
    from curriculum.learn.generator.training import TrainedGenerator
    from curriculum.learn.generator.validity import Validity

MAX_MEASURED_THEOREMS = 40
"""The number of held-out theorems on which the valid-tactic rate is measured, at most."""
PRESET_LEARNING_RATE = 2e-3
ADAPTER_LEARNING_RATE = 2e-4
FINE_TUNING_LEARNING_RATE = 1e-4


@dataclass(frozen=True)
class TrainingSources:
    """The repositories that a model is trained on, and how they are read."""

    repositories: tuple[str, ...]
    """Paths or URLs, each with or without a revision."""
    toolchain_choice: ToolchainChoice = "auto"
    jobs: int = 1
    """The number of Lean processes."""
    modules: tuple[str, ...] = ()
    """The modules to train on; none for all of them."""

    def opened(self, reporter: Reporter) -> Iterator[Workspace]:
        """Yields a workspace for each repository, which is closed before the next one is opened."""
        for repository in dict.fromkeys(self.repositories):
            with Workspace.open(repository, self.toolchain_choice, reporter, self.jobs) as workspace:
                yield workspace

    def sessions(self, reporter: Reporter) -> Iterator[tuple[Workspace, LeanSession]]:
        """Yields a workspace and a Lean session for each repository, which are closed before the next ones."""
        for workspace in self.opened(reporter):
            with Pool(workspace.toolchain, workspace.builder.search_path(), 1) as pool, pool.lend() as session:
                yield workspace, session


@dataclass(frozen=True)
class ModelDestination:
    """Where a trained model is written, and its name in the list of models; None for defaults."""

    directory: Path | None = None
    name: str | None = None

    def resolved(self, default_name: str) -> tuple[str, Path]:
        """Returns the name and the absolute path of the directory."""
        name = self.name or default_name
        return name, (self.directory or home().root / "models" / name).expanduser().resolve()


@dataclass(frozen=True)
class GeneratorTraining:
    """The settings of a supervised training."""

    base: str = "tiny"
    """A preset, a directory, or the name of a model."""
    lora: bool = False
    """Train a low-rank adapter instead of all weights."""
    epochs: int = 20
    batch: int = 16
    """The number of examples in a batch."""
    accumulate: int = 1
    """The number of batches in a step."""
    learning_rate: float | None = None
    """The peak learning rate; None for a default that depends on the base."""
    precision: Literal["float32", "bfloat16"] = "float32"
    device: str = "cpu"
    seed: int = 0
    held_out: float = 0.1
    """The share of theorems that are held out."""
    excepted: tuple[str, ...] = ()
    """Names of theorems that are held out in addition."""
    found: bool = True
    """Train on the prover's own proofs too."""
    validity: bool = True
    """Measure the valid-tactic rate on held-out theorems."""


@dataclass(frozen=True)
class PreferenceTraining:
    """The settings of a DPO training (direct preference optimisation, Rafailov et al. 2023)."""

    base: str
    """The model to fine-tune: a name of the list, or a directory."""
    lora: bool = False
    samples: int = 8
    """The number of suggestions for each goal."""
    goals: int = 500
    """The number of goals with pairs, at most."""
    beta: float = 0.1
    """The weight of the divergence from the base."""
    epochs: int = 1
    batch: int = 8
    """The number of pairs in a batch."""
    learning_rate: float = 5e-5
    device: str = "cpu"
    seed: int = 0
    held_out: float = 0.1
    """The share of theorems that are held out; the same theorems as in a supervised training with the same seed."""


@dataclass(frozen=True)
class TrainedModel:
    """A trained model in the list of models."""

    name: str
    directory: Path
    format: str
    """The name of its prompt format."""
    metrics: dict[str, float]
    pairs: Path | None = None
    """The file of the preference pairs, if it was trained on pairs."""


def train_generator(
    sources: TrainingSources, training: GeneratorTraining, destination: ModelDestination, reporter: Reporter
) -> TrainedModel:
    """Trains a model on the tactic proofs of repositories; continues an interrupted training with the same arguments.

    Raises:
        UsageError: there is no finished tactic proof, or the directory has other contents.
        ModelMissing: the base cannot be loaded.
    """
    from curriculum.learn.generator.examples import digest_of, split
    from curriculum.learn.generator.presets import PRESETS
    from curriculum.learn.generator.training import train
    from curriculum.learn.generator.training_plan import Lora, TrainingPlan

    corpus = _gather(sources, training.found, reporter)
    parts = split(corpus.examples, training.held_out, training.seed, training.excepted)
    reporter.notify(f"{len(parts.train)} examples to learn from, {len(parts.held_out)} held out")
    base, parent = base_model(training.base)
    tuned = ADAPTER_LEARNING_RATE if training.lora else FINE_TUNING_LEARNING_RATE
    plan = TrainingPlan(
        epochs=training.epochs,
        batch=training.batch,
        accumulate=training.accumulate,
        learning_rate=training.learning_rate or (PRESET_LEARNING_RATE if base in PRESETS else tuned),
        seed=training.seed,
        precision=training.precision,
        lora=Lora() if training.lora else None,
        device=training.device,
    )
    name, directory = destination.resolved(_name(corpus, training.base, f"{plan} {digest_of(parts.train)}"))
    trained = train(parts.train, directory, plan, base, parts.held_out, reporter.notify)
    metrics: dict[str, float] = dict(trained.card.metrics)
    if training.validity and (held_out := theorems_of(parts.held_out)):
        validity = valid_tactic_rate(str(trained.directory), sources, held_out, reporter)
        if validity.proposed:
            metrics |= {"valid_rate": round(validity.rate, 4), "valid_goals": validity.goals}
    _register(name, trained, corpus, parts, metrics, parent)
    return TrainedModel(name, trained.directory, trained.card.format, metrics)


def train_preferences(
    sources: TrainingSources, training: PreferenceTraining, destination: ModelDestination, reporter: Reporter
) -> TrainedModel:
    """Fine-tunes a model to prefer its own suggestions that Lean accepts; continues an interrupted training.

    Raises:
        UsageError: there is no finished tactic proof, there are no pairs, or the directory has other contents.
        ModelMissing: the base cannot be loaded.
    """
    from curriculum.learn.generator.examples import digest_of, split
    from curriculum.learn.generator.preference import prefer
    from curriculum.learn.generator.training_plan import Lora, TrainingPlan

    base, parent = base_model(training.base)
    corpus = _gather(sources, False, reporter)
    parts = split(corpus.examples, training.held_out, training.seed)
    plan = TrainingPlan(
        epochs=training.epochs,
        batch=training.batch,
        learning_rate=training.learning_rate,
        seed=training.seed,
        lora=Lora() if training.lora else None,
        device=training.device,
    )
    name, directory = destination.resolved(
        _name(corpus, f"{training.base}-preferences", f"{plan} {training.beta} {base}")
    )
    choice = ModelChoice(base, samples=training.samples, offline=True)
    identity = _digest(f"{choice} {training.goals} {corpus.repositories} {digest_of(parts.train)}")
    file = directory.with_name(f"{directory.name}.{identity}.pairs.jsonl")
    pairs = _stored_pairs(file, reporter) or _new_pairs(file, choice, sources, parts, training.goals, reporter)
    reporter.notify(f"{len(pairs)} pairs, of {len({(pair.declaration, pair.state) for pair in pairs})} goals")
    trained = prefer(pairs, directory, base, plan, training.beta, reporter.notify)
    metrics: dict[str, float] = dict(trained.card.metrics)
    if held_out := theorems_of(parts.held_out):
        for when, model in (("before", base), ("after", str(directory))):
            validity = valid_tactic_rate(model, sources, held_out, reporter)
            metrics |= {f"valid_rate_{when}": round(validity.rate, 4), "valid_goals": validity.goals}
    _register(name, trained, corpus, parts, metrics, parent)
    return TrainedModel(name, directory, trained.card.format, metrics, file)


def base_model(base: str) -> tuple[str, str | None]:
    """Returns the location from which a base is loaded, and its name if it is in the list of models."""
    from curriculum.database.models import model_in, model_named

    with database() as db, db.reading() as connection:
        known = model_named(connection, base) or model_in(connection, str(Path(base).expanduser().resolve()))
    if known is None or known.directory is None:
        return base, None
    return known.directory, known.name


def theorems_of(examples: Iterable["Example"]) -> dict[str, set[str]]:
    """Returns, by module, the names of the theorems whose proofs the examples come from."""
    theorems: dict[str, set[str]] = {}
    for example in examples:
        theorems.setdefault(example.module, set()).add(example.declaration)
    return theorems


def valid_tactic_rate(
    model: str, sources: TrainingSources, theorems: Mapping[str, Set[str]], reporter: Reporter
) -> "Validity":
    """Returns how many of a model's suggestions Lean accepts, on goals of theorems, which are named by module."""
    from curriculum.learn.generator.validity import Validity, validity

    choice = ModelChoice(model, offline=True)
    generator = choice.tactics(choice.open(), reporter)
    total = Validity()
    for workspace, session in sources.sessions(reporter):
        chosen = islice(_tasks(workspace, session, theorems), MAX_MEASURED_THEOREMS - total.goals)
        total += validity(session, chosen, generator)
    return total


@dataclass(frozen=True)
class _TrainingCorpus:
    """The examples that a training and its held-out part are drawn from."""

    examples: tuple["Example", ...]
    repositories: dict[str, str]
    """The revision of each repository, by its location."""
    own: int
    """The number of examples from proofs that the prover found."""


def _gather(sources: TrainingSources, found: bool, reporter: Reporter) -> _TrainingCorpus:
    """Traces the repositories where that is missing, and reads the examples of their proofs.

    Raises:
        UsageError: there is no finished tactic proof.
    """
    from curriculum.database.loading import modules_of, snapshot_of
    from curriculum.database.steps import own_proofs
    from curriculum.learn.generator.examples import found_examples, traced_examples

    examples: list[Example] = []
    revisions: dict[str, str] = {}
    for workspace in sources.opened(reporter):
        trace_into_database(workspace, reporter.notify)
        location = workspace.checkout.location.canonical
        revisions[location] = revision_of(workspace.checkout, workspace.repository)
    with database() as db, db.reading() as connection:
        for location in revisions:
            if (snapshot := snapshot_of(connection, location)) is not None:
                for module in modules_of(connection, snapshot):
                    if module.name in sources.modules or not sources.modules:
                        examples += traced_examples(module)
        traced = len(examples)
        if found:
            known = {example.module for example in examples}
            examples += [e for e in found_examples(own_proofs(connection)) if e.module in known]
    if not examples:
        named = ", ".join(sources.repositories)
        raise UsageError(f"{named} has no finished tactic proof to learn from: name another with --repo.")
    return _TrainingCorpus(tuple(examples), revisions, len(examples) - traced)


def _name(corpus: _TrainingCorpus, base: str, settings: str) -> str:
    """Returns a name made of the first repository, the base, and a digest of the settings."""
    words = (next(iter(corpus.repositories)).rstrip("/").rsplit("/", 1)[-1], Path(base).name, _digest(settings))
    return "-".join(re.sub(r"[^\w.-]+", "-", word) for word in words)


def _tasks(workspace: Workspace, session: LeanSession, theorems: Mapping[str, Set[str]]) -> Iterator[Task]:
    """Yields theorems, which are named by module; modules that cannot be read are skipped."""
    for module in workspace.repository.modules.values():
        if not (names := theorems.get(module.name)):
            continue
        try:
            workspace.builder.prepare(module)
            source = source_of(workspace.repository, module)
            declared = session.declarations(source, detail=True)
        except (UsageError, LeanError):
            continue
        yield from (Task(source, d) for d in declared if d.kind == "theorem" and d.name in names)


def _stored_pairs(file: Path, reporter: Reporter) -> "list[PreferencePair]":
    """Returns the pairs of an earlier run of the same training; none if there was no such run."""
    from curriculum.learn.generator.preference import PreferencePair

    if not file.is_file():
        return []
    reporter.notify(f"pairs from {file}: delete it to collect them again")
    return [msgspec.json.decode(line, type=PreferencePair) for line in file.read_bytes().splitlines()]


def _new_pairs(
    file: Path, choice: ModelChoice, sources: TrainingSources, parts: "Split", max_goals: int, reporter: Reporter
) -> "list[PreferencePair]":
    """Collects pairs of accepted and refused suggestions, and writes them to a file."""
    from curriculum.learn.generator.preference import judged_pairs

    proofs: dict[str, list[Any]] = {}
    for example in parts.train:
        proofs.setdefault(example.declaration, []).append(example)
    generator = choice.tactics(choice.open(), reporter)
    pairs: list[PreferencePair] = []
    goals = 0
    for workspace, session in sources.sessions(reporter):
        judged = judged_pairs(session, _tasks(workspace, session, theorems_of(parts.train)), generator, proofs)
        for goal in islice(judged, max_goals - goals):
            pairs += goal
            goals += 1
            if goals % 50 == 0:
                reporter.notify(f"{goals} goals, {len(pairs)} pairs")
    write_atomically(file, b"".join(msgspec.json.encode(pair) + b"\n" for pair in pairs))
    return pairs


def _register(
    name: str,
    trained: "TrainedGenerator",
    corpus: _TrainingCorpus,
    parts: "Split",
    metrics: dict[str, float],
    parent: str | None,
) -> None:
    """Adds the model to the list of models."""
    trained_on = {
        "repositories": corpus.repositories,
        "examples": len(parts.train),
        "held_out": len(parts.held_out),
        "found": corpus.own,
        "digest": trained.card.examples,
        "base": trained.card.base,
        "plan": trained.card.plan,
    }

    def act(work: "UnitOfWork") -> None:
        work.results.record_model(name, str(trained.directory), trained_on, metrics, parent)
        work.results.record_model_files(name, str(trained.directory), trained.card.kind, trained.card.format)

    with database() as db:
        db.perform(act)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
