"""Classes for Pantograph and LeanDojo-v2, used as these use them, with stand-ins for their packages."""

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from prover.app.agents import TextAdviser, adviser, leandojo_prover, pantograph_agent
from prover.errors import UsageError
from prover.lean.protocol import Goal
from prover.tactics.generator import StatelessGenerator, Suggestion


class Scripted(StatelessGenerator):
    name = "scripted"

    def suggest(self, goal: Goal) -> list[Suggestion]:
        return [Suggestion("omega", -1.0), Suggestion(f"exact {goal.hypotheses[0].name}", -0.5)]


@dataclass
class PantographGoal:
    """Prints as Pantograph's goals do."""

    name: str

    def __str__(self) -> str:
        return f"{self.name} : p\n⊢ p"


@dataclass
class PantographState:
    goals: list[PantographGoal] = field(default_factory=lambda: [PantographGoal("h"), PantographGoal("k")])


class Agent:
    """Pantograph's loop, in short: a goal is given up when there is no further tactic."""

    def next_tactic(self, state: Any, goal_id: int) -> str | None:
        raise NotImplementedError

    def guidance(self, state: Any) -> list[float]:
        return [0.0 for _ in state.goals]

    def reset(self) -> None:
        pass

    def search(self, state: PantographState, max_trials_per_goal: int = 5) -> list[str]:
        self.reset()
        best = max(range(len(state.goals)), key=self.guidance(state).__getitem__)
        found: list[str] = []
        while len(found) < max_trials_per_goal and (tactic := self.next_tactic(state, best)) is not None:
            found.append(tactic)
        return found


class BaseProver(Agent):
    def __init__(self, model: object) -> None:
        raise AssertionError("it loads a model")

    def generate_whole_proof(self, theorem: str) -> str:
        raise NotImplementedError


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, kind in (("pantograph.search", Agent), ("lean_dojo_v2.prover", BaseProver)):
        package, module = ModuleType(name.split(".")[0]), ModuleType(name)
        setattr(module, kind.__name__, kind)
        monkeypatch.setitem(sys.modules, package.__name__, package)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("installed")
def test_pantograph_tries_the_suggestions_in_order_for_each_search_anew() -> None:
    agent = pantograph_agent(TextAdviser(Scripted()))
    assert isinstance(agent, Agent)
    for _ in range(2):
        assert agent.search(PantographState()) == ["exact h", "omega"]
    assert agent.next_tactic(PantographState(), 1) == "exact k"
    assert agent.guidance(PantographState()) == [-0.5, -0.5]


@pytest.mark.usefixtures("installed")
def test_leandojos_prover_searches_and_writes_no_whole_proofs() -> None:
    prover = leandojo_prover(TextAdviser(Scripted()))
    assert isinstance(prover, BaseProver)
    assert prover.search(PantographState()) == ["exact h", "omega"]
    with pytest.raises(UsageError, match="use `search`"):
        prover.generate_whole_proof("theorem t : p")


def test_a_text_without_a_goal_has_no_tactics() -> None:
    advises = TextAdviser(Scripted())
    assert (advises.next_tactic("no goals"), advises.promise("no goals")) == (None, -100.0)


def test_what_is_not_installed_is_named() -> None:
    for make, name in ((pantograph_agent, "Pantograph"), (leandojo_prover, "LeanDojo-v2")):
        with pytest.raises(UsageError, match=f"{name} is not installed"):
            make(TextAdviser(Scripted()))


def test_the_mixture_of_the_prover_is_asked_by_default() -> None:
    assert adviser(("automation",)).next_tactic("n : Nat\n⊢ n + 0 = n") is not None
