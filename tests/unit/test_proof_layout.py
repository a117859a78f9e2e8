"""The ways to write a proof at a place; which one Lean reads as it is meant is tested with Lean."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.file_text import as_read
from prover.lean.protocol import Place
from prover.lean.session import SourceText
from prover.project.patch import patch_of, patched, replace
from prover.project.proof_layout import layouts, together
from tests.generated_files import GeneratedFile, generated_files
from tests.properties import with_examples

MANY = ["cases h", "· simp", "", "· rfl"]


def written(text: str, place: Place, script: list[str]) -> list[str]:
    """The text with `?` replaced in each way."""
    start = len(text[: text.index("?")].encode())
    return [replace(text, [made]) for made in layouts(text, start, start + 1, place, script)]


def test_a_body_stands_below_its_declaration_whatever_the_lines_of_its_signature() -> None:
    assert written("theorem t : True ?\n", Place("body"), ["trivial"]) == ["theorem t : True := by trivial\n"]
    text = "  theorem t\n      (h : p) : q ?\n"
    expected = "  theorem t\n      (h : p) : q := by\n    cases h\n    · simp\n\n    · rfl\n"
    assert written(text, Place("body", 2, 2), MANY) == [expected]


def test_a_term_becomes_a_tactic_block_in_parentheses_if_it_must() -> None:
    assert written("def x : Nat := f ? 1\n", Place("term"), ["rfl"]) == [
        "def x : Nat := f by rfl 1\n",
        "def x : Nat := f (by rfl) 1\n",
    ]


def test_the_block_of_a_term_stands_deeper_than_the_block_around_it() -> None:
    first, second, third = written("  · exact ⟨?, h⟩\n", Place("term", 4, 4), ["simp", "rfl"])
    assert first == "  · exact ⟨by\n      simp\n      rfl, h⟩\n"
    assert second == "  · exact ⟨(by\n      simp\n      rfl), h⟩\n"
    assert third == "  · exact ⟨(by simp\n" + " " * len("  · exact ⟨(by ") + "rfl), h⟩\n"


def test_a_step_gives_way_to_lines_in_its_column() -> None:
    text = "theorem t : p := by\n  cases h\n  · ?\n"
    way, _ = written(text, Place("step", 4, 2, first=True), ["simp", "cases k", "· rfl"])
    assert way == "theorem t : p := by\n  cases h\n  · simp\n    cases k\n    · rfl\n"


def test_the_column_counts_characters_and_not_bytes() -> None:
    way, _ = written("  · ∀αβ ?\n", Place("step", 8, 2, first=True), ["simp", "rfl"])
    assert way == "  · ∀αβ simp\n        rfl\n"


@pytest.mark.parametrize(
    ("text", "outer", "expected"),
    [
        ("theorem t : p := by ?\n", 0, "theorem t : p := by\n  simp\n  rfl\n"),
        ("  · have h : p := by ?\n    exact h\n", 4, "  · have h : p := by\n      simp\n      rfl\n    exact h\n"),
        (
            "  | inl h => have k : p := by ?\n",
            13,
            "  | inl h => have k : p := by\n               simp\n               rfl\n",
        ),
        ("  cases h with\n    | inl h => ?\n", 2, "  cases h with\n    | inl h =>\n      simp\n      rfl\n"),
    ],
    ids=["theorem", "bullet", "alternative", "indented alternative"],
)
def test_a_step_that_begins_a_block_moves_below_it(text: str, outer: int, expected: str) -> None:
    column = len(text[: text.index("?")].rpartition("\n")[2])
    first, second, _ = written(text, Place("step", column, outer, first=True), ["simp", "rfl"])
    assert first == expected
    assert second == text.replace("?", "simp\n" + " " * column + "rfl")  # stays on the line
    (alone,) = written(text, Place("step", column, outer, first=True), ["rfl"])
    assert alone == text.replace("?", "rfl")


def test_a_later_step_of_a_line_goes_on_in_the_column_of_its_block() -> None:
    first, second = written("  intro h; ?\n", Place("step", 2, 0), ["simp", "rfl"])
    assert first == "  intro h; simp\n  rfl\n"
    assert second == "  intro h; (simp\n            rfl)\n"


def test_an_operand_of_several_lines_is_in_parentheses() -> None:
    assert written("  constructor <;> ?\n", Place("tactic", 2, 2), ["simp", "rfl"]) == [
        "  constructor <;> (simp\n                   rfl)\n"
    ]
    assert written("  constructor <;> ?\n", Place("tactic", 2, 2), ["a <;> b"]) == [
        "  constructor <;> a <;> b\n",
        "  constructor <;> (a <;> b)\n",
    ]


def test_goals_of_one_place_share_a_proof_or_have_alternatives() -> None:
    one, two = ("simp",), ("cases h", "· rfl")
    assert together([one], all_at_once=False) == one
    assert together([one, one], all_at_once=False) == one
    assert together([two, one, one], all_at_once=False) == (
        "first",
        "  | cases h",
        "    · rfl",
        "    done",
        "  | simp",
    )
    assert together([one, two], all_at_once=True) == ("· simp", "· cases h", "  · rfl")
    assert together([one, one], all_at_once=True) == ("· simp", "· simp")


LINES = st.lists(st.text(st.sampled_from("ab ·⟨"), min_size=1, max_size=5), min_size=1, max_size=4)
PLACES = st.builds(
    Place, st.sampled_from(["step", "tactic", "term", "body"]), st.integers(0, 9), st.integers(0, 9), st.booleans()
)


@given(st.text(max_size=30), st.text(max_size=30), PLACES, LINES)
def test_only_the_place_and_the_blanks_before_it_change(
    before: str, after: str, place: Place, script: list[str]
) -> None:
    start = len(before.encode())
    for made in layouts(before + "sorry" + after, start, start + 5, place, script):
        changed = replace(before + "sorry" + after, [made])
        assert changed.startswith(before.rstrip())
        assert changed.endswith(after)
        assert made.stop == start + 5
        assert all(line.strip() in changed for line in script)


@with_examples(60, shared_fixtures=True)
@given(generated_files(), st.data())
def test_git_applies_what_is_written_into_any_file(tmp_path: Path, file: GeneratedFile, data: st.DataObject) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    piece = data.draw(st.sampled_from(file.pieces))
    source = SourceText(as_read(file.written), "A.lean", "A", (), file.written)
    before = source.text[: source.text.index(piece.declaration)]
    start = len((before + piece.signature).encode())
    stop = len((before + piece.declaration).encode())
    script = data.draw(st.sampled_from(piece.proofs)).split("\n")
    (made,) = layouts(source.text, start, stop, Place("body", 0, 0), script)
    changed = patched(source, [made])
    assert as_read(changed.on_disk) == changed.text
    head, tail = file.around(piece)
    assert changed.on_disk.startswith(head)
    assert changed.on_disk.endswith(tail)
    (tmp_path / "A.lean").write_bytes(file.written.encode())
    if not (tmp_path / ".git").is_dir():
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    patch = patch_of(source, changed).encode()
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch, check=True)
    assert (tmp_path / "A.lean").read_bytes() == changed.on_disk.encode()
