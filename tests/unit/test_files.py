"""Atomic replacement of files and directories: content, permissions, faults, and writers at the same time."""

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.files import atomic_directory, atomic_path, move_atomically, write_atomically
from tests.properties import with_examples


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to let a file grow beyond `size` bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@given(contents=st.lists(st.binary() | st.text(st.characters(codec="utf-8")), min_size=1), durable=st.booleans())
@with_examples(30)
def test_the_last_content_is_read_back_and_nothing_else_stays(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes | str], durable: bool
) -> None:
    directory = tmp_path_factory.mktemp("written")
    file = directory / "a" / "b"
    for content in contents:
        write_atomically(file, content, durable=durable)
        assert file.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert os.listdir(file.parent) == ["b"]


def test_an_existing_file_keeps_its_permissions_and_a_new_one_has_the_usual_ones(tmp_path: Path) -> None:
    old, new, usual = (tmp_path / name for name in ("old", "new", "usual"))
    usual.write_text("")
    old.write_text("")
    old.chmod(0o741)
    write_atomically(old, "x")
    write_atomically(new, "x")
    assert stat.S_IMODE(old.stat().st_mode) == 0o741
    assert new.stat().st_mode == usual.stat().st_mode


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 255)
    write_atomically(file, "x")
    assert file.read_text() == "x"


def test_a_full_disk_leaves_the_old_content_and_no_scratch_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with largest_file(1000), pytest.raises(OSError, match="too large"):
        write_atomically(file, b"x" * 100_000)
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_interruption_leaves_the_old_content_and_no_scratch_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def interrupted() -> None:
        with atomic_path(file) as scratch:
            scratch.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_scratch_path_is_in_a_directory_that_must_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "missing" / "file") as scratch:
        scratch.write_text("x")
    assert os.listdir(tmp_path) == []


def test_a_directory_in_the_way_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "taken", "x")
    assert os.listdir(tmp_path) == ["taken"]


def test_a_hard_link_to_the_same_file_leaves_no_scratch_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with atomic_path(file) as scratch:
        os.link(file, scratch)
    assert os.listdir(tmp_path) == ["file"]


def test_writers_at_the_same_time_leave_one_whole_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    contents = [bytes([number]) * 200_000 for number in range(16)]
    write_atomically(file, contents[0])
    seen = []
    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(write_atomically, file, content) for content in contents * 4]
        while not all(each.done() for each in writing):
            seen.append(file.read_bytes())
        for each in writing:
            each.result()
    assert {*seen, file.read_bytes()} <= set(contents)
    assert os.listdir(tmp_path) == ["file"]


def test_a_killed_writer_leaves_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    program = (
        "import os, sys; from pathlib import Path; from retrieval.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as scratch:\n"
        "    scratch.write_text('half'); os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(file)], cwd=Path(__file__).parents[2], timeout=60)
    assert ended.returncode == -9
    assert file.read_text() == "old"


def test_a_moved_file_replaces_another_one(tmp_path: Path) -> None:
    source, file = tmp_path / "source", tmp_path / "deep" / "file"
    for text in ("one", "two"):
        source.write_text(text)
        move_atomically(source, file)
        assert file.read_text() == text
        assert not source.exists()
    assert os.listdir(file.parent) == ["file"]


def test_a_move_of_a_missing_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(FileNotFoundError):
        move_atomically(tmp_path / "missing", file)
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_directory_is_replaced_whole(tmp_path: Path) -> None:
    directory = tmp_path / "above" / "directory"
    for names in (["a", "b"], ["c"], []):
        with atomic_directory(directory) as scratch:
            for name in names:
                (scratch / name).write_text(name)
        assert sorted(os.listdir(directory)) == names
        assert os.listdir(directory.parent) == ["directory"]


def test_a_directory_that_was_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    with atomic_directory(directory) as scratch:
        (scratch / "old").write_text("old")
    with pytest.raises(OSError, match="too large"), largest_file(1000), atomic_directory(directory) as scratch:
        (scratch / "new").write_bytes(b"x" * 100_000)
    assert os.listdir(directory) == ["old"]
    assert os.listdir(tmp_path) == ["directory"]
