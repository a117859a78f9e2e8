"""One prover: every entry point gets it from the composition root, and adapters around it hide nothing."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from prover.app.assembly import ProverOptions, assemble, mixture
from prover.app.evaluating import assemble_for_trial
from prover.app.evaluation_plan import EvaluationOptions, evaluation_plan
from prover.app.models import Mode
from prover.check.gate import Judgement, Refused, Submission
from prover.errors import UsageError
from prover.evaluate.observe import Observation, ObservedGenerator
from prover.evaluate.systems import System, baselines
from prover.lean.protocol import Goal
from prover.lean.session import TacticLimits
from prover.progress import Reporter
from prover.search.budget import Budget
from prover.tactics.generator import StatelessGenerator, Suggestion, TheoremRef
from prover.tactics.language.formats import format_named
from prover.tactics.language.model import Completion, Decoding, ModelKind, Prompt
from prover.tactics.language.whole_proofs import WholeProofWriter

ROOT = Path(__file__).parents[2]
GOAL = Goal("g", head="Eq", target="a = b")


class Knowing(StatelessGenerator):
    """Suggests one tactic, and knows one whole proof."""

    name = "knowing"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        return [Suggestion("rfl", -0.5)]

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        return [Suggestion("intro h\nexact h", -0.1)]


class SilentModel:
    """A language model that writes nothing."""

    name = "silent"
    kind: ModelKind = "chat"

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        return [[] for _ in prompts]


class NoGate:
    def judge(self, submission: Submission, level: int = 3) -> Judgement:
        return Refused("nothing counts here")


def test_provers_are_made_in_one_place() -> None:
    made = [
        str(file.relative_to(ROOT))
        for package in ("prover", "curriculum", "benchmarks")
        for file in (ROOT / package).rglob("*.py")
        if re.search(r"(?<![\w.`])Prover\(", file.read_text())
    ]
    assert made == ["prover/app/assembly.py"]


def test_an_evaluation_proves_with_the_prover_of_the_command_line() -> None:
    generators = (Knowing(),)
    budget = Budget(seconds=7.0)
    proving = assemble(mixture(generators), NoGate(), ProverOptions(budget))
    system = System("prover", mixture(generators, frozen=True), budget)
    evaluated = assemble_for_trial(system.generator, NoGate(), system)
    assert (evaluated.strategy, evaluated.budget, evaluated.level) == (proving.strategy, proving.budget, proving.level)
    assert evaluated.generator.names() == proving.generator.names()


def test_a_system_has_the_level_and_the_whole_proof_writer_of_its_options() -> None:
    writer = WholeProofWriter(SilentModel(), format_named("kimina"), Decoding(1, "sample"), revisions=2)
    system = System("prover", mixture((Knowing(),), frozen=True), Budget(), level=4, drafting=writer)
    evaluated = assemble_for_trial(system.generator, NoGate(), system)
    assert (evaluated.level, evaluated.drafting) == (4, writer)
    assert (system.settings()["level"], system.settings()["revisions"]) == (4, 2)
    (fixed,) = baselines(["fixed"], system)
    assert (fixed.level, fixed.drafting) == (4, None)


def test_the_default_level_and_mode_leave_the_settings_of_earlier_runs_unchanged() -> None:
    settings = System("prover", mixture((Knowing(),), frozen=True), Budget()).settings()
    assert not {"level", "revisions", "mode"} & settings.keys()


def test_whole_proofs_are_known_in_an_evaluation_too() -> None:
    theorem = TheoremRef("M", "M.t", 0, "key")
    seen = Observation()
    bound = ObservedGenerator(mixture((Knowing(),), frozen=True).for_theorem(theorem), seen)
    assert [known.tactic for known in bound.whole_proofs(GOAL)] == ["intro h\nexact h"]
    assert [made.tactic for made in bound.suggest(GOAL)] == ["rfl"]
    assert seen.proposed == {"intro h\nexact h": {"knowing"}, "rfl": {"knowing"}}


def test_a_perturbed_prover_keeps_the_names_of_its_generators() -> None:
    prover = assemble(mixture((Knowing(),)), NoGate(), ProverOptions(temperature=1.0, seed=3))
    assert prover.generator.names() == ("knowing",)


@pytest.mark.parametrize(("mode", "temperature"), [("tactics", 0.0), ("whole-proof", None)])
def test_passes_that_could_not_differ_are_refused(mode: Mode, temperature: float | None) -> None:
    limits = TacticLimits(milliseconds=100)
    options = EvaluationOptions(Budget(), "fixed", limits, 8, mode=mode, passes=2, temperature=temperature)
    with pytest.raises(UsageError, match="all the same"):
        evaluation_plan(options, Reporter())
