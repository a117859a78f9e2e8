"""Theorems attempted below the proofs of theorems above them: places in both texts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from prover.app.locating import Target
from prover.app.working import Attempted, WorkingTask, proofs_in, prove_in_rounds, working
from prover.attempt import AcceptedProof, Spent, Task, TheoremOpen, TheoremProved
from prover.check.gate import Accepted
from prover.lean.protocol import Declaration
from prover.lean.session import SourceText
from prover.project.layout import Module
from prover.project.patch import Replacement, patched

NAMES = ("first", "zwei_ü", "third", "fourth")


def theorem(name: str) -> str:
    return f"theorem {name} : p := by\n  sorry\n\n"


TEXT = "-- ünder way\n" + "".join(map(theorem, NAMES))
SOURCE = SourceText(TEXT, "A.lean", "A")


def declaration(name: str, text: str = TEXT) -> Declaration:
    data = text.encode()
    start = data.index(f"theorem {name} ".encode())
    stop = data.find(b"\n\n", start)
    return Declaration(name, "theorem", "", False, start, stop, start + len(b"theorem "), b"sorry" in data[start:stop])


TASKS = {name: Task(SOURCE, declaration(name), tuple(map(declaration, NAMES))) for name in NAMES}


def proof(name: str, script: str, text: str = TEXT) -> TheoremProved:
    start = text.encode().index(b"sorry", declaration(name, text).start)
    written = (Replacement(start, start + len(b"sorry"), script),)
    return TheoremProved(script, written, Accepted((), 0), Spent())


def proofs(scripts: dict[str, str]) -> tuple[Replacement, ...]:
    found = (proof(name, script).replacements[0] for name, script in scripts.items())
    return tuple(sorted(found, key=lambda each: each.start))


def test_only_proofs_above_a_theorem_are_of_use_to_it() -> None:
    found = proofs({"third": "c", "first": "a"})
    above = {name: [each.text for each in WorkingTask(TASKS[name], found).above()] for name in NAMES}
    assert above == {"first": [], "zwei_ü": ["a"], "third": ["a"], "fourth": ["a", "c"]}


def test_without_proofs_above_the_task_is_the_same() -> None:
    assert WorkingTask(TASKS["third"], ()).task() is TASKS["third"]


def test_an_outcome_without_a_proof_stays() -> None:
    outcome = TheoremOpen("the budget is spent", Spent())
    assert WorkingTask(TASKS["third"], ()).in_original(outcome) is outcome


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["rfl", "simp\n  exact h.ü", "x" * 40])), st.text("ü\na")
)
def test_places_are_those_of_both_texts(scripts: dict[str, str], script: str) -> None:
    for name in (name for name in NAMES if name not in scripts):
        working = WorkingTask(TASKS[name], proofs(scripts))
        now = working.task()
        assert now.declaration == declaration(name, now.source.text)
        assert now.ref() == TASKS[name].ref()
        for before, moved in zip(TASKS[name].incomplete, now.incomplete, strict=True):
            expected = declaration(before.name, now.source.text)
            assert moved == msgspec.structs.replace(expected, incomplete=before.incomplete)
        here = proof(name, script, now.source.text)
        in_original = working.in_original(here)
        assert isinstance(in_original, TheoremProved)
        together = (*working.proofs, *in_original.replacements)
        assert patched(SOURCE, together).text == patched(now.source, here.replacements).text


def rounds(outcomes: dict[str, list[bool]], at_once: int = 1) -> tuple[list[dict[str, list[str]]], set[str], list[str]]:
    """Runs rounds in which each theorem is proved or not; returns what each was attempted with, and what is proved.

    Args:
        at_once: the number of theorems that are attempted at the same time.
    """
    module = Module("A", Path("A.lean"))
    attempted: list[dict[str, list[str]]] = []
    proved: dict[Target, AcceptedProof] = {}

    def attempt(targets: Sequence[Target]) -> Iterator[Attempted]:
        attempted.append({})
        for start in range(0, len(targets), at_once):
            tasks = [(target, working(target, proved)) for target in targets[start : start + at_once]]
            for target, task in tasks:
                name, text = target.task.declaration.name, task.task().source.text
                attempted[-1][name] = [each.text for each in task.proofs]
                found = outcomes[name].pop(0)
                outcome = proof(name, f"by_{name}", text) if found else TheoremOpen("the budget is spent", Spent())
                yield target, task, task.in_original(outcome)

    said: list[str] = []
    still_open = prove_in_rounds([Target(module, TASKS[name]) for name in outcomes], attempt, proved, said.append)
    assert len(proved) + len(still_open) == len(outcomes)
    return attempted, {target.task.declaration.name for target in proved}, said


def test_a_theorem_uses_the_proofs_of_those_before_it() -> None:
    attempted, proved, said = rounds({"first": [False], "zwei_ü": [True], "third": [True], "fourth": [False]})
    assert attempted == [{"first": [], "zwei_ü": [], "third": ["by_zwei_ü"], "fourth": ["by_zwei_ü", "by_third"]}]
    assert (proved, said) == ({"zwei_ü", "third"}, [])


def test_open_theorems_are_tried_again_below_new_proofs() -> None:
    attempted, proved, said = rounds(
        {"first": [False], "zwei_ü": [True], "third": [False, True], "fourth": [False] * 3}, at_once=4
    )
    assert attempted == [
        {name: [] for name in NAMES},
        {"third": ["by_zwei_ü"], "fourth": ["by_zwei_ü"]},
        {"fourth": ["by_zwei_ü", "by_third"]},
    ]
    assert proved == {"zwei_ü", "third"}
    assert said[-1] == "1 open theorem to try again, now that theorems above are proved"


def test_without_new_proofs_there_is_one_round() -> None:
    attempted, proved, said = rounds({"first": [True], "zwei_ü": [True]})
    assert (len(attempted), proved, said) == (1, {"first", "zwei_ü"}, [])
    assert len(rounds({"first": [False], "zwei_ü": [False]})[0]) == 1


def test_what_no_other_proof_can_help_is_attempted_once() -> None:
    first, last = (Target(Module("A", Path("A.lean")), TASKS[name]) for name in ("first", "fourth"))
    attempted: list[Target] = []

    def attempt(targets: Sequence[Target]) -> Iterator[Attempted]:
        attempted.extend(targets)
        tasks = {target: working(target, {}) for target in targets}
        yield first, tasks[first], tasks[first].in_original(proof("first", "a"))
        yield last, tasks[last], TheoremOpen("it needs a value", Spent(), final=True)

    assert prove_in_rounds([first, last], attempt, {}, lambda _: None) == []
    assert attempted == [first, last]


def test_proofs_that_theorems_of_one_block_share_are_written_once() -> None:
    module, shared = Module("A", Path("A.lean")), (*proof("third", "c").replacements, *proof("first", "a").replacements)
    proved: dict[Target, AcceptedProof] = {
        Target(module, TASKS[name]): TheoremProved("", shared, Accepted((), 0), Spent()) for name in ("first", "third")
    }
    assert [each.text for each in proofs_in("A.lean", proved)] == ["a", "c"]
