"""Level 5: whether a statement says something. A true proof of a careless statement misleads as well as a false one.

Three questions are asked about the statement itself, whatever its proof: do its hypotheses contradict each other, is
its conclusion one of them, can its negation be proved? A search that the caller hands in looks for the answers, and the
kernel checks each. It is spared where the answer is known: an instance in which all hypotheses hold shows that they do
not contradict each other, and a proof from the standard axioms that the negation has none. A defect that the search
does not find may still be there. Findings are reported; they refuse nothing, since a theorem may be about just such a
defect.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from prover.errors import RequestRefused
from prover.lean.gateway_session import LeanSession
from prover.lean.session import Advanced, SourceText, State, TacticLimits

CONTRADICTORY = "its hypotheses contradict each other"
TRIVIAL = "its conclusion is one of its hypotheses"
REFUTED = "its negation can be proved"
TACTIC_LIMITS = TacticLimits(milliseconds=1_500)
INSTANCE_MS = 1_000
"""The time for looking for an instance in which the hypotheses hold, in milliseconds."""

FindScripts = Callable[[LeanSession, State], Iterable[Sequence[str]]]
"""Searches for proofs of a state: returns tactic scripts, line by line, that the kernel has yet to check."""


def findings(
    session: LeanSession, source: SourceText, selection: int, find_scripts: FindScripts, proved: bool
) -> list[str]:
    """Returns the defects of a statement, each with the tactics that show it to Lean.

    Args:
        selection: the byte at which the name of the theorem starts.
        find_scripts: is called at most twice.
        proved: whether the gate has accepted a proof that uses the standard axioms only.
    """
    examiner = _Examiner(session, find_scripts)
    sorry_goal = session.statement(source, selection)
    found = []
    if examiner.closes(examiner.introduced(sorry_goal.state), "assumption"):
        found.append(f"{TRIVIAL}: intros; assumption")
    if script := contradiction(session, sorry_goal.state, find_scripts):
        found.append(f"{CONTRADICTORY}: {_line(script)}")
    if not proved and (script := examiner.refutation(source, selection)):
        found.append(f"{REFUTED}: {_line(script)}")
    return found


def contradiction(session: LeanSession, statement: State, find_scripts: FindScripts) -> Sequence[str]:
    """Returns tactics that prove a statement from a contradiction of its hypotheses; none if none is found."""
    examiner = _Examiner(session, find_scripts)
    introduced = examiner.introduced(statement)
    goal = introduced.goals[0]
    if not goal.hypotheses or goal.target == "False":  # then `False` is what the theorem itself says
        return ()
    absurd = examiner.after(introduced, "exfalso")
    if absurd is None or session.refute(absurd, INSTANCE_MS, prove=False).values is not None:
        return ()
    script = examiner.proof(absurd)
    return ["intros", "exfalso", *script] if script else ()


@dataclass(frozen=True)
class _Examiner:
    """Runs tactics and searches on the states of one statement."""

    session: LeanSession
    find_scripts: FindScripts

    def after(self, state: State, tactic: str) -> State | None:
        """Returns the state that a tactic leads to, if it leads to exactly one."""
        outcome = self._run(state, tactic)
        return outcome.states[0] if outcome is not None and len(outcome.states) == 1 else None

    def introduced(self, state: State) -> State:
        """Returns the state after all hypotheses have been introduced."""
        return self.after(state, "intros") or state

    def closes(self, state: State, tactic: str) -> bool:
        """Returns whether a tactic proves the state."""
        outcome = self._run(state, tactic)
        return outcome is not None and not outcome.states

    def proof(self, state: State) -> Sequence[str]:
        """Returns a script that proves the state and that the kernel accepts; an empty one if none is found."""
        for script in self.find_scripts(self.session, state):
            if self.session.close_proof(state, "\n".join(script)) is None:
                return script
        return ()

    def refutation(self, source: SourceText, selection: int) -> Sequence[str]:
        """Returns a proof of the negation; an empty one if none is found or the statement is not a proposition."""
        try:
            negation = self.session.negation(source, selection)
        except RequestRefused:
            return ()
        return self.proof(negation.state)

    def _run(self, state: State, tactic: str) -> Advanced | None:
        (outcome,) = self.session.run(state, [tactic], TACTIC_LIMITS)
        return outcome if isinstance(outcome, Advanced) else None


def _line(script: Sequence[str]) -> str:
    return "; ".join(line.strip() for line in script)
