"""Level 5: whether a statement says something. A true proof of a careless statement misleads as well as a false one.

Three questions are put to the statement itself, whatever its proof: do its hypotheses contradict each other, is its
conclusion one of them, can its negation be proved? The search answers them, each within a small budget, and the kernel
looks at each answer. What it does not find in that time may still be so. Findings are reported; they refuse nothing,
since a theorem may be about just such a thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prover.errors import RequestRefused
from prover.lean.session import Advanced, LeanSession, SourceText, State
from prover.search.best_first import Proved, Search, Strategy
from prover.search.budget import Budget

CONTRADICTORY = "its hypotheses contradict each other"
TRIVIAL = "its conclusion is one of its hypotheses"
REFUTED = "its negation can be proved"


def findings(session: LeanSession, source: SourceText, selection: int, strategy: Strategy, budget: Budget) -> list[str]:
    """What is wrong with the statement of the theorem named at `selection`, each with how Lean is shown it.

    Args:
        budget: of each of the questions.
    """
    asking = _Asking(session, strategy, budget)
    sorry_goal = session.statement(source, selection)
    introduced = asking.after(sorry_goal.state, "intros") or sorry_goal.state
    goal = introduced.goals[0]
    found = []
    if asking.closes(introduced, "assumption"):
        found.append(f"{TRIVIAL}: intros; assumption")
    if goal.hypotheses and goal.target != "False":  # else `False` is what the theorem itself says
        absurd = asking.after(introduced, "exfalso")
        if absurd is not None and (script := asking.proof(absurd)):
            found.append(f"{CONTRADICTORY}: {_line(['intros', 'exfalso', *script])}")
    if script := asking.refutation(source, selection):
        found.append(f"{REFUTED}: {_line(script)}")
    return found


@dataclass(frozen=True)
class _Asking:
    """A session that looks for proofs within a budget."""

    session: LeanSession
    strategy: Strategy
    budget: Budget

    def _run(self, state: State, tactic: str) -> Advanced | None:
        (outcome,) = self.session.run(state, [tactic], self.strategy.limits)
        return outcome if isinstance(outcome, Advanced) else None

    def after(self, state: State, tactic: str) -> State | None:
        """The one state that a tactic leads to, if it does."""
        outcome = self._run(state, tactic)
        return outcome.states[0] if outcome is not None and len(outcome.states) == 1 else None

    def closes(self, state: State, tactic: str) -> bool:
        """Whether a tactic proves it."""
        outcome = self._run(state, tactic)
        return outcome is not None and not outcome.states

    def proof(self, state: State) -> Sequence[str]:
        """A script that proves it and that the kernel takes; none if none is found."""
        result = Search(self.session, state, self.strategy, self.budget).run()
        scripts = result.scripts if isinstance(result, Proved) else ()
        holding = (script for script in scripts if self.session.close_proof(state, "\n".join(script)) is None)
        return next(holding, ())

    def refutation(self, source: SourceText, selection: int) -> Sequence[str]:
        """A proof of the negation; none where the statement is no proposition."""
        try:
            negation = self.session.negation(source, selection)
        except RequestRefused:
            return ()
        return self.proof(negation.state)


def _line(script: Sequence[str]) -> str:
    return "; ".join(line.strip() for line in script)
