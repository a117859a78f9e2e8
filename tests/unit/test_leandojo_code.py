"""Lean text as the benchmark shows it: comments, margins, marks, positions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import BenchmarkError
from prover.lean.file_text import Lines, signature
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedStep
from prover.project.leandojo.code import annotated, moved_left, premise_code, unmarked, without_comments
from prover.project.leandojo.positions import NominalLines
from prover.project.leandojo.records import module_of, path_of


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("simp -- why", "simp"),
        ("a /- b /- c -/ d -/ e", "a  e"),
        ("-- first\nintro x\n  -- alone\nsimp", "intro x\nsimp"),
        ("a\n\nb", "a\n\nb"),
        ('"-- no" ++ "/- \\" -/" -- yes', '"-- no" ++ "/- \\" -/"'),
        ('r#"a " -- b"# -- c', 'r#"a " -- b"#'),
        ("'\"' -- c", "'\"'"),
        ("'\\'' -- c", "'\\''"),
        ("h' -- c\nf x'' --d", "h'\nf x''"),
        ("«a--b» -- c", "«a--b»"),
        ("a /- never ended", "a"),
        ("/-- Doc. -/\ntheorem t", "theorem t"),
        ("x --", "x"),
    ],
)
def test_comments_go_and_nothing_else(text: str, rest: str) -> None:
    assert without_comments(text) == rest


@given(st.text(alphabet="ab'\"\\-/ \n«»rλ#"))
def test_taking_comments_out_never_fails(text: str) -> None:
    assert len(without_comments(text)) <= len(text)


def test_further_lines_move_left_with_the_first_but_not_past_the_margin() -> None:
    assert moved_left("cases h with\n    | a => rfl\n  | b => rfl", 4) == "cases h with\n| a => rfl\n| b => rfl"


def declaration(kind: str, text: str, proof: str | None = None) -> TracedDeclaration:
    return TracedDeclaration("N.t", kind, "N.t : printed", text, 100, 100 + len(text), 100, "public", "N", proof=proof)  # type: ignore[arg-type]


def test_a_theorem_gives_its_statement_as_written_where_its_tactics_begin() -> None:
    text = "@[simp] theorem t (h : a) : b := by -- by\n  exact h"
    assert premise_code(declaration("theorem", text, "tactic"), 100 + text.index("exact")) == (
        "@[simp] theorem t (h : a) : b"
    )
    assert premise_code(declaration("theorem", text, "tactic"), None) == "theorem N.t : printed"
    assert premise_code(declaration("theorem", "theorem t : b := f h", "term"), None) == "theorem N.t : printed"
    assert premise_code(declaration("definition", "def t := 1 -- one"), None) == "def t := 1"


@pytest.mark.parametrize(
    ("code", "rest"),
    [
        ("theorem A.b.c : True", "A.b.c : True"),
        ("@[simp] theorem b.c : True", "b.c : True"),
        ("lemma c' : c", "c"),
        ("nothing", "nothing"),
    ],
)
def test_a_signature_starts_at_the_name(code: str, rest: str) -> None:
    assert signature(code, "A.b.c") == rest


@given(st.lists(st.text(alphabet="aλ𝔸 \n", min_size=1, max_size=4), max_size=7))
def test_marks_can_be_taken_out_again(pieces: list[str]) -> None:
    start, uses = 5, []
    for number, piece in enumerate(pieces):
        size = len(piece.encode())
        if number % 2:
            uses.append(PremiseUse("n", "M", start, start + size))
        start += size
    text = "".join(pieces)
    step = TracedStep("d", 5, start, text, "⊢ p", "", (), (), tuple(uses))
    marked = annotated(step, uses)
    assert marked.count("<a>") == len(uses)
    assert unmarked(marked) == (text, tuple((use.start - 5, use.stop - 5) for use in uses))


@given(st.text(alphabet="aλ𝔸\n\r", max_size=30))
def test_positions_and_offsets_are_inverse(text: str) -> None:
    lines = Lines("A.lean", text)
    before = 0
    for character in [*text, ""]:
        position = lines.position(before)
        assert lines.offset(position) == before
        before += len(character.encode())
    assert lines.position(len(text.encode())) == (text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1)


def test_a_position_outside_the_text_is_refused() -> None:
    lines = Lines("A.lean", "ab\n")
    for position in ((0, 1), (1, 4), (1, 0), (3, 1)):
        with pytest.raises(BenchmarkError, match=r"A\.lean has no line"):
            lines.offset(position)
    with pytest.raises(BenchmarkError, match=r"A\.lean has no byte 9"):
        lines.position(9)


@given(st.sets(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1))
def test_nominal_offsets_keep_the_order(positions: set[tuple[int, int]]) -> None:
    lines = NominalLines(positions)
    offsets = [lines.offset(position) for position in sorted(positions)]
    assert offsets == sorted(set(offsets))


@pytest.mark.parametrize(
    "module", ["Init", "Init.Data.Nat.Basic", "Std.Data", "Lake.Util", "Lake", "Batteries.Data.List"]
)
def test_the_file_of_a_library_module_leads_back_to_it(module: str) -> None:
    assert module_of(path_of(module)) == module
