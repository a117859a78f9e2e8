"""Attempts at one theorem: its goals are opened and searched, and the proof is written into the file and judged."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from prover.agent import Agent, AgentTask
from prover.check.gate import SORRY_AXIOM, Accepted, Judge, Judgement, Refused, Submission
from prover.check.levels import AXIOMS_LEVEL, DEFAULT_LEVEL, resting_on
from prover.check.refutation import Refuted, Refuter
from prover.errors import LeanError, RequestRefused
from prover.facts import MissingFacts, missing_facts
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration
from prover.lean.session import Session, SorryGoal, SourceText
from prover.polish.polish import Polisher
from prover.project.contents import ContentsReader
from prover.project.patch import Replacement, patched
from prover.project.patch import replace as replace_in
from prover.project.proof_layout import layouts, together
from prover.search.budget import Budget, Meter
from prover.search.engine import Engine, Open, Proved, Strategy
from prover.search.engines import ENGINES
from prover.search.stuck import NO_PARTIAL_PROOF, PartialProof, StuckAt
from prover.tactics.generator import Generator, ProofStep, TheoremRef
from prover.tactics.language.model import Account, Usage, accounted
from prover.tactics.language.whole_proofs import ProofFault, WholeProofWriter, fields_above, longest_held

Script = tuple[str, ...]
"""the lines of a tactic block"""


@dataclass(frozen=True)
class KnownProof:
    """A proof of a statement that was accepted before."""

    scripts: tuple[Script, ...]
    """one block for each `sorry` that was filled, in order"""
    whole: bool
    """True if its single block proves the whole statement."""


Recall = Callable[[str], Sequence[KnownProof]]
"""Returns known proofs of the statement with a key, the most trusted first."""

FOLLOWED_LOG_PROBABILITY = -0.3
"""the log-probability of a tactic of another theorem's proof"""
FOLLOWED_SHARE = 0.1
"""the share of the budget after which no further proof of another theorem is replayed"""
NOTHING_TO_ASSUME = "no open theorem is in scope"
"""the reason why a theorem that may rest on open theorems is not attempted"""
MAX_REFUSED_PROOFS = 3
"""the number of refused proofs after which a theorem is left open"""


@dataclass(frozen=True)
class Task:
    """A theorem to prove, in its file."""

    source: SourceText
    declaration: Declaration
    incomplete: tuple[Declaration, ...] = field(default=(), compare=False)
    """all declarations of the file with a `sorry`"""
    moved: int = field(default=0, compare=False)
    """the number of bytes by which proofs above it have moved it, since the user's file was read"""
    broken: bool = False
    """True if it has errors; then its whole statement is to be proved."""
    assumed: tuple[str, ...] = ()
    """The open theorems that its proof may rest on: full names, or `EVERY_OPEN_THEOREM`."""
    only: int | None = None
    """The byte of the one `sorry` that is to be filled; None for all of the theorem's."""

    def ref(self) -> TheoremRef:
        """Returns the identity of the theorem, for generators."""
        declaration = self.declaration
        return TheoremRef(self.source.module, declaration.name, declaration.start - self.moved, declaration.key)


@dataclass(frozen=True)
class Spent:
    """The cost of an attempt."""

    seconds: float = 0.0
    """the wall-clock time in seconds, that of the gate included"""
    gate_seconds: float = 0.0
    """the time that the gate took, which the budget does not count"""
    expansions: int = 0
    tactics: int = 0
    asked: Usage = field(default_factory=Usage)
    """the usage of language models"""

    def __add__(self, meter: Meter) -> "Spent":
        return replace(self, expansions=self.expansions + meter.expansions, tactics=self.tactics + meter.tactics)


@dataclass(frozen=True)
class AcceptedProof:
    """A proof that the gate accepted, of either kind."""

    proof: str
    """the tactic block; if several `sorry`s were filled, their blocks with blank lines between them"""
    replacements: tuple[Replacement, ...]
    judgement: Accepted
    spent: Spent
    scripts: tuple[Script, ...] = ()
    """one block for each `sorry` that was filled"""
    whole: bool = False
    """True if the single block proves the whole statement."""
    recalled: bool = False
    """True if the proof was known and nothing was searched."""
    found: tuple[Script, ...] = ()
    """the blocks as the search found them, if they were polished since"""
    steps: tuple[ProofStep, ...] = ()
    """the goals of the proof, each with the tactic that was used on it; empty for a recalled proof"""


class TheoremProved(AcceptedProof):
    """The theorem is proved."""


class TheoremProvedGiven(AcceptedProof):
    """The proof rests on open theorems, which its judgement names: the theorem is proved when these are."""

    @property
    def reason(self) -> str:
        """The reason why the theorem is not proved."""
        return resting_on(self.judgement.given)


@dataclass(frozen=True)
class TheoremOpen:
    """No proof was found that the gate accepts."""

    reason: str
    spent: Spent
    refused: str | None = None
    """why the gate refused the last wrong proof, if it refused one"""
    stuck: tuple[StuckAt, ...] = ()
    """The goals that remain of the partial proof that got furthest."""
    undecided: str | None = None
    """why the last proof that is not known to be wrong could not be written into the file or checked"""
    missing: MissingFacts | None = None
    """The facts that would complete the partial proof that got furthest."""
    final: bool = False
    """True if proofs of other theorems cannot help: a value is missing, or the place is a macro's."""


@dataclass(frozen=True)
class TheoremRefuted:
    """The theorem is false: a fresh Lean accepted a proof of its negation."""

    refuted: Refuted
    spent: Spent

    @property
    def reason(self) -> str:
        """The reason why the theorem is not proved."""
        return f"refuted: {self.refuted.described()}"


@dataclass(frozen=True)
class TheoremFailed:
    """The theorem could not be attempted."""

    reason: str
    spent: Spent


AttemptOutcome = TheoremProved | TheoremProvedGiven | TheoremOpen | TheoremRefuted | TheoremFailed


@dataclass(frozen=True)
class Prover:
    """Proves theorems with one generator, one search strategy and one gate."""

    generator: Generator
    strategy: Strategy
    gate: Judge
    budget: Budget
    recall: Recall = lambda _: ()
    level: int = DEFAULT_LEVEL
    """the level up to which the gate checks a proof"""
    drafting: WholeProofWriter | Agent | None = None
    """writes whole proofs before the search begins, or in rounds with it"""
    polish_seconds: float = 0.0
    """the time for rewriting each block of a proof as people write it; 0 leaves proofs as they are found"""
    states_facts: bool = False
    """True if the goals at which an open theorem is stuck are stated as theorems."""
    refuter: Refuter | None = None
    """looks for a counterexample before the search begins"""

    def prove(self, session: Session, task: Task) -> AttemptOutcome:
        """Attempts a theorem: its `sorry`s if it has any, otherwise its whole statement."""
        started = time.monotonic()
        with accounted() as account:
            try:
                goals = sorry_goals(session, task)
                outcome: AttemptOutcome = self._learnt(task, self._attempted(session, task, goals, account))
            except LeanError as error:
                outcome = TheoremFailed(str(error), Spent())
            finally:
                forget(session)
        spent = replace(outcome.spent, seconds=time.monotonic() - started, asked=account.usage)
        return replace(outcome, spent=spent)

    def _attempted(self, session: Session, task: Task, goals: Sequence[SorryGoal], account: Account) -> AttemptOutcome:
        if task.assumed and not (goals := assuming(session, goals, task.assumed)):
            return TheoremOpen(NOTHING_TO_ASSUME, Spent())
        return Attempt(self, session, task, goals, account).run()

    def _learnt(self, task: Task, outcome: AttemptOutcome) -> AttemptOutcome:
        """Lets the generator learn from an outcome; returns it."""
        if isinstance(outcome, TheoremProved) and outcome.steps:
            self.generator.learn(task.ref(), outcome.steps)
        return outcome


def have_read(
    session: LeanSession, contents: ContentsReader, sources: Iterable[SourceText], generators: Iterable[Generator]
) -> None:
    """Lets those generators that require it read the files of theorems.

    Raises:
        LeanError: Lean does not answer.
    """
    readers = [generator for generator in generators if generator.reads_files]
    for source in dict.fromkeys(sources) if readers else ():
        file = contents.read(session, source, session.declarations(source, detail=True))
        for reader in readers:
            reader.read_file(file)


def forget(session: Session) -> None:
    """Clears a session; closes it if it cannot be cleared, so that it is restarted."""
    try:
        session.forget()
    except LeanError:
        session.close()


def sorry_goals(session: Session, task: Task) -> tuple[SorryGoal, ...]:
    """Returns the goals at the `sorry`s of a theorem, or the goal of its whole statement if it has none."""
    declaration = task.declaration
    if declaration.incomplete and not task.broken:
        found = session.sorries(task.source, declaration.start, declaration.stop)
        own = tuple(o for o in found if declaration.start <= o.start < declaration.stop)
        if task.only is not None:
            own = tuple(o for o in own if o.start == task.only)
        if own:
            return own
    return (session.statement(task.source, declaration.selection),)


def assuming(session: Session, goals: Sequence[SorryGoal], assumed: Sequence[str]) -> tuple[SorryGoal, ...]:
    """Returns the goals as ones in whose proofs open theorems may be used; none if no such theorem is in scope."""
    found = [(goal, session.assume(goal.state, assumed)) for goal in goals]
    if not any(assuming.usable for _, assuming in found):
        return ()
    return tuple(replace(goal, state=assuming.state) for goal, assuming in found)


def unprovable(task: Task, goals: Sequence[SorryGoal]) -> str | None:
    """Returns why no proof of a theorem can count or be written, whatever is found; None if one can."""
    if SORRY_AXIOM in task.declaration.needs:
        return "its statement has a `sorry` itself: no proof of it counts before the statement is complete"
    if task.declaration.needs:
        names = ", ".join(f"`{name}`" for name in _incomplete_below(task.declaration))
        return f"its statement rests on {names}, left to `sorry`: no proof of it counts before that has a value"
    for goal in goals:
        place = f"`sorry` on line {line_of(task.source.text, goal.start)}"
        if goal.place.kind == "nothing":
            return f"the {place} is part of what a macro stands for: no proof can be written there"
        if goal.value:
            return f"it needs a value, not a proof, for the {place}: write one"
    return None


def _incomplete_below(declaration: Declaration) -> tuple[str, ...]:
    """Returns what the statement of a declaration needs, by full name: `needs` has no private names in full."""
    needs, rests = declaration.needs, declaration.rests
    return tuple(name for name in needs if name in rests) or rests or needs


def line_of(text: str, offset: int) -> int:
    """Returns the line of a byte, counted from 1."""
    return text.encode()[:offset].count(b"\n") + 1


def places_of(goals: Sequence[SorryGoal]) -> list[list[SorryGoal]]:
    """Returns the goals in groups of those that are at one `sorry`: a tactic may be run on several."""
    return [list(same) for _, same in groupby(goals, key=lambda goal: goal.start)]


def written_at(session: Session, source: SourceText, goal: SorryGoal, script: Script) -> Replacement:
    """Returns the replacement that writes a script in place of a `sorry`: the first layout that Lean accepts there.

    If Lean accepts none, it is the first that changes nothing around it, so that the gate says what is wrong with it.
    """
    ways = layouts(source.text, goal.start, goal.stop, goal.place, script)
    same = []
    for way in ways if len(ways) > 1 else ():
        text = replace_in(source.text, [way])
        made = (way.start, way.start + len(way.text.encode()))
        fit = session.fit(source, goal.command[0], text, (way.start, way.stop), made)
        if fit.holds:
            return way
        if fit.same:
            same.append(way)
    return next(iter(same), ways[0])


class Attempt:
    """One attempt at one theorem."""

    def __init__(
        self, prover: Prover, session: Session, task: Task, goals: Sequence[SorryGoal], account: Account
    ) -> None:
        self._prover = prover
        self._session = session
        self._task = task
        self._sorry_goals = tuple(goals)
        self._places = places_of(goals)
        self._beside: tuple[Declaration, ...] = ()
        """other theorems of the `mutual` block that are proved too"""
        self._drafted: list[Engine] = []
        self._proofs: dict[Engine, Proved] = {}
        """the proof that each search found last"""
        self._generator = prover.generator.for_theorem(task.ref())
        self._deadline = time.monotonic() + (prover.budget.seconds or float("inf"))
        self._gate_seconds = 0.0
        self._refusals: dict[bool, str] = {}
        """the reason of the last refusal, for wrong proofs and for those that could not be checked"""
        self._account = account
        self._searches = self._engines(goals)

    def _engines(self, goals: Sequence[SorryGoal]) -> list[Engine]:
        """Returns a search for each goal."""
        strategy = self._prover.strategy
        engine = ENGINES.named(strategy.engine)
        return [
            engine(self._session, goal.state, self._generator, strategy, self._share(len(goals) - index), self._account)
            for index, goal in enumerate(goals)
        ]

    def run(self) -> AttemptOutcome:
        """Submits known proofs and looks for a counterexample, then searches and submits until the gate accepts.

        It ends too when nothing is left to try.
        """
        if reason := unprovable(self._task, self._sorry_goals):
            others = set(self._task.declaration.needs) - {SORRY_AXIOM}
            return TheoremOpen(reason, self._spent(), final=not others)
        if decided := self._recalled() or self._refuted():
            return decided
        for _ in range(MAX_REFUSED_PROOFS):
            scripts: list[Script] = []
            for index, search in enumerate(self._searches):
                search.meter.budget = self._share(len(self._searches) - index, search)
                match self._reused(index, scripts) or self._search(search, self._sorry_goals[index]):
                    case Open() as result:
                        return self._open(result.reason, result.partial, self._sorry_goals[index])
                    case script:
                        scripts.append(script)
            match self._submit_found(tuple(scripts)):
                case TheoremProved() | TheoremProvedGiven() as proved:
                    return proved
                case Refused(level=level):
                    if level != AXIOMS_LEVEL or not self._widen():
                        next(search for search in reversed(self._searches) if search in self._proofs).refuse()
        return self._open("its proofs were refused" if True in self._refusals else "its proofs could not be checked")

    def _recalled(self) -> AttemptOutcome | None:
        """Returns the first known proof that the gate accepts."""
        outcomes = (self._submit(known, recalled=True) for known in self._known())
        return next((outcome for outcome in outcomes if isinstance(outcome, AcceptedProof)), None)

    def _refuted(self) -> TheoremRefuted | None:
        """Returns a refutation of the theorem, if small instances lead to one; the budget does not count this."""
        refuter, declaration = self._prover.refuter, self._task.declaration
        if refuter is None:
            return None
        began = time.monotonic()
        try:
            state = self._session.statement(self._task.source, declaration.selection).state
            refuted = refuter.refuted(self._session, self._task.source, declaration.selection, state)
        except RequestRefused:  # it is no proposition
            return None
        finally:
            self._postpone(time.monotonic() - began)
        return TheoremRefuted(refuted, self._spent()) if refuted is not None else None

    def _postpone(self, seconds: float) -> None:
        """Gives the searches as much more time."""
        self._deadline += seconds
        for search in self._searches:
            search.meter.started += seconds

    def _open(
        self,
        reason: str,
        partial: PartialProof = NO_PARTIAL_PROOF,
        at: SorryGoal | None = None,
    ) -> TheoremOpen:
        refused, undecided = self._refusals.get(True), self._refusals.get(False)
        missing = self._missing(partial, at) if at is not None and self._prover.states_facts else None
        return TheoremOpen(reason, self._spent(), refused, partial.stuck, undecided, missing)

    def _missing(self, partial: PartialProof, at: SorryGoal) -> MissingFacts | None:
        """Returns the facts that complete a partial proof of a goal."""
        task = self._task

        def write(script: Script) -> Replacement:
            return written_at(self._session, task.source, at, script)

        return missing_facts(self._session, task.source, at.command[0], task.declaration.name, partial, write)

    def _widen(self) -> bool:
        """Adds the goals of the other theorems of a `mutual` block; returns whether there are any.

        The theorem's text may use these theorems, and then it rests on their `sorry`s.
        """
        own, (start, stop) = self._task.declaration, self._sorry_goals[0].command
        inside = (each for each in self._task.incomplete if start <= each.start < stop)
        beside = tuple(each for each in inside if not own.start <= each.start < own.stop)
        if self._beside or not beside or self._task.only is not None:
            return False
        found = self._session.sorries(self._task.source, start, stop)
        goals = tuple(goal for goal in found if any(d.start <= goal.start < d.stop for d in beside))
        if self._task.assumed:
            goals = assuming(self._session, goals, self._task.assumed)
        self._beside = beside
        self._sorry_goals += goals
        self._places += places_of(goals)
        self._searches += self._engines(goals)
        return True

    def _known(self) -> Iterator[tuple[Script, ...]]:
        """Yields known proofs that Lean accepts here: of the whole statement, or of as many `sorry`s as there are."""
        for known in self._prover.recall(self._task.declaration.key):
            if known.whole == self._whole() and len(known.scripts) == len(self._places):
                pairs = zip(self._places, known.scripts, strict=True)
                if all(self._closes(goal, script) for place, script in pairs for goal in place if not goal.place.all):
                    yield known.scripts

    def _closes(self, goal: SorryGoal, script: Script) -> bool:
        """Returns whether Lean accepts a script as a proof of a goal."""
        return self._session.close_proof(goal.state, "\n".join(script)) is None

    def _reused(self, index: int, scripts: Sequence[Script]) -> Script | None:
        """Returns the proof of an earlier goal at the same `sorry` if it proves this goal too."""
        goal = self._sorry_goals[index]
        earlier = (
            script for other, script in zip(self._sorry_goals, scripts, strict=False) if other.start == goal.start
        )
        return next((script for script in dict.fromkeys(earlier) if self._closes(goal, script)), None)

    def _by_place(self, scripts: Sequence[Script]) -> tuple[Script, ...]:
        """Returns one script for each `sorry`: one that proves all of its goals, or one made of theirs."""
        proofs = iter(scripts)
        return tuple(self._common([next(proofs) for _ in place], place) for place in self._places)

    def _common(self, scripts: Sequence[Script], place: Sequence[SorryGoal]) -> Script:
        if len(set(scripts)) > 1 and not place[0].place.all:
            for script in dict.fromkeys(scripts[1:]):
                if all(self._closes(goal, script) for goal in place):
                    return script
        return together(scripts, place[0].place.all)

    def _whole(self) -> bool:
        """Returns whether there is one `sorry`, and its goal is the whole statement."""
        key = self._task.declaration.key
        return [goal.statement for sorry_goal in self._sorry_goals for goal in sorry_goal.state.goals] == [key]

    def _submit_found(self, found: tuple[Script, ...]) -> TheoremProved | TheoremProvedGiven | Refused:
        """Submits a script for each goal as the search found it: polished, and as it is if the gate refuses that."""
        polished = tuple(map(self._polished, self._sorry_goals, found))
        if polished != found:
            outcome = self._submit(self._by_place(polished))
            if isinstance(outcome, AcceptedProof):
                return replace(outcome, found=self._by_place(found))
        return self._submit(self._by_place(found))

    def _polished(self, sorry_goal: SorryGoal, script: Script) -> Script:
        """Returns a better form of a script, or the script itself if Lean does not survive the search for one."""
        if self._prover.polish_seconds == 0:
            return script
        try:
            return Polisher(self._session, sorry_goal.state, self._prover.polish_seconds).polished(script)
        except LeanError:
            return script

    def _submit(
        self, scripts: tuple[Script, ...], recalled: bool = False
    ) -> TheoremProved | TheoremProvedGiven | Refused:
        """Submits the file with these blocks in it to the gate."""
        replacements = self._replacements(scripts)
        match self._judged(self._submission(replacements)):
            case Accepted() as accepted:
                proof = "\n\n".join("\n".join(script) for script in scripts)
                made = TheoremProvedGiven if accepted.given else TheoremProved
                return made(
                    proof=proof,
                    replacements=replacements,
                    judgement=accepted,
                    spent=self._spent(),
                    scripts=scripts,
                    whole=self._whole(),
                    recalled=recalled,
                    steps=() if recalled else tuple(self._steps()),
                )
            case Refused(reason) as refused:
                self._refusals[refused.wrong] = f"{reason} (known from the database)" if recalled else reason
                return refused

    def _judged(self, submission: Submission) -> Judgement:
        """Has the gate judge a submission; its time does not count as time of the search."""
        began = time.monotonic()
        judgement = self._prover.gate.judge(submission, self._prover.level)
        seconds = time.monotonic() - began
        self._gate_seconds += seconds
        self._postpone(seconds)
        return judgement

    def _steps(self) -> Iterator[ProofStep]:
        for search in self._searches:
            if search in self._proofs:  # otherwise the goal was closed by the proof of another
                yield from self._proofs[search].steps

    def _search(self, search: Engine, sorry_goal: SorryGoal) -> Script | Open:
        """Returns a script that Lean accepts as a whole; scripts that it does not accept do not end the search."""
        if search not in self._drafted:
            self._drafted.append(search)
            if not self._follow(search, sorry_goal):
                self._draft(search, sorry_goal)
        while True:
            match search.run():
                case Open() as result:
                    return result
                case Proved() as proved:
                    self._proofs[search] = proved
                    for script in proved.scripts:
                        if self._session.close_proof(sorry_goal.state, "\n".join(script)) is None:
                            return script
                    search.refuse()

    def _follow(self, search: Engine, sorry_goal: SorryGoal) -> bool:
        """Replays proofs of similar theorems into the search; returns whether one of them proves the goal."""
        limits = self._prover.strategy.limits
        for known in self._generator.whole_proofs(sorry_goal.state.goals[0]):
            if search.meter.share_used() >= FOLLOWED_SHARE:
                return False
            sources = known.sources or (self._generator.name,)
            if search.graft(known.tactic, sources, limits, FOLLOWED_LOG_PROBABILITY).proved:
                return True
        return False

    def _draft(self, search: Engine, sorry_goal: SorryGoal) -> None:
        """Has a language model write whole proofs, and revise them, and replays them into the search."""
        drafting = self._prover.drafting
        if drafting is None:
            return
        declaration = self._task.declaration
        name = "" if declaration.kind == "example" else declaration.name
        fields = fields_above(self._task.source.text.encode(), declaration.start, sorry_goal.start, name)
        if isinstance(drafting, Agent):
            task = AgentTask(self._task.ref(), fields, sorry_goal.state)
            drafting.work(self._session, search, task, self._account)
            return
        drafts = drafting.write(fields)
        for revision in range(drafting.revisions + 1):
            faults = []
            for draft in drafts:
                if search.meter.spent():
                    return
                replayed = search.graft(draft, (WholeProofWriter.name,))
                if replayed.proved:
                    return
                if replayed.failed is not None:
                    faults.append(ProofFault(draft, "\n".join(replayed.held), replayed.failed, replayed.message))
            if search.meter.spent() or not faults or revision == drafting.revisions:
                return
            drafts = drafting.revise(fields, longest_held(faults))

    def _share(self, parts: int, search: Engine | None = None) -> Budget:
        """Returns the budget with an even share of the time left, added to the time that the search has used."""
        budget = self._prover.budget
        if budget.seconds is None:
            return budget
        used = search.meter.seconds if search is not None else 0.0
        return replace(budget, seconds=used + max(0.0, self._deadline - time.monotonic()) / parts)

    def _spent(self) -> Spent:
        total = Spent(gate_seconds=self._gate_seconds)
        for search in self._searches:
            total = total + search.meter
        return total

    def _replacements(self, scripts: Sequence[Script]) -> tuple[Replacement, ...]:
        pairs = zip(self._places, scripts, strict=True)
        return tuple(written_at(self._session, self._task.source, place[0], script) for place, script in pairs)

    def _submission(self, replacements: Sequence[Replacement]) -> Submission:
        source = self._task.source
        declaration = self._task.declaration
        return Submission(
            source,
            patched(source, replacements),
            declaration.name,
            declaration.selection,
            self._sorry_goals[0].command,
            beside=tuple((each.name, each.selection) for each in self._beside),
            assumed=self._task.assumed,
            example=declaration.kind == "example",
            searched=True,
        )
