"""Every adapter of generators forwards every capability. Adapters are discovered, so that a new one is covered too."""

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from prover.app.watching import Watched, WatchedGenerator
from prover.evaluate.observe import Observation, ObservedGenerator
from prover.lean.protocol import Goal
from prover.lean.session import Failed, TacticOutcome
from prover.project.contents import FileContents
from prover.tactics.ensemble import Ensemble
from prover.tactics.generator import (
    BoundGenerator,
    Frozen,
    Generator,
    ProofStep,
    Suggestion,
    TheoremRef,
    Wrapped,
    WrappedGenerator,
)
from prover.tactics.perturbed import Perturbed, PerturbedGenerator
from prover.tactics.policy.features import Rates
from prover.tactics.policy.log import Logged, LoggedGenerator, LogWriter, SearchLogs
from prover.tactics.policy.model import PolicyModel
from prover.tactics.policy.policy import Judged, NamedPolicy, PolicyGenerator
from prover.tactics.policy.trees import trees_of

ROOT = Path(__file__).parents[2]
THEOREM = TheoremRef("A", "a", 0, "k")
GOAL, NEXT = Goal("goal"), Goal("next")
OUTCOME = Failed("elaboration", "", 0)
FILE = FileContents.__new__(FileContents)  # nothing reads it
STEPS = [ProofStep(GOAL, "simp", ("recorder",))]
SUGGESTION = Suggestion("simp", -1.0, ("recorder",))
WHOLE = Suggestion("intro h\nsimp", -2.0, ("recorder",))


class Recorder(Generator, BoundGenerator):
    """Has every capability, and records each call."""

    name = "recorder"
    reads_files = True

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        self.calls.append(("for_theorem", theorem))
        return self

    def names(self) -> tuple[str, ...]:
        return ("recorder", "another")

    def facts(self) -> dict[str, int]:
        return {"goals": 3}

    def read_file(self, file: FileContents) -> None:
        self.calls.append(("read_file", file))

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        self.calls.append(("learn", theorem, tuple(steps)))

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        self.calls.append(("suggest", goal))
        return [SUGGESTION]

    def prefetch(self, goals: Sequence[Goal]) -> None:
        self.calls.append(("prefetch", tuple(goals)))

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        self.calls.append(("whole_proofs", goal))
        return [WHOLE]

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        self.calls.append(("on_result", goal, suggestion, outcome))


class Unheeded:
    """Watches a search and does nothing."""

    def expanded(self, goal: Goal) -> None:
        pass

    def ran(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        pass

    def checking(self, active: bool) -> None:
        pass


LEAF = trees_of([{"leaf_value": 0.0}])
POLICY = NamedPolicy("indifferent", PolicyModel(LEAF, LEAF, Rates()))

BOUND: dict[type, Callable[[BoundGenerator], BoundGenerator]] = {
    Wrapped: Wrapped,
    Perturbed: lambda inner: Perturbed(inner, 0.5, "seed"),
    ObservedGenerator: lambda inner: ObservedGenerator(inner, Observation()),
    Watched: lambda inner: Watched(inner, Unheeded()),
    Logged: lambda inner: Logged(inner, LogWriter()),
    Judged: lambda inner: Judged(inner, POLICY),
}
"""makes each adapter of bound generators"""
UNBOUND: dict[type, Callable[[Generator], Generator]] = {
    WrappedGenerator: WrappedGenerator,
    Frozen: Frozen,
    PerturbedGenerator: lambda inner: PerturbedGenerator(inner, 0.5, 0),
    WatchedGenerator: lambda inner: WatchedGenerator(inner, Unheeded()),
    LoggedGenerator: lambda inner: LoggedGenerator(inner, SearchLogs()),
    PolicyGenerator: lambda inner: PolicyGenerator(inner, POLICY),
}
"""makes each adapter of generators"""
CHANGED = {(Frozen, "learn")}
"""what adapters are there to leave out"""


def every_subclass(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        if not each.__module__.startswith("tests."):
            yield each
            yield from every_subclass(each)


def import_adapters() -> None:
    """Imports every module that mentions one of the two bases."""
    for package in ("prover", "curriculum"):
        for file in sorted((ROOT / package).rglob("*.py")):
            if "Wrapped" in file.read_text(encoding="utf-8"):
                importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def capabilities(base: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(base, inspect.isfunction) if not name.startswith("_")}


@pytest.mark.parametrize(("base", "makers"), [(Wrapped, BOUND), (WrappedGenerator, UNBOUND)])
def test_every_adapter_is_tested_here(base: type, makers: dict[type, object]) -> None:
    import_adapters()
    assert {base, *every_subclass(base)} == set(makers), "make a new adapter in BOUND or UNBOUND"


def test_every_capability_is_tested_here() -> None:
    assert capabilities(BoundGenerator) == {"suggest", "prefetch", "whole_proofs", "on_result"}
    assert capabilities(Generator) == {"for_theorem", "names", "facts", "read_file", "learn"}


def test_only_suggest_must_be_implemented() -> None:
    assert BoundGenerator.__abstractmethods__ == {"suggest"}
    assert Generator.__abstractmethods__ == {"for_theorem"}


@pytest.mark.parametrize("base", [Wrapped, WrappedGenerator])
def test_an_adapter_inherits_no_default(base: type) -> None:
    contract = BoundGenerator if base is Wrapped else Generator
    assert capabilities(contract) <= set(vars(base))


@pytest.mark.parametrize("adapter", BOUND, ids=lambda adapter: adapter.__name__)
@pytest.mark.parametrize("capability", sorted(capabilities(BoundGenerator)))
def test_an_adapter_forwards_every_capability_of_a_bound_generator(adapter: type, capability: str) -> None:
    arguments = {
        "suggest": (GOAL,),
        "prefetch": ((GOAL, NEXT),),
        "whole_proofs": (GOAL,),
        "on_result": (GOAL, SUGGESTION, OUTCOME),
    }[capability]
    inner = Recorder()
    wrapped = BOUND[adapter](inner)
    answer = getattr(wrapped, capability)(*arguments)
    assert inner.calls == [(capability, *arguments)]
    assert wrapped.name == inner.name
    if capability in ("suggest", "whole_proofs"):
        (one,) = answer
        expected = SUGGESTION if capability == "suggest" else WHOLE
        assert (one.tactic, one.sources) == (expected.tactic, expected.sources)


@pytest.mark.parametrize("adapter", UNBOUND, ids=lambda adapter: adapter.__name__)
@pytest.mark.parametrize("capability", sorted(capabilities(Generator)))
def test_an_adapter_forwards_every_capability_of_a_generator(adapter: type, capability: str) -> None:
    inner = Recorder()
    wrapped = UNBOUND[adapter](inner)
    assert (wrapped.name, wrapped.reads_files) == (inner.name, inner.reads_files)
    match capability:
        case "names" | "facts":
            assert getattr(wrapped, capability)() == getattr(inner, capability)()
        case "for_theorem":
            bound = wrapped.for_theorem(THEOREM)
            assert [each.tactic for each in bound.suggest(GOAL)] == ["simp"]
            assert inner.calls == [("for_theorem", THEOREM), ("suggest", GOAL)]
        case "read_file":
            wrapped.read_file(FILE)
            assert inner.calls == [("read_file", FILE)]
        case _:
            wrapped.learn(THEOREM, STEPS)
            expected = [] if (adapter, capability) in CHANGED else [("learn", THEOREM, tuple(STEPS))]
            assert inner.calls == expected


def test_a_mixture_forwards_every_capability_to_its_members() -> None:
    inner = Recorder()
    ensemble = Ensemble([inner])
    assert ensemble.reads_files
    ensemble.read_file(FILE)
    bound = ensemble.for_theorem(THEOREM)
    (suggestion,) = bound.suggest(GOAL)
    bound.prefetch([GOAL, NEXT])
    (proof,) = bound.whole_proofs(GOAL)
    bound.on_result(GOAL, suggestion, OUTCOME)
    ensemble.learn(THEOREM, STEPS)
    assert (suggestion.tactic, suggestion.sources) == ("simp", ("recorder",))
    assert (proof.tactic, proof.sources) == (WHOLE.tactic, ("recorder",))
    assert [call[0] for call in inner.calls] == [
        "read_file", "for_theorem", "suggest", "prefetch", "whole_proofs", "on_result", "learn",
    ]  # fmt: skip
