"""What rounds between a model and the search prove, beside the model alone and the search alone, at several skills.

The model is the simulated one of `prover simulate-model`, without HTTP. Theorems that have a proof are proved again.
A proof counts here when Lean accepts it in the theorem's place; the gate is not asked. `prover bench rounds` runs this.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.workload import conditions
from prover.agent import PARTS, Agent, AgentPlan
from prover.app.assembly import ProverOptions, assemble, mixture
from prover.app.locating import Locator
from prover.app.simulation import simulated_model
from prover.app.workspace import Workspace
from prover.attempt import Task, TheoremProved, sorry_goals
from prover.check.gate import Accepted, Judgement, Submission
from prover.check.levels import DEFAULT_LEVEL
from prover.lean.gateway_session import LeanSession
from prover.search.budget import Budget
from prover.search.engine import Strategy
from prover.tactics.automation import Automation
from prover.tactics.language.agent_prompts import AgentPrompts
from prover.tactics.language.model import Completion, Decoding, ModelKind, Prompt, Usage, charge
from prover.tactics.language.simulated import SimulatedModel
from prover.tactics.language.whole_proofs import fields_above, proof_in
from prover.tactics.structure import Structure

SAMPLES = 4
ROUNDS = 4
ALONE, SEARCH, LOOP = "model alone", "search alone", "loop"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class RoundsPlan:
    """The plan of a measurement."""

    seconds: float
    """The time for each theorem of the search and of the loop."""
    theorems: int
    lines: int
    """The least number of lines of a human proof."""
    skills: tuple[float, ...]
    without: bool
    """Whether the loop is also measured without each of its parts."""
    seed: int


@dataclass(frozen=True)
class Row:
    """The outcome of one way at one theorem."""

    theorem: str
    way: str
    skill: float | None
    proved: bool
    seconds: float


class InProcess:
    """The simulated model as a `LanguageModel`."""

    kind: ModelKind = "chat"

    def __init__(self, model: SimulatedModel) -> None:
        self.name = f"simulated {model.skill:g}"
        self._model = model

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        """See `LanguageModel`."""
        charge(Usage(requests=len(prompts)))
        numbers = range(decoding.seed, decoding.seed + decoding.count)
        return [
            [Completion(self._model.answer(prompt.system or "", prompt.text, number), -1.0) for number in numbers]
            for prompt in prompts
        ]


class EveryProof:
    """Accepts every proof: the search has let Lean run it as a whole."""

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """See `Gate`."""
        return Accepted((), 0, level)


def measure(workspace: Workspace, plan: RoundsPlan, progress: Progress) -> dict[str, Any]:
    """Attempts theorems in each way in turn."""
    known = simulated_model(workspace, 1.0, plan.seed)
    worth = sorted(each.name for each in known.proofs if len(each.proof.split("\n")) >= plan.lines)
    names = random.Random(plan.seed).sample(worth, min(plan.theorems, len(worth)))
    rows: list[Row] = []
    with workspace.pool(1) as pool, pool.lend() as session:
        for number, name in enumerate(names, start=1):
            (target,) = Locator(workspace, session).wanted((name,))
            own = list(_attempts(session, target.task, known, plan))
            rows += own
            proved = [f"{row.way} {row.skill or ''}".strip() for row in own if row.proved]
            progress(f"{number} of {len(names)}: {name}: {', '.join(proved) or 'nothing'}")
    facts = {**conditions(workspace.toolchain), **asdict(plan), "known": len(known.proofs), "of": len(worth)}
    return {"conditions": facts, "theorems": [asdict(row) for row in rows], "table": list(table(rows))}


def table(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yields for each skill what each way proved, and what only one of the model and the search proved."""
    search = {row.theorem for row in rows if row.way == SEARCH and row.proved}
    for skill in dict.fromkeys(row.skill for row in rows if row.skill is not None):
        own = [row for row in rows if row.skill == skill]
        proved = {
            way: {r.theorem for r in own if r.way == way and r.proved} for way in dict.fromkeys(r.way for r in own)
        }
        counts = {way: len(found) for way, found in proved.items()}
        union = search | proved.get(ALONE, set())
        yield {"skill": skill, SEARCH: len(search), "union": len(union), **counts}


def _attempts(session: LeanSession, task: Task, known: SimulatedModel, plan: RoundsPlan) -> Iterator[Row]:
    name = task.declaration.name
    yield Row(name, SEARCH, None, *_proved(session, task, plan, None))
    for skill in plan.skills:
        model = InProcess(replace(known, skill=skill))
        yield Row(name, ALONE, skill, _alone(session, task, model), 0.0)
        yield Row(name, LOOP, skill, *_proved(session, task, plan, _agent(model, frozenset(PARTS))))
        for part in PARTS if plan.without else ():
            agent = _agent(model, frozenset(PARTS) - {part})
            yield Row(name, f"without {part}", skill, *_proved(session, task, plan, agent))


def _agent(model: InProcess, parts: frozenset[str]) -> Agent:
    return Agent(model, AgentPrompts("chat"), Decoding(SAMPLES, "sample"), AgentPlan(ROUNDS, SAMPLES, parts))


def _alone(session: LeanSession, task: Task, model: InProcess) -> bool:
    """Returns whether one of several answers of the model is a proof (pass@4)."""
    (goal,) = sorry_goals(session, task)
    declaration = task.declaration
    fields = fields_above(task.source.text.encode(), declaration.start, goal.start, declaration.name)
    (answers,) = model.complete([AgentPrompts("chat").plan(fields)], Decoding(SAMPLES, "sample"))
    proofs = [
        read.proof for answer in answers if (read := proof_in(answer, fields)).proof and "sorry" not in read.proof
    ]
    return any(session.close_proof(goal.state, proof) is None for proof in proofs)


def _proved(session: LeanSession, task: Task, plan: RoundsPlan, agent: Agent | None) -> tuple[bool, float]:
    options = ProverOptions(Budget(seconds=plan.seconds), Strategy(), drafting=agent)
    outcome = assemble(mixture((Automation(), Structure())), EveryProof(), options).prove(session, task)
    return isinstance(outcome, TheoremProved), round(outcome.spent.seconds, 2)
