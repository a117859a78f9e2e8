"""Work that takes a while and must not be lost or half done: steps, a lock, one rename at the end.

Knows nothing of Lean. A step fills an empty directory of its own, and that directory gets its name
only when the step is done: a name that exists is a finished step, whatever was killed meanwhile, and
a process that outlives its parent writes where nobody looks.
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
"""Lists the sizes of the other files of a finished directory."""
UNFINISHED = "unfinished-"
WAITING = "wait for another installation"
POLL_S = 0.2
SPARE_BYTES = 64_000_000
"""A disk with less than this is taken to be full."""


@dataclass(frozen=True)
class InstallStep:
    """One piece of the work."""

    name: str
    """what is being done, for people; the directory of its result is named after it"""
    make: Callable[[Path, StepProgress], None]
    """fills the empty directory that it is given"""


@dataclass(frozen=True)
class Staging:
    """The directory in which one piece of work is done and, if killed, taken up again."""

    root: Path

    def result(self, name: str) -> Path:
        """Where the files of the step called `name` are, once it is finished."""
        return self.root / name.replace(" ", "-")

    def done(self, name: str) -> bool:
        """Whether the step has been finished, now or by an earlier process."""
        return self.result(name).is_dir()

    def begin(self) -> Path:
        """A fresh directory for a step to fill."""
        self.root.mkdir(parents=True, exist_ok=True)
        return Path(mkdtemp(prefix=UNFINISHED, dir=self.root))

    def finish(self, name: str, filled: Path) -> None:
        """Takes what has been filled as the result of the step called `name`."""
        filled.chmod(0o755)  # mkdtemp makes it unreadable for others
        filled.rename(self.result(name))

    def run(self, steps: Sequence[InstallStep], progress: Progress) -> None:
        """Does the steps that are not done, in order."""
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
        """Deletes what killed processes have left unfinished."""
        for left in self.root.glob(UNFINISHED + "*"):
            shutil.rmtree(left, ignore_errors=True)


def staging_of(target: Path) -> Staging:
    """Where `target` is made."""
    return Staging(target.with_name(target.name + ".staging"))


def make_once(target: Path, steps: Callable[[Staging], Sequence[InstallStep]], progress: Progress) -> None:
    """Makes the directory `target` from the result of the last step, unless it is there and whole.

    Two processes may call this at once: one works, the other waits for it.

    Raises:
        InstallFailed: the disk is full, or the place cannot be written to, or a step failed.
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
    """Turns what the operating system refuses into a sentence about `target`."""
    try:
        yield
    except OSError as error:
        raise InstallFailed(_explanation(target, error)) from error


def _explanation(target: Path, error: OSError) -> str:
    place = error.filename or target.parent
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full at {place}: free some space and start again, finished steps are kept."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{place} cannot be written to: allow it, or choose another directory with PROVER_HOME."
        case _:
            return f"{target.name} could not be made in {target.parent} ({error}): mend that and start again."


def look_for_full_disk(place: Path, said: Sequence[str] = ()) -> None:
    """Raises what a full disk raises, if it is full or `said`, a command's words, complain of that.

    The embedded Lean does not notice: its files come out short, and it ends well.
    """
    words = "\n".join(said).lower()
    if "enospc" in words or "no space left" in words or shutil.disk_usage(place).free < SPARE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))


def intact(target: Path) -> bool:
    """Whether `target` is finished and each of its files has the size that it had then."""
    return damage(target) is None


def damage(target: Path) -> str | None:
    """What is wrong with a finished directory, in a few words; nothing when it is whole."""
    try:
        sizes: dict[str, int] = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "not there"
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
    """Bytes in all files below a directory."""
    return sum(entry.stat().st_size for entry in _files(directory))


def _record(directory: Path) -> None:
    """Writes down the size of each file of a directory."""
    sizes = {str(file.relative_to(directory)): file.stat().st_size for file in _files(directory)}
    (directory / RECORD).write_text(json.dumps(sizes), encoding="utf-8")


def _files(directory: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(directory):
        for name in names:
            if name != RECORD:
                yield Path(parent) / name
