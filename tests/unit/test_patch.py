"""Proofs written into files: nothing changes but the bytes that were to change."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import NotWritable
from prover.lean.file_text import BYTE_ORDER_MARK, as_read
from prover.lean.session import SourceText
from prover.project.patch import Replacement, patched, proof_replacement, replace, unified_diff, write_patched
from tests.properties import with_examples

PIECE = st.lists(
    st.sampled_from([*"ab ∀é𝔸λ⟨⟩·\t\n\r", "\r\n"]) | st.characters(exclude_categories=["Cs"]), max_size=20
).map("".join)
CODE_LINE = st.text(st.sampled_from(list("ab ∀é𝔸λ⟨⟩·:=")), max_size=12)
CODE = st.builds(
    lambda lines, end, last: end.join(lines) + (end if last else ""),
    st.lists(CODE_LINE, min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


@given(PIECE, PIECE, PIECE, PIECE)
def test_everything_outside_the_replaced_bytes_stays(before: str, old: str, after: str, new: str) -> None:
    start = len(before.encode())
    changed = replace(before + old + after, [Replacement(start, start + len(old.encode()), new)])
    assert changed.encode() == before.encode() + new.encode() + after.encode()


@given(
    st.lists(st.tuples(PIECE, PIECE.filter(len), PIECE), min_size=1, max_size=5),
    PIECE,
    st.randoms(use_true_random=False),
)
def test_several_replacements_do_not_disturb_each_other(parts: list, rest: str, random) -> None:  # type: ignore[no-untyped-def, type-arg]
    replacements, at, original, expected = [], 0, "", ""
    for kept, old, new in parts:
        start = at + len(kept.encode())
        at = start + len(old.encode())
        original += kept + old
        expected += kept + new
        replacements.append(Replacement(start, at, new))
    random.shuffle(replacements)
    assert replace(original + rest, replacements) == expected + rest


def test_a_body_of_one_line_stays_on_the_line() -> None:
    text = "theorem t : True := sorry\n"
    made = proof_replacement(text, 17, 25, ["trivial"], "body")
    assert replace(text, [made]) == "theorem t : True := by trivial\n"


def test_a_body_of_several_lines_is_indented_below() -> None:
    text = "  theorem t : True ∧ True :=\n    sorry\n"
    start = text.encode().index(b":=")
    made = proof_replacement(text, start, len(text.encode()) - 1, ["constructor", "· trivial", "", "· trivial"], "body")
    assert replace(text, [made]) == (
        "  theorem t : True ∧ True := by\n    constructor\n    · trivial\n\n    · trivial\n"
    )


def test_a_term_becomes_a_tactic_block() -> None:
    text = "def x : Nat := f sorry 1\n"
    start = text.index("sorry")
    assert replace(text, [proof_replacement(text, start, start + 5, ["rfl"], "term")]) == "def x : Nat := f by rfl 1\n"


def test_a_tactic_gives_way_to_lines_in_its_column() -> None:
    text = "theorem t : p := by\n  cases h\n  · sorry\n"
    start = text.encode().index(b"sorry")
    made = proof_replacement(text, start, start + 5, ["simp", "cases k", "· rfl"], "tactic")
    assert replace(text, [made]) == "theorem t : p := by\n  cases h\n  · simp\n    cases k\n    · rfl\n"


def test_a_tactic_after_by_moves_to_the_next_line_when_it_needs_several() -> None:
    text = "theorem t : p := by sorry\n"
    start = text.index("sorry")
    made = proof_replacement(text, start, start + 5, ["simp", "rfl"], "tactic")
    assert replace(text, [made]) == "theorem t : p := by\n  simp\n  rfl\n"
    alone = proof_replacement(text, start, start + 5, ["rfl"], "tactic")
    assert replace(text, [alone]) == "theorem t : p := by rfl\n"


def source_of(written: str) -> SourceText:
    text = as_read(written)
    return SourceText(text, "A.lean", "A", (), written if written != text else None)


@pytest.mark.parametrize("mark", ["", BYTE_ORDER_MARK])
@pytest.mark.parametrize("kind", ["tactic", "term", "body"])
def test_line_ends_and_byte_order_mark_are_those_of_the_file(kind: str, mark: str) -> None:
    source = source_of(f"{mark}theorem t : p := by\r\n  sorry\r\n")
    start = source.text.index("sorry")
    changed = patched(source, [proof_replacement(source.text, start, start + 5, ["simp", "rfl"], kind)])
    assert changed.on_disk.count("\n") == changed.on_disk.count("\r\n") > 2
    assert changed.on_disk.startswith(mark + "theorem")
    assert as_read(changed.on_disk) == changed.text


@given(PIECE, st.lists(st.tuples(PIECE.filter(len), PIECE, PIECE), max_size=4), st.booleans())
def test_a_patched_file_has_its_other_bytes(before: str, parts: list[tuple[str, str, str]], marked: bool) -> None:
    """Replaces parts of what Lean reads; all else is as the file has it, and Lean reads the result as it should."""
    written = expected = (BYTE_ORDER_MARK if marked else "") + before.replace("\r", "") + "|"
    replacements = []
    for old, new, after in parts:
        start = len(as_read(written).encode())
        written += old.replace("\r", "") + "|" + after + "|"
        replacements.append(Replacement(start, start + len(old.replace("\r", "").encode()), new.replace("\r", "")))
        expected += "\0" + "|" + after + "|"
    source = source_of(written)
    changed = patched(source, replacements)
    assert changed.text == replace(source.text, replacements)
    assert as_read(changed.on_disk) == changed.text
    pieces = expected.split("\0")
    news = [r.text.replace("\n", "\r\n") for r in replacements], [r.text for r in replacements]
    made = ["".join(a + b for a, b in zip(pieces, [*each, ""], strict=True)) for each in news]
    assert changed.on_disk in made


def test_a_file_of_lines_that_end_differently_keeps_them() -> None:
    source = source_of("-- a\r\n-- b\ntheorem t : p := sorry\r\n-- c\rd\n")
    start = source.text.index("sorry")
    changed = patched(source, [Replacement(start, start + 5, "by\n  rfl")])
    assert changed.on_disk == "-- a\r\n-- b\ntheorem t : p := by\n  rfl\r\n-- c\rd\n"


def apply_with_git(directory: Path, before: str, after: str, name: str = "A.lean") -> bytes:
    file = directory / name
    file.write_bytes(before.encode())
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=directory, input=unified_diff(name, before, after).encode(), check=True, capture_output=True,
    )  # fmt: skip
    return file.read_bytes()


@pytest.fixture
def git_repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@with_examples(40, shared_fixtures=True)
@given(CODE, CODE)
def test_git_applies_the_diff(git_repository: Path, before: str, after: str) -> None:
    if before and after and before != after:
        assert apply_with_git(git_repository, before, after) == after.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("theorem t : p := sorry", "theorem t : p := by rfl"),
        ("a\nb", "a\nc\n"),
        ("a\nb\n", "a\nb"),
        ("∀ x, é\r\nsorry\r\n", "∀ x, é\r\nby\r\n  rfl\r\n"),
        ("a\n" * 20 + "sorry\n" + "b\n" * 20 + "sorry\n", "a\n" * 20 + "rfl\n" + "b\n" * 20 + "simp\nrfl\n"),
        ("-- a\u2028b\x0cc\nsorry\n", "-- a\u2028b\x0cc\nrfl\n"),
        ("-- a\rb\nsorry\n", "-- a\rb\nrfl\n"),
    ],
    ids=[
        "no final newline",
        "final newline added",
        "final newline removed",
        "CRLF",
        "two hunks",
        "rare separators",
        "lone CR",
    ],
)
def test_git_applies_the_diff_of(git_repository: Path, before: str, after: str) -> None:
    assert apply_with_git(git_repository, before, after) == after.encode()


def test_no_change_is_an_empty_diff() -> None:
    assert unified_diff("A.lean", "a\n", "a\n") == ""


def test_writing_keeps_the_permissions(tmp_path: Path) -> None:
    file = tmp_path / "A.lean"
    file.write_text("old")
    file.chmod(0o640)
    write_patched(file, "new é\r\n")
    assert file.read_bytes() == "new é\r\n".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["A.lean"]


def test_a_file_that_is_not_there_is_not_writable(tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match=r"gone/A\.lean cannot be written"):
        write_patched(tmp_path / "gone" / "A.lean", "new")


def test_a_read_only_directory_is_not_writable(tmp_path: Path) -> None:
    file = tmp_path / "A.lean"
    file.write_text("old")
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("root may write anywhere")
        with pytest.raises(NotWritable, match=r"A\.lean cannot be written"):
            write_patched(file, "new")
        assert file.read_text() == "old"
    finally:
        tmp_path.chmod(0o755)
