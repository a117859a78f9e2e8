"""Agent mode: rounds between a language model and the search.

A model writes proofs and sketches. What Lean accepts of them becomes part of the search, each `sorry` is a goal of it,
and what became of all this is told to the model, which repairs its proof or plans another one (as in APOLLO, Ospanov
et al. 2025, and Draft, Sketch, and Prove, Jiang et al. 2022). The answer of a model can only become a block of tactics.
"""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from prover.errors import LeanError, ModelError
from prover.lean.session import Session, State
from prover.search.budget import Budget
from prover.search.engine import Engine, Hole, Proved
from prover.tactics.generator import TheoremRef
from prover.tactics.language.agent_prompts import AgentPrompts, DraftReport, HoleReport, with_state
from prover.tactics.language.cached import AnswerCache, ask, key_of
from prover.tactics.language.formats import PromptFields, state_text
from prover.tactics.language.model import Account, Completion, Decoding, LanguageModel, Prompt, Usage
from prover.tactics.language.model_tactics import MAX_CONSECUTIVE_FAILURES, FindPremises
from prover.tactics.language.whole_proofs import proof_in

PARTS = ("resume", "repair", "holes", "questions", "refute")
"""the parts of the loop: what holds of a wrong proof is kept; the model is told what became of its proof; holes are
searched between rounds; the model is asked about open holes one by one; holes are refuted"""
FIRST_SHARE = 0.2
"""the share of the time in which the search goes on alone before the model is asked"""
LAST_SHARE = 0.3
"""the share of what is left then that the search keeps for itself after the last round"""
MAX_HOLES_ASKED = 2
"""the number of open holes of a round about which the model is asked"""
MAX_HOLES_REPORTED = 6
REFUTATION_MILLISECONDS = 300
"""the time for the instances of one hole"""
ROUNDS_WITHOUT_PROGRESS = 2
"""the number of rounds without progress after which the model plans anew"""
MIN_ANSWER_TOKENS = 64
"""no answer is requested for which the limits leave fewer tokens"""
CAUTIOUS_BYTES_PER_TOKEN = 2
"""the size of a prompt's tokens when it is compared with the limits: Lean's symbols take several tokens"""


@dataclass(frozen=True)
class ModelExchange:
    """A question to a model with its answers."""

    uid: str
    theorem: TheoremRef
    model: str
    round: int
    purpose: str
    """`plan`, `repair` or `hole`"""
    system: str
    prompt: str
    answers: tuple[str, ...]
    usage: Usage
    outcome: str = ""
    """What became of the answers. It is empty until that is known."""


KeepExchange = Callable[[ModelExchange], None]
"""Stores an exchange, or its outcome if it is stored already."""


@dataclass(frozen=True)
class AgentPlan:
    """The settings of the rounds."""

    rounds: int = 6
    samples: int = 4
    """the number of answers to each question"""
    parts: frozenset[str] = frozenset(PARTS)
    """those of `PARTS` that are used"""


@dataclass(frozen=True)
class AgentTask:
    """A goal of a theorem, as the model is asked about it."""

    theorem: TheoremRef
    fields: PromptFields
    state: State


@dataclass
class Agent:
    """Asks a language model about theorems, in rounds with the search. Several threads may use one."""

    model: LanguageModel
    prompts: AgentPrompts
    decoding: Decoding
    plan: AgentPlan = AgentPlan()  # frozen
    prices: tuple[float, float] = (0.0, 0.0)
    """the prices of a million tokens, read and written"""
    note: Callable[[str], None] = lambda _: None
    cache: AnswerCache | None = None
    keep: KeepExchange = lambda _: None
    premises: FindPremises | None = None
    _failures: int = 0
    _spent: dict[str, Usage] = field(default_factory=dict)
    """the usage for each statement in earlier attempts"""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    name = "agent"

    @property
    def revisions(self) -> int:
        """Returns the number of questions after the first."""
        return self.plan.rounds - 1

    def bound(self, keep: KeepExchange, premises: FindPremises | None) -> "Agent":
        """Returns the agent of one run, which stores its exchanges and is shown premises."""
        return replace(self, keep=keep, premises=premises)

    def work(self, session: Session, search: Engine, task: AgentTask, account: Account) -> None:
        """Works on a goal in rounds until it is proved or the rounds, the limits or the time are spent.

        The limits on tokens and cost end the questions, not the search.
        """
        key = task.theorem.statement_key
        budget = search.meter.budget
        before, used = self._spent.get(key, Usage()), account.usage
        try:
            _Rounds(self, session, search, task, _Limits(budget, self.prices, before, used, account)).run()
        finally:
            search.meter.budget = replace(budget, tokens=None, cost=None)
            with self._lock:
                self._spent[key] = before + _difference(account.usage, used)

    def failed(self, error: ModelError) -> None:
        """Counts a failure; after several in a row the model is not asked any more."""
        with self._lock:
            self._failures += 1
            last = self._failures == MAX_CONSECUTIVE_FAILURES
        self.note(f"{error}" + (" It is not asked any more." if last else ""))

    def answered(self) -> None:
        """Learns that the model answers."""
        with self._lock:
            self._failures = 0

    @property
    def silent(self) -> bool:
        """Returns whether the model failed too often to be asked again."""
        return self._failures >= MAX_CONSECUTIVE_FAILURES


@dataclass(frozen=True)
class _Limits:
    """What may still be spent on the questions about one theorem."""

    budget: Budget
    prices: tuple[float, float]
    before: Usage
    """the usage in earlier attempts at the theorem"""
    begun: Usage
    """the usage of this attempt when the rounds began"""
    account: Account

    def affordable(self, prompt: Prompt, decoding: Decoding) -> Decoding | None:
        """Returns the decoding with so few answers and tokens that no limit is passed; None if that leaves nothing."""
        size = len((prompt.text + (prompt.system or "")).encode()) // CAUTIOUS_BYTES_PER_TOKEN + 1
        for count in dict.fromkeys((decoding.count, 1)):
            tokens = min(decoding.tokens, *self._tokens(size, count))
            if tokens >= min(MIN_ANSWER_TOKENS, decoding.tokens):
                return replace(decoding, count=count, tokens=int(tokens))
        return None

    def _tokens(self, size: int, count: int) -> tuple[float, ...]:
        """Returns the tokens that each limit leaves for one of several answers to a prompt."""
        used = self.before + _difference(self.account.usage, self.begun)
        found: list[float] = [float("inf")]
        if self.budget.tokens is not None:
            found.append((self.budget.tokens - used.tokens) / count - size)
        price_in, price_out = self.prices
        if self.budget.cost is not None:
            left = (self.budget.cost - used.cost) * 1_000_000 / count - size * price_in
            found.append(left / price_out if price_out else float("inf") if left > 0 else 0.0)
        return tuple(found)


@dataclass
class _Rounds:
    """The rounds about one goal."""

    agent: Agent
    session: Session
    search: Engine
    task: AgentTask
    limits: _Limits
    fields: PromptFields = PromptFields()  # noqa: RUF009  # frozen
    base: str = ""
    """the key of the conversation"""
    reports: list[DraftReport] = field(default_factory=list)
    """the best report of each round since the last plan"""
    failed: list[DraftReport] = field(default_factory=list)
    """the best report of each plan that was given up"""
    whole: Budget = Budget()  # noqa: RUF009  # frozen

    def run(self) -> None:
        """Alternates between the model and the search."""
        self.whole = replace(self.search.meter.budget, tokens=None, cost=None)
        self.search.meter.budget = self.whole
        if self._searched(FIRST_SHARE * self.search.meter.seconds_left()):
            return
        goal = self.task.state.goals[0]
        find = self.agent.premises
        self.fields = with_state(
            self.task.fields, state_text(goal), find(self.task.theorem, goal) if find else _lemma_names(goal.lemmas)
        )
        first = self.agent.prompts.plan(self.fields)
        plan = self.agent.plan
        drawn = self.agent.decoding
        self.base = key_of(self.agent.model.name, first.text, plan.samples, sorted(plan.parts), drawn.temperature)
        for number in range(plan.rounds):
            if self.search.meter.spent() or self._round(number):
                return

    def _round(self, number: int) -> bool:
        """Asks once, and lets the search continue from the answers; returns whether the rounds are over."""
        purpose, prompt = self._question()
        asked = self._asked(number, purpose, prompt)
        if asked is None:
            return True
        exchange, answers = asked
        tried = [self._tried(answer, self.task.state) for answer in answers]
        over = self._continued(number, tried)
        reports = [self._finished(report, holes) for report, holes in tried]
        self.agent.keep(replace(exchange, outcome="proved" if over else _outcome(reports)))
        if over or not reports:
            return over
        best = max(reports, key=DraftReport.progress)
        self.reports.append(best)
        return "questions" in self.agent.plan.parts and self._ask_about_holes(
            number, best, tried[reports.index(best)][1]
        )

    def _question(self) -> tuple[str, Prompt]:
        """Returns the next question: a repair of what got furthest, or another plan if that brings nothing new."""
        prompts = self.agent.prompts
        if not self.reports or "repair" not in self.agent.plan.parts:
            return "plan", prompts.plan(self.fields, self.failed[-3:] if "repair" in self.agent.plan.parts else ())
        best = max(self.reports, key=DraftReport.progress)
        since = len(self.reports) - 1 - self.reports.index(best)
        if since >= ROUNDS_WITHOUT_PROGRESS:
            self.failed.append(best)
            self.reports = []
            return "plan", prompts.plan(self.fields, self.failed[-3:])
        return "repair", prompts.repair(self.fields, self.reports[-1] if since == 1 else best)

    def _asked(
        self, number: int, purpose: str, prompt: Prompt, part: int = 0
    ) -> tuple[ModelExchange, list[Completion]] | None:
        """Returns the answers to a question, or None if the model is not asked any more."""
        agent = self.agent
        decoding = self.limits.affordable(prompt, agent.decoding)
        if decoding is None or agent.silent or self.search.meter.spent():
            return None
        before = self.limits.account.usage
        ref = self.task.theorem
        exchange = ModelExchange(
            uuid.uuid4().hex, ref, agent.model.name, number, purpose, prompt.system or "", prompt.text, (), before
        )

        def asked(answers: Sequence[Completion]) -> None:
            nonlocal exchange
            texts = tuple(answer.text for answer in answers)
            exchange = replace(exchange, answers=texts, usage=_difference(self.limits.account.usage, before))
            agent.keep(exchange)

        limited = replace(decoding, seed=decoding.seed + 100 * number + part, seconds=self.search.meter.seconds_left())
        place = key_of(self.base, number, purpose, part)
        try:
            answers = ask(agent.model, prompt, limited, agent.cache, place, asked)
        except ModelError as error:
            agent.failed(error)
            return None
        agent.answered()
        return exchange, answers

    def _tried(self, answer: Completion, at: State) -> tuple[DraftReport, list[Hole]]:
        """Replays an answer into the search; returns what became of it, and the goals that it left open."""
        read = proof_in(answer, self.task.fields)
        if read.refused is not None:
            return DraftReport(answer.text[:2_000], refused=read.refused), []
        if "resume" not in self.agent.plan.parts and "sorry" not in read.proof:
            failure = self.session.close_proof(at, read.proof)
            if failure is not None:
                return DraftReport(read.proof, failed=read.proof, message=failure.message), []
        root = at is self.task.state
        sources = (self.agent.name,)
        replayed = self.search.graft(read.proof, sources) if root else self.search.graft(read.proof, sources, at=at)
        report = DraftReport(
            read.proof,
            held="\n".join(replayed.held),
            failed=replayed.failed,
            line=_line_of(replayed.failed, read.proof),
            message=replayed.message,
            goal=state_text(replayed.goal) if replayed.goal is not None else "",
        )
        return report, replayed.holes[:MAX_HOLES_REPORTED]

    def _continued(self, number: int, tried: Sequence[tuple[DraftReport, list[Hole]]]) -> bool:
        """Lets the search continue from what the answers brought; returns whether the goal is proved."""
        if self._proved():
            return True
        if "holes" not in self.agent.plan.parts or not any(report.held for report, _ in tried):
            return False
        self._refute([hole for _, holes in tried for hole in holes])
        left = (1 - LAST_SHARE) * self.search.meter.seconds_left()
        return self._searched(left / (self.agent.plan.rounds - number))

    def _refute(self, holes: Sequence[Hole]) -> None:
        """Looks for counterexamples to goals that the answers left open, each once."""
        if "refute" not in self.agent.plan.parts:
            return
        for hole in {hole.goal.key: hole for hole in holes}.values():
            if (
                len(hole.state.goals) == 1
                and self.search.status(hole.state) == "open"
                and not self.search.meter.spent()
            ):
                values = self._counterexample(hole)
                if values is not None:
                    self.search.give_up(hole.state)

    def _counterexample(self, hole: Hole) -> tuple[tuple[str, str], ...] | None:
        try:
            return self.session.refute(hole.state, REFUTATION_MILLISECONDS, prove=False).values
        except LeanError:
            return None

    def _finished(self, report: DraftReport, holes: Sequence[Hole]) -> DraftReport:
        """Returns a report with what the search knows of the goals that a proof left open."""
        return replace(report, holes=tuple(map(self._hole_report, holes)))

    def _hole_report(self, hole: Hole) -> HoleReport:
        status = self.search.status(hole.state)
        printed = state_text(hole.goal)
        if status == "false":
            return HoleReport(printed, status, self._counterexample(hole) or ())
        if status == "proved" or "holes" not in self.agent.plan.parts:
            return HoleReport(printed, status)
        stuck = self.search.remaining(hole.state)
        lemmas = dict.fromkeys(lemma for each in stuck for lemma in each.goal.lemmas)
        return HoleReport(
            printed, status, remaining=tuple(state_text(each.goal) for each in stuck), lemmas=tuple(lemmas)
        )

    def _ask_about_holes(self, number: int, report: DraftReport, holes: Sequence[Hole]) -> bool:
        """Asks about the first open goals of a sketch, one by one; returns whether the rounds are over."""
        open_ = [hole for hole in holes if self.search.status(hole.state) == "open"][:MAX_HOLES_ASKED]
        for part, hole in enumerate(open_, start=1):
            prompt = self.agent.prompts.hole(self.fields, state_text(hole.goal), report)
            asked = self._asked(number, "hole", prompt, part)
            if asked is None:
                return True
            exchange, answers = asked
            tried = [self._tried(answer, hole.state) for answer in answers]
            over = self._continued(number, tried)
            reports = [self._finished(each, left) for each, left in tried]
            status = self.search.status(hole.state)
            self.agent.keep(replace(exchange, outcome=status if status != "open" else _outcome(reports)))
            if over:
                return True
        return False

    def _searched(self, seconds: float) -> bool:
        """Searches for some time; returns whether the goal is proved."""
        meter = self.search.meter
        if meter.budget.seconds is None:  # counts limit the search, and there is no time to divide
            return False
        meter.budget = replace(self.whole, seconds=min(self.whole.seconds or 0.0, meter.seconds + seconds))
        try:
            return isinstance(self.search.run(), Proved)
        finally:
            meter.budget = self.whole

    def _proved(self) -> bool:
        return self.search.status(self.task.state) == "proved"


def _difference(now: Usage, before: Usage) -> Usage:
    return Usage(
        now.requests - before.requests,
        now.tokens_in - before.tokens_in,
        now.tokens_out - before.tokens_out,
        now.cost - before.cost,
        now.seconds - before.seconds,
    )


def _line_of(tactic: str | None, proof: str) -> int:
    """Returns the line of a proof in which a tactic begins; 0 if it is not written there."""
    first = tactic.strip().split("\n")[0] if tactic else ""
    lines = proof.split("\n")
    return next((number for number, line in enumerate(lines, start=1) if first and first in line), 0)


def _outcome(reports: Sequence[DraftReport]) -> str:
    """Returns what became of several answers, as the database stores it."""
    return "\n".join(_said(report) for report in reports)


def _said(report: DraftReport) -> str:
    if report.refused is not None:
        return f"refused: {report.refused}"
    proved = sum(hole.status == "proved" for hole in report.holes)
    holes = f", {proved} of {len(report.holes)} holes proved" if report.holes else ""
    failed = (
        f", failed at line {report.line}: {report.message.strip().splitlines()[0][:200]}"
        if report.message.strip()
        else ""
    )
    return f"{len(report.held.splitlines())} lines held{holes}{failed}"


def _lemma_names(names: Sequence[str]) -> tuple[str, ...]:
    return (f"-- {', '.join(names)}",) if names else ()
