"""The edits that polishing tries, and the layout of blocks. That Lean decides is tested with the real one."""

import pytest

from prover.polish import edits
from prover.polish.block import MAX_COLUMNS, Block, BlockEdit, everywhere, lines, parse, text_of

NESTED = "constructor\n· intro h\n  cases h\n  · simp\n  · omega\n· rfl"
CASES = "induction xs\ncase nil inst =>\n  rfl\ncase cons inst x xs xs_ih =>\n  simp\n  grind [xs_ih]"


def results(edit: BlockEdit, text: str) -> list[str]:
    return [text_of(block) for block in everywhere(parse(text), edit)]


@pytest.mark.parametrize(
    "text", ["simp", NESTED, "have h : p := by\n  simp\n  rfl\nexact h", "cases h with\n| a => rfl"]
)
def test_a_block_keeps_its_text(text: str) -> None:
    assert text_of(parse(text)) == text


def test_long_lines_are_broken_within_the_tactic() -> None:
    text = f"· simp_all [{', '.join(f'lemma_{number}' for number in range(20))}] <;> grind"
    broken = lines(parse(text))
    assert len(broken) > 2
    assert all(len(line) <= MAX_COLUMNS + 2 for line in broken)
    assert all(line.startswith("    ") for line in broken[1:])
    assert " ".join(line.strip() for line in broken) == text


def test_a_line_that_cannot_be_broken_stays() -> None:
    text = "exact " + "x" * MAX_COLUMNS
    assert lines(parse(text)) == [text]


def test_tactics_are_left_out_one_at_a_time_the_last_first() -> None:
    assert results(edits.without_tactic, "a\n· b\n  c") == ["a\n· b", "a\n· c", "· b\n  c"]


def test_two_tactics_are_left_out_together() -> None:
    assert results(edits.without_two_tactics, "revert h\nintro h\nrfl") == ["rfl"]


def test_parts_of_a_combination_are_left_out() -> None:
    assert results(edits.without_part, "a <;> b <;> c") == ["a <;> b", "a <;> c", "b <;> c"]


@pytest.mark.parametrize(
    ("tactic", "shorter"),
    [
        ("simp [a, b] at h", ["simp at h", "simp [b] at h", "simp [a] at h"]),
        ("grind [a]", ["grind"]),
        ("simp only [a, b]", ["simp only [b]", "simp only [a]"]),
        ("simp only [a]", []),
        ("rfl", []),
    ],
)
def test_lemmas_are_left_out(tactic: str, shorter: list[str]) -> None:
    assert results(edits.without_lemmas, tactic) == shorter


def test_equal_branches_are_written_once() -> None:
    assert results(edits.same_for_all, "constructor\n· simp\n· simp") == ["constructor <;> simp"]
    assert results(edits.same_for_all, "constructor\n· simp\n· rfl") == []


def test_cases_become_alternatives_with_fewer_and_fewer_names() -> None:
    first, second, *_ = results(edits.structured, CASES)
    assert first == ("induction xs with\n| nil inst => rfl\n| cons inst x xs ih =>\n  simp\n  grind [ih]")
    assert second == "induction xs with\n| nil => rfl\n| cons x xs ih =>\n  simp\n  grind [ih]"


@pytest.mark.parametrize("text", ["induction xs <;> simp", "cases h\n· rfl\n· rfl", "cases h with\n| a => rfl"])
def test_what_has_no_named_cases_stays(text: str) -> None:
    assert results(edits.structured, text) == []


def test_renaming_becomes_next() -> None:
    (renamed,) = everywhere(parse("· rename_i x\n  exact x"), edits.without_rename)
    assert text_of(renamed) == "· next x => exact x"
    (bare,) = everywhere(renamed, edits.without_rename)
    assert text_of(bare) == "next x => exact x"


def test_intros_get_names() -> None:
    def introduced(block: Block, index: int) -> list[str]:
        return [text_of(changed) for changed in edits.introduced(block, index, ("x", "h"))]

    assert introduced(parse("intros\nrename_i h\nexact h"), 0) == ["intro x h\nexact h"]
    assert introduced(parse("intros\nrfl"), 0) == ["intro x h\nrfl"]
    assert introduced(parse("intro y\nrfl"), 0) == []
