"""Long installations in steps that survive a kill: finished steps, a lock, and one rename at the end.

Knows nothing of Lean. A step fills an empty directory, which gets its final name only when the step is finished. A name
that exists is therefore a finished step, whatever was killed meanwhile. A process that outlives its parent writes to a
directory that is never read.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock, Timeout

from prover.errors import InstallFailed
from prover.progress import Progress

StepProgress = Callable[[float], None]
"""Receives the fraction of the present step that is done, between 0 and 1."""

RECORD = "installed.json"
"""The file with the sizes of the other files of a finished directory."""
UNFINISHED = "unfinished-"
WAITING = "wait for another installation"
POLL_S = 0.2
MIN_FREE_BYTES = 64_000_000
"""A disk with less free space than this is treated as full."""


@dataclass(frozen=True)
class InstallStep:
    """One step of an installation."""

    name: str
    """Its action, for people to read; also names the directory of its result."""
    make: Callable[[Path, StepProgress], None]
    """Fills the empty directory that it receives."""


@dataclass(frozen=True)
class Staging:
    """The directory in which an installation is made and, after a kill, resumed."""

    root: Path

    def result(self, name: str) -> Path:
        """Returns the directory of the files of a step, once it is finished."""
        return self.root / name.replace(" ", "-")

    def done(self, name: str) -> bool:
        """Returns whether a step has been finished, by this process or an earlier one."""
        return self.result(name).is_dir()

    def begin(self) -> Path:
        """Creates an empty directory for a step to fill."""
        self.root.mkdir(parents=True, exist_ok=True)
        return Path(mkdtemp(prefix=UNFINISHED, dir=self.root))

    def finish(self, name: str, filled: Path) -> None:
        """Makes a filled directory the result of a step."""
        filled.chmod(0o755)  # mkdtemp makes it unreadable for others
        filled.rename(self.result(name))

    def run(self, steps: Sequence[InstallStep], progress: Progress) -> None:
        """Runs the unfinished steps, in order."""
        self.tidy()
        for step in steps:
            if not self.done(step.name):
                progress(step.name, 0.0)
                filled = self.begin()
                step.make(filled, partial(progress, step.name))
                look_for_full_disk(filled)
                self.finish(step.name, filled)
            progress(step.name, 1.0)

    def tidy(self) -> None:
        """Deletes directories that killed processes left unfinished."""
        for unfinished in self.root.glob(UNFINISHED + "*"):
            shutil.rmtree(unfinished, ignore_errors=True)


def staging_of(target: Path) -> Staging:
    """Returns the directory in which `target` is made."""
    return Staging(target.with_name(target.name + ".staging"))


def make_once(target: Path, steps: Callable[[Staging], Sequence[InstallStep]], progress: Progress) -> None:
    """Makes the directory `target` from the result of the last step, unless it exists and is intact.

    Two processes may call this at the same time: one works, the other waits.

    Raises:
        InstallFailed: The disk is full, the directory cannot be written to, or a step failed.
    """
    if intact(target):
        return
    staging = staging_of(target)
    with explained(target), locked(target, progress):
        if not intact(target):
            shutil.rmtree(target, ignore_errors=True)
            todo = steps(staging)
            staging.run(todo, progress)
            made = staging.result(todo[-1].name)
            _record(made)
            made.rename(target)
        shutil.rmtree(staging.root, ignore_errors=True)


@contextmanager
def locked(target: Path, progress: Progress) -> Iterator[None]:
    """Holds the lock on `target`, which the operating system releases when its holder dies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(target.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(WAITING, 0.0)
        lock.acquire(poll_interval=POLL_S)
        progress(WAITING, 1.0)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """Turns errors of the operating system into `InstallFailed` with a sentence about `target`."""
    try:
        yield
    except OSError as error:
        raise InstallFailed(_explanation(target, error)) from error


def _explanation(target: Path, error: OSError) -> str:
    place = error.filename or target.parent
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full at {place}: free some space and start again; finished steps are kept."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{place} cannot be written to: allow it, or choose another directory with PROVER_HOME."
        case _:
            return f"{target.name} could not be made in {target.parent} ({error}): fix that and start again."


def look_for_full_disk(place: Path, output: Sequence[str] = ()) -> None:
    """Raises the error of a full disk if the disk is full or the output of a command says so.

    The embedded Lean does not notice a full disk: it truncates its files and exits with status 0.
    """
    words = "\n".join(output).lower()
    if "enospc" in words or "no space left" in words or shutil.disk_usage(place).free < MIN_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))


def intact(target: Path) -> bool:
    """Returns whether `target` is finished and each of its files still has its original size."""
    return damage(target) is None


def damage(target: Path) -> str | None:
    """Returns what is wrong with a finished directory, in a few words; None if it is intact."""
    try:
        sizes: dict[str, int] = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "not installed"
    except (OSError, ValueError):
        return f"{RECORD} cannot be read"
    for name, size in sizes.items():
        try:
            found = (target / name).stat().st_size
        except OSError:
            return f"{name} is missing"
        if found != size:
            return f"{name} has {found} bytes, not {size}"
    return None


def size_of(directory: Path) -> int:
    """Returns the total size of the files below a directory, in bytes."""
    return sum(entry.stat().st_size for entry in _files(directory))


def _record(directory: Path) -> None:
    """Records the size of each file of a directory."""
    sizes = {str(file.relative_to(directory)): file.stat().st_size for file in _files(directory)}
    (directory / RECORD).write_text(json.dumps(sizes), encoding="utf-8")


def _files(directory: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(directory):
        for name in names:
            if name != RECORD:
                yield Path(parent) / name
