"""LeanDojo as a backend: checks its requirements and prepares a commit of a repository for it."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prover.errors import LeanDojoFailed, LeanDojoMissing
from prover.lean.dojo.messages import DojoSetup, DojoTrace, DojoTraced
from prover.lean.dojo.process import INSTALL, LOG_LINES, DojoProcess
from prover.lean.dojo.session import DojoSession
from prover.lean.traced import TracedModule
from retrieval.files import atomic_directory

NEWEST_PYTHON = (3, 12)
TRACE_SECONDS = 86_400.0
"""The time limit until the next module; the first arrives when all have been built."""
GIT_SECONDS = 600


@dataclass(frozen=True)
class DojoBackend:
    """LeanDojo at one commit of a repository.

    Raises from every method:
        LeanDojoMissing: LeanDojo cannot be loaded.
        LeanDojoFailed: LeanDojo could not carry out the request; its last output is in `details`.
    """

    clone: Path
    """A clone of the repository with that commit checked out."""
    cache: Path
    """The directory of LeanDojo's cache."""

    def trace(self) -> Iterator[TracedModule]:
        """Yields the traced modules. The first time all are built and traced, which takes longer than a build."""
        with DojoProcess(self._setup()) as process:
            for reply in process.ask(DojoTrace(), TRACE_SECONDS):
                if isinstance(reply, DojoTraced):
                    yield reply.module

    def session(self) -> "DojoSession":
        """Returns a session over the repository. The caller closes it."""
        return DojoSession(self._setup())

    def _setup(self) -> DojoSetup:
        return DojoSetup(str(self.clone), str(self.cache))


def dojo_backend(repository: Path, cache: Path, commit: str = "HEAD") -> DojoBackend:
    """Returns LeanDojo at a commit of a local repository, which is first cloned to `cache`.

    Raises:
        LeanDojoMissing: LeanDojo, git, lake or lean is not installed, or this Python is too new for it.
        LeanDojoFailed: the directory is no git repository with such a commit.
    """
    _look_for_leandojo()
    for program in ("git", "lake", "lean"):
        if shutil.which(program) is None:
            raise LeanDojoMissing(f"LeanDojo needs {program}, which is not on the PATH: install it, or elan for Lean.")
    revision = _git(repository, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").strip()
    clone = cache / "clones" / revision / repository.resolve().name
    if not clone.is_dir():
        with atomic_directory(clone) as scratch:
            _git(repository, "clone", "--quiet", "--no-checkout", str(repository.resolve()), str(scratch))
            _git(scratch, "checkout", "--quiet", "--detach", revision)
    return DojoBackend(clone, cache / "traced")


def _look_for_leandojo() -> None:
    if sys.version_info[:2] > NEWEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        raise LeanDojoMissing(f"LeanDojo does not run on Python {found}: use Python 3.12, and there {INSTALL}.")
    if importlib.util.find_spec("lean_dojo") is None:
        raise LeanDojoMissing(f"The package lean-dojo is not installed: {INSTALL}.")


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments], capture_output=True, text=True, timeout=GIT_SECONDS
    )
    if done.returncode:
        raise LeanDojoFailed(
            f"`git {' '.join(arguments)}` failed in {directory}: LeanDojo traces commits of a git repository, "
            "commit your work first.",
            tuple(done.stderr.splitlines()[-LOG_LINES:]),
        )
    return done.stdout
