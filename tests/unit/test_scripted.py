"""The scripted session: a request outside of the script is an error, and so is an unused part of the script."""

import pytest

from prover.errors import LeanDied
from prover.lean.scripted import Exchange, Fails, ScriptedSession, leaves, opened
from prover.lean.session import Advanced, Failed, Session, SourceText, TacticLimits

LIMITS = TacticLimits()
SOURCE = SourceText("", "A.lean", "A")


def test_it_is_a_session() -> None:
    session: Session = ScriptedSession(script=[Exchange("forget", ())])
    session.forget()


def test_tactics_are_answered_from_the_table_in_order() -> None:
    with ScriptedSession({"g": {"split": leaves("a", "b"), "simp": Fails("timeout")}}) as session:
        first, second = session.run(opened("g"), ["split", "simp"], LIMITS)
    assert isinstance(first, Advanced)
    assert [state.goals[0].key for state in first.states] == ["a", "b"]
    assert [(state.tactic, state.child) for state in first.states] == [("split", 0), ("split", 1)]
    assert second == Failed("timeout", "", 0)
    assert session.answered == [("g", "split"), ("g", "simp")]


def test_an_unforeseen_tactic_is_an_error() -> None:
    session = ScriptedSession({"g": {"simp": leaves()}})
    with pytest.raises(AssertionError, match="the table has no result of 'rfl'"):
        list(session.run(opened("g"), ["rfl"], LIMITS))


def test_a_tactic_that_was_never_run_is_an_error() -> None:
    with pytest.raises(AssertionError, match="never run"), ScriptedSession({"g": {"simp": leaves()}}):
        pass


def test_an_exchange_out_of_order_is_an_error() -> None:
    session = ScriptedSession(script=[Exchange("elaborate", (SOURCE,), ()), Exchange("forget", ())])
    with pytest.raises(AssertionError, match="elaborate"):
        session.forget()


def test_an_exchange_that_never_came_is_an_error() -> None:
    session = ScriptedSession(script=[Exchange("declarations", (SOURCE,), ())])
    with pytest.raises(AssertionError, match="never requested: declarations"):
        session.finish()


def test_an_exception_is_raised_where_it_was_said() -> None:
    session = ScriptedSession({"g": {"simp": LeanDied("gone")}}, [Exchange("elaborate", (SOURCE,), LeanDied("gone"))])
    with pytest.raises(LeanDied):
        session.elaborate(SOURCE)
    with pytest.raises(LeanDied):
        list(session.run(opened("g"), ["simp"], LIMITS))
