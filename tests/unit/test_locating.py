"""Looking up theorems, as far as that needs no Lean: which files may declare a name, and what is said of names."""

from pathlib import Path

import pytest

from prover.app.locating import IN_MODULE, PLACE, ambiguous, may_declare
from prover.project.layout import Module


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("theorem mul_comm : p := q", True),
        ("@[simp] lemma Nat.mul_comm (n : Nat) : p", True),
        ("private theorem\n  A.B.mul_comm\n    : p", True),
        ("instance mul_comm : C where", True),
        ('problem mul_comm "of somebody\'s own command"', True),
        ("theorem mul_comm' : p", False),
        ("theorem t : p := by rw [mul_comm, mul_comm a]", False),
        ("theorem mul_comm.symm : p", False),
        ("theorem t : p := (mul_comm a)", False),
    ],
)
def test_a_declaration_is_looked_for_where_it_may_be(tmp_path: Path, text: str, may: bool) -> None:
    (tmp_path / "A.lean").write_text(text)
    assert may_declare(Module("A", tmp_path / "A.lean"), "Nat.mul_comm") == may


def test_places_of_the_same_name_are_offered() -> None:
    message = ambiguous("t", ["A/B.lean#3", "C.lean#10"])
    assert message == "t is declared at A/B.lean#3 and at C.lean#10: name one of these places instead."
    places = ("A/B.lean#3", "C.lean#10", "a b/Über uns.lean#1", "A.lean#L75", "A.lean#L75-L80")
    assert all(PLACE.fullmatch(place) for place in places)
    assert not any(PLACE.fullmatch(text) for text in ("A.lean", "A.lean#", "A.lean#0", "A#3", "Nat.add_comm"))


def test_a_name_may_follow_its_module() -> None:
    found = IN_MODULE.fullmatch("Basics.Tree:mirror_mirror")
    assert found is not None
    assert (found["module"], found["name"]) == ("Basics.Tree", "mirror_mirror")
    assert not any(IN_MODULE.fullmatch(text) for text in ("Nat.add_comm", "A.«b:c»", "A:", ":b", "a b:c"))
