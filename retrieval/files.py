"""Files and directories that are replaced whole: whoever reads one sees the old content or the new, never a part.

Content is made under a hidden scratch name in the same directory and renamed. An exception removes the scratch file; a
killed process may leave one, called `.….part`. Scratch names are unique, so that processes may write the same file at
the same time: the last one wins. A symbolic link stays, and what it points at is replaced.

By default nothing is forced onto the disk: after a power failure a file may hold its old content, or nothing. That is
right for caches, whose readers check them. `durable=True` waits for the disk (`fsync` of the file, then of its
directory): for the user's own files, for exports, and for what a record that is already on the disk refers to.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_atomically(file: Path, content: bytes | str, *, durable: bool = False) -> None:
    """Replaces the content of a file; creates it, and the directories above it, where they are missing.

    Text is written as UTF-8, with its line ends as they are. An existing file keeps its permissions.

    Raises:
        OSError: The file cannot be written. It still has its old content.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(file, durable=durable) as scratch:
        scratch.write_bytes(content.encode() if isinstance(content, str) else content)
        with suppress(FileNotFoundError):
            scratch.chmod(file.stat().st_mode)


def move_atomically(source: Path, file: Path) -> None:
    """Moves a file over another one, or to a new place, across file systems too; creates missing directories.

    Raises:
        OSError: The file cannot be moved. The target is as it was.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(file) as scratch:
        shutil.move(source, scratch)


@contextmanager
def atomic_path(file: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yields a free path in the directory of `file`; the file made there replaces `file` when the block ends.

    If the block raises an exception, `file` stays as it is, and the scratch file is removed.

    Raises:
        OSError: The directory does not exist, or the file cannot be renamed.
    """
    target = Path(os.path.realpath(file))
    scratch = _scratch_beside(target)
    try:
        yield scratch
        if durable:
            _sync(scratch)
        os.replace(scratch, target)
        if durable:
            _sync(target.parent)
    finally:
        # After a success too: renaming one hard link of a file to another one leaves both.
        scratch.unlink(missing_ok=True)


@contextmanager
def atomic_directory(directory: Path) -> Iterator[Path]:
    """Yields an empty scratch directory beside `directory`, which takes its place when the block ends.

    If the block raises an exception, `directory` stays as it is, and the scratch directory is removed. A process that
    is killed between the two renames leaves no `directory`: the old one is then beside it, under a scratch name.

    Raises:
        OSError: The scratch directory cannot be created or renamed.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    scratch, old = _scratch_beside(directory), _scratch_beside(directory)
    scratch.mkdir()
    try:
        yield scratch
        if directory.exists():
            os.replace(directory, old)
        try:
            os.replace(scratch, directory)
        except OSError:
            if old.exists():
                os.replace(old, directory)
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _scratch_beside(path: Path) -> Path:
    """Returns a free hidden name; it does not contain the name of `path`, which may be as long as names can be."""
    return path.parent / f".{secrets.token_hex(8)}.part"


def _sync(path: Path) -> None:
    """Waits until a file or a directory is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link_or_copy(source: str, target: str) -> None:
    """Gives a file a second name, or copies it where the file system knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
