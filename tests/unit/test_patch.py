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
from prover.project.patch import Replacement, patched, replace, unified_diff, write_patched
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


def source_of(written: str) -> SourceText:
    text = as_read(written)
    return SourceText(text, "A.lean", "A", (), written if written != text else None)


@pytest.mark.parametrize("mark", ["", BYTE_ORDER_MARK])
def test_line_ends_and_byte_order_mark_are_those_of_the_file(mark: str) -> None:
    source = source_of(f"{mark}theorem t : p := by\r\n  sorry\r\n")
    start = source.text.index("sorry")
    changed = patched(source, [Replacement(start, start + 5, "simp\n  rfl")])
    assert changed.on_disk.count("\n") == changed.on_disk.count("\r\n") > 2
    assert changed.on_disk.startswith(mark + "theorem")
    assert as_read(changed.on_disk) == changed.text


@given(PIECE, st.lists(st.tuples(PIECE.filter(len), PIECE, PIECE), max_size=4), st.booleans())
def test_a_patched_file_has_its_other_bytes(before: str, parts: list[tuple[str, str, str]], marked: bool) -> None:
    """Replaces parts of what Lean reads; all else is as the file has it, and Lean reads the result as it should."""
    written = (BYTE_ORDER_MARK if marked else "") + before.replace("\r", "") + "|"
    kept, replacements = [written], []
    for old, new, after in parts:
        start = len(as_read(written).encode())
        old, new = old.replace("\r", ""), new.replace("\r", "")
        replacements.append(Replacement(start, start + len(old.encode()), new))
        kept.append(f"|{after}|")
        written += old + kept[-1]
    source = source_of(written)
    changed = patched(source, replacements)
    assert changed.text == replace(source.text, replacements)
    assert as_read(changed.on_disk) == changed.text
    expected = [
        "".join(
            [kept[0], *(f"{r.text.replace(chr(10), newline)}{k}" for r, k in zip(replacements, kept[1:], strict=True))]
        )
        for newline in ("\n", "\r\n")
    ]
    assert changed.on_disk in expected


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
