"""Real git repositories for tests, made by the real git. Not a test itself."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

AUTHOR = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.invalid", "-c", "commit.gpgsign=false")
QUICK = ("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.fsync=none")
"""Settings that save processes and waiting."""


@dataclass(frozen=True)
class GitRepository:
    """A repository with a work tree."""

    root: Path

    @classmethod
    def make(cls, root: Path, files: dict[str, str] | None = None) -> "GitRepository":
        """A repository on branch `main`, with one commit when there are files."""
        root.mkdir(parents=True)
        made = cls(root)
        made.git("init", "--quiet", "--template=", "-b", "main")
        if files:
            made._store(files)
        return made

    @property
    def url(self) -> str:
        return f"file://{self.root}"

    def git(self, *words: str) -> str:
        """What git says."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        done = subprocess.run(
            ["git", *AUTHOR, *QUICK, *words], cwd=self.root, check=True, capture_output=True, text=True, env=environment
        )
        return done.stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def commit(self, files: dict[str, str]) -> str:
        """The commit that adds these files."""
        self._store(files)
        return self.git("rev-parse", "HEAD")

    def _store(self, files: dict[str, str]) -> None:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
