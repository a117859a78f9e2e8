"""The tree of a search as its events make it, whatever their order, and how it is drawn."""

import io
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from prover.app.search_view import SearchEvents, SearchView, TacticEvent, events_of
from prover.cli.watch import WatchedSearch, drawn, watch
from prover.errors import ServerGone
from prover.lean.protocol import Goal
from prover.lean.session import Advanced, Failed, Origin, SourceText, State
from prover.server.client import Event
from prover.tactics.generator import Suggestion
from prover.tactics.policy.log import LogWriter

ORIGIN = Origin(SourceText("", "A.lean", "A"), 0, statement=True)
FAILED = Failed("elaboration", "no", 1)


def goal(name: str) -> Goal:
    return Goal(name, target=name)


def leads_to(*names: str) -> Advanced:
    return Advanced(tuple(State((goal(name),), ORIGIN) for name in names), None, 1)


TRIED = [
    ("a", "simp", FAILED),
    ("a", "constructor", leads_to("b", "c")),
    ("b", "omega", FAILED),
    ("b", "rfl", leads_to()),
    ("c", "intro h", leads_to("d")),
    ("d", "exact h", leads_to()),
]


def view_of(tried: Sequence[tuple[str, str, Advanced | Failed]]) -> SearchView:
    events, view = SearchEvents(), SearchView()
    view.add_all(events.tried(goal(name), Suggestion(tactic, -1.0), outcome) for name, tactic, outcome in tried)
    return view


def test_the_path_leads_to_the_goal_that_is_worked_on() -> None:
    view = view_of(TRIED[:5])
    assert (view.tried, view.open_goals(), view.goals[2].target) == (5, 3, "⊢ c")
    assert [step.tactic for step in view.path(3)] == ["constructor", "intro h"]
    assert (view.root(3), view.proof(0)) == (0, [])


def test_a_proof_is_a_script_in_order() -> None:
    view = view_of(TRIED)
    assert [step.tactic for step in view.proof(0)] == ["constructor", "rfl", "intro h", "exact h"]
    assert view.open_goals() == 0


def test_a_goal_that_leads_back_is_no_circle() -> None:
    view = view_of([("a", "symm", leads_to("b")), ("b", "symm", leads_to("a")), ("b", "rfl", leads_to())])
    assert [step.tactic for step in view.proof(0)] == ["symm", "rfl"]
    assert [step.tactic for step in view.path(1)] == ["symm"]


def test_a_stored_log_makes_the_same_tree() -> None:
    writer = LogWriter()
    for name, tactic, outcome in TRIED:
        writer.ran(goal(name), Suggestion(tactic, -1.0), outcome)
    view = SearchView()
    view.add_all(events_of(writer.finished()))
    assert view.goals == view_of(TRIED).goals


@given(st.lists(st.tuples(st.integers(0, 6), st.none() | st.lists(st.integers(0, 6), max_size=3))))
def test_what_is_proved_is_what_the_tactics_prove(tried: list[tuple[int, list[int] | None]]) -> None:
    outcomes = [
        (str(number), f"t{place}", FAILED if left is None else leads_to(*map(str, left)))
        for place, (number, left) in enumerate(tried)
    ]
    view = view_of(outcomes)
    proved: set[str] = set()
    while True:
        new = {
            number
            for number, _, outcome in outcomes
            if isinstance(outcome, Advanced) and {state.goals[0].key for state in outcome.states} <= proved
        }
        if new <= proved:
            break
        proved |= new
    assert {each.target.removeprefix("⊢ ") for each in view.goals.values() if each.proved} == proved
    assert view.open_goals() == len(view.goals) - len(proved)
    for number, each in view.goals.items():
        assert bool(view.proof(number)) == each.proved


def shown(watched: WatchedSearch) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(drawn(watched))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_failed_tactics_are_counted_and_named_on_request() -> None:
    watched = WatchedSearch("job 1", view_of(TRIED[:3]), {"phase": "searching", "seconds_left": 12.4})
    text = shown(watched)
    assert "job 1  searching  3 tactics run, 3 open goals, 12 s left" in text
    assert "constructor  (0 of 2 goals proved)" in text
    assert ("1 failed" in text, "omega" in text, "q quit" in text) == (True, False, True)
    assert watched.press("f")
    assert "1 failed: omega" in shown(watched)
    assert not watched.press("q")


def test_goals_that_look_like_markup_are_shown_as_they_are() -> None:
    assert "⊢ xs[0] = [/dim]" in shown(
        WatchedSearch("", view_of([("xs[0] = [/dim]", "intro", leads_to("b")), ("b", "x", FAILED)]))
    )


def test_ten_thousand_goals_are_drawn_as_fast_as_ten() -> None:
    chain = [(str(number), "step", leads_to(str(number + 1))) for number in range(10_000)]
    watched = WatchedSearch("", view_of(chain))
    assert len(shown(watched).splitlines()) < 50
    began = time.process_time()
    for _ in range(5):
        drawn(watched)
    assert time.process_time() - began < 1


def test_without_a_terminal_the_last_state_is_printed() -> None:
    console = Console(file=io.StringIO(), width=100)
    watched = WatchedSearch("job 1")
    tactics = [{"goal": 0, "tactic": "rfl", "left": [], "goals": {"0": "⊢ p"}}]
    watch(
        console, watched, [Event("tactics", tactics), Event("end", {"state": "done", "result": {"status": "proved"}})]
    )
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert ("job 1  proved  1 tactic run" in text, "proved by\n  rfl" in text, "q quit" in text) == (True, True, False)


def test_a_terminal_shows_the_end_and_a_server_that_is_gone() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    watched = WatchedSearch("job 1")
    watch(console, watched, [Event("progress", {"phase": "searching"}), Event("end", {"state": "cancelled"})])
    assert watched.end == "cancelled"

    def broken() -> object:
        yield Event("progress", {})
        raise ServerGone("gone")

    with pytest.raises(ServerGone):
        watch(console, WatchedSearch("job 2"), broken())  # type: ignore[arg-type]


def test_events_can_be_sent() -> None:
    import msgspec

    event = SearchEvents().tried(goal("a"), Suggestion("constructor", -1.0), leads_to("b", "c"))
    assert msgspec.convert(msgspec.to_builtins(event), TacticEvent) == event
