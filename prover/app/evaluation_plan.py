"""Turns the options of an evaluation into its plan: the prover that is measured, and the baselines."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from prover.app.assembly import generators_named, mixture, stored_statistics
from prover.app.models import Mode, ModelChoice, asked_of
from prover.app.policies import NO_POLICY, policy_named
from prover.check.levels import DEFAULT_LEVEL
from prover.errors import UsageError
from prover.evaluate.harness import EvaluationPlan
from prover.evaluate.systems import System, baselines
from prover.lean.session import TacticLimits
from prover.progress import Reporter
from prover.search.budget import Budget
from prover.tactics.ensemble import GeneratorStatistics
from prover.tactics.generator import Generator
from prover.tactics.invention import INVENTIONS

DEFAULT_PASS_TEMPERATURE = 0.5
"""The temperature of the noise between passes, if there are several and none is given."""


@dataclass(frozen=True)
class EvaluationOptions:
    """The options of an evaluation."""

    budget: Budget
    """The budget of each trial."""
    generators: str
    """Names of generators, separated by commas."""
    limits: TacticLimits
    """The limits of each tactic."""
    width: int
    """The maximum number of tactics tried on each goal."""
    invent: tuple[str, ...] = INVENTIONS
    """What the search looks for when a goal is stuck."""
    policy: str = NO_POLICY
    """The policy that orders suggestions: `default`, a name, a file, or `none`."""
    model: ModelChoice | None = None
    mode: Mode = "tactics"
    """Whether the model proposes tactics, whole proofs, or both."""
    revisions: int = 0
    """How many times the model may revise a whole proof that failed."""
    level: int = DEFAULT_LEVEL
    """The gate's level up to which proofs are checked."""
    baselines: str = "none"
    """Names of baselines, separated by commas, or `none`."""
    passes: int = 1
    temperature: float | None = None
    """The temperature of the noise between passes; None for the default."""
    seed: int = 0
    jobs: int = 1
    survey_only: bool = False
    """Whether the run ends when it is known which problems run here."""
    axioms: tuple[str, ...] = ()
    """The axioms of the problems' own files and imports that proofs may use, besides Lean's three."""


def evaluation_plan(options: EvaluationOptions, reporter: Reporter) -> EvaluationPlan:
    """Returns the plan of an evaluation. Its prover is that of `prover prove`, with the learned mixture frozen.

    Raises:
        UsageError: Options contradict each other, or a generator or baseline does not exist.
        ModelMissing: The model cannot be loaded.
    """
    temperature = options.temperature
    if temperature is None:
        temperature = 0.0 if options.passes == 1 else DEFAULT_PASS_TEMPERATURE
    if options.passes > 1 and temperature == 0:
        raise UsageError("Passes at temperature 0 are all the same: give a --temperature, or leave out --passes.")
    if options.passes > 1 and options.mode == "whole-proof":
        raise UsageError("Passes of --mode whole-proof are all the same: raise --model-samples, not --passes.")
    ours = _system(options, reporter)
    names = [name.strip() for name in options.baselines.split(",") if name.strip() not in ("", "none")]
    return EvaluationPlan(
        (ours, *baselines(names, ours)),
        options.passes,
        temperature,
        options.seed,
        options.jobs,
        options.survey_only,
        tuple(sorted(set(options.axioms))),
    )


def _system(options: EvaluationOptions, reporter: Reporter) -> System:
    """Returns the prover that is measured."""
    asked = asked_of(options.model, options.mode, options.revisions, reporter)
    writes_only = options.mode == "whole-proof"
    generators = () if writes_only else generators_named(options.generators, reporter, asked.tactics)
    statistics = stored_statistics()
    return System(
        "prover",
        mixture(generators, statistics, frozen=True),
        options.budget,
        width=options.width,
        invent=options.invent,
        limits=options.limits,
        level=options.level,
        drafting=asked.drafting,
        policy=policy_named(options.policy, reporter.notify),
        knows=_known_before(options, generators, statistics, asked.name),
    )


def _known_before(
    options: EvaluationOptions,
    generators: Iterable[Generator],
    statistics: GeneratorStatistics,
    model_name: str | None,
) -> Mapping[str, Any]:
    """Returns the state of the generators before the run, and the settings of the model."""
    known: dict[str, Any] = {f"{each.name}, {name}": fact for each in generators for name, fact in each.facts().items()}
    if digest := statistics.digest():
        known["generator statistics"] = digest
    if options.model is not None:
        known["model"] = {**asdict(options.model), "name": model_name}
    if options.mode != "tactics":  # absent otherwise, so that earlier runs can be resumed
        known["mode"] = options.mode
    return known
