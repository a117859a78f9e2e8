"""LeanDojo as a backend: what is needed for it, and a repository's commit made ready for it."""

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
"""until the next module: the first comes when all have been built"""
GIT_SECONDS = 600


@dataclass(frozen=True)
class DojoBackend:
    """LeanDojo at one commit of a repository.

    Raises from every method:
        LeanDojoMissing: LeanDojo cannot be loaded.
        LeanDojoFailed: LeanDojo could not do it; its last words are in `details`.
    """

    clone: Path
    """a copy of the repository with that commit checked out and nothing else"""
    cache: Path
    """where LeanDojo keeps what it has traced"""

    def trace(self) -> Iterator[TracedModule]:
        """The modules; builds and traces all of them the first time, which takes longer than a build."""
        with DojoProcess(self._setup()) as process:
            for reply in process.ask(DojoTrace(), TRACE_SECONDS):
                if isinstance(reply, DojoTraced):
                    yield reply.module

    def session(self) -> "DojoSession":
        """A session over the repository. Close it after use."""
        return DojoSession(self._setup())

    def _setup(self) -> DojoSetup:
        return DojoSetup(str(self.clone), str(self.cache))


def dojo_backend(repository: Path, cache: Path, commit: str = "HEAD") -> DojoBackend:
    """LeanDojo at a commit of a local repository, of which a copy is made in `cache` first.

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
