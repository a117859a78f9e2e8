"""Refutations: a counterexample to a theorem, and a proof of its negation that a fresh Lean has accepted.

Small instances are evaluated first. A refutation counts when a fresh process has accepted the proof of the negation, at
the lowest universes, with the axioms that proofs may use.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.session import Counterexample, Session, SourceText, State

REFUTATION_SECONDS = 2.0
"""The time for evaluating instances of a theorem before it is searched for."""


@dataclass(frozen=True)
class Refuted:
    """A fresh Lean accepted a proof of the negation."""

    counterexample: tuple[tuple[str, str], ...]
    """The variables with their values; none if the negation was proved without an instance."""
    script: tuple[str, ...]
    """The tactics that prove the negation."""
    axioms: tuple[str, ...]

    def described(self) -> str:
        """Returns the counterexample in words."""
        if not self.counterexample:
            return "its negation is proved"
        return "false for " + ", ".join(f"{name} := {value}" for name, value in self.counterexample)


@dataclass(frozen=True)
class Refuter:
    """Looks for counterexamples to theorems, once to each."""

    fresh: Callable[[SourceText], LeanSession]
    """Returns a session whose process has elaborated nothing but a file, or nothing."""
    seconds: float = REFUTATION_SECONDS
    """The time for evaluating the instances of a theorem."""
    _unrefuted: set[str] = field(default_factory=set)
    """The keys of the statements to which no counterexample was found."""

    def refuted(self, session: Session, source: SourceText, selection: int, state: State) -> Refuted | None:
        """Returns a refutation of a theorem, if small instances lead to one.

        Args:
            selection: the byte at which the name of the theorem starts.
            state: the goal of its statement.
        """
        statement = state.goals[0].statement
        if statement in self._unrefuted:
            return None
        found = self.evaluated(session, state)
        if found.script and (refuted := self.accepted(source, selection, found.values or (), found.script)):
            return refuted
        self._unrefuted.add(statement)
        return None

    def evaluated(self, session: Session, state: State) -> Counterexample:
        """Returns what small instances say of a goal."""
        return session.refute(state, round(1000 * self.seconds), prove=True)

    def accepted(
        self,
        source: SourceText,
        selection: int,
        counterexample: tuple[tuple[str, str], ...],
        script: tuple[str, ...],
    ) -> Refuted | None:
        """Returns the refutation if a fresh Lean accepts the script as a proof of the negation, with clean axioms."""
        session = self.fresh(source)
        try:
            reply = session.disprove(source, selection, "\n".join(script))
        except LeanError:
            return None
        finally:
            session.close()
        return Refuted(counterexample, script, reply.axioms) if reply.refused is None else None
