"""The workload of the benchmarks: the theorems of this checkout's Lean projects, compiled and opened."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import psutil

from prover.attempt import Task, sorry_goals
from prover.errors import UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.session import SorryGoal, SourceText
from prover.lean.toolchain.toolchain import Toolchain
from prover.lean.traced import TracedModule
from prover.project.build import PROCESS_BYTES, Builder, Compiled, source_of
from prover.project.builders import ModuleBuilder
from prover.project.layout import Module, Repository, open_repository

T = TypeVar("T")
CHECKOUT = Path(__file__).resolve().parents[1]
PROJECTS = CHECKOUT / "lean_projects"
IMPORT_LINE = re.compile(r"^import .*$", re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A Lean project whose modules have been compiled."""

    repository: Repository
    search_path: tuple[Path, ...]
    modules: tuple[Module, ...]
    """The modules whose imports are compiled."""

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.repository.root.name

    def source(self, module: str) -> SourceText:
        """A module's text."""
        return source_of(self.repository, self.repository.modules[module])

    def task(self, session: LeanSession, module: str, theorem: str) -> Task:
        """A theorem to prove.

        Raises:
            UsageError: the module does not declare it.
        """
        source = self.source(module)
        for declaration in session.declarations(source):
            if declaration.name == theorem:
                return Task(source, declaration)
        raise UsageError(f"{source.file} declares no {theorem}: mend the benchmark.")

    def pasted(self, modules: tuple[str, ...]) -> str:
        """Modules as one text without imports, for a program that cannot import them."""
        return "\n".join(IMPORT_LINE.sub("", self.source(module).text) for module in modules)


def opened(project: Project, session: LeanSession, module: str, theorem: str) -> SorryGoal:
    """The first goal of a theorem."""
    return sorry_goals(session, project.task(session, module, theorem))[0]


@contextmanager
def compiled(
    root: Path, toolchain: Toolchain, caches: Path, most: int | None = None
) -> Iterator[tuple[Project, list[Module]]]:
    """A project with its modules built, `most` of them at most, and those of them that declare something."""
    repository = open_repository(root)
    builder = Builder(repository, toolchain, caches)
    modules = spread(list(repository.modules.values()), most)
    try:
        for module in modules:
            builder.prepare(module)
        yield Project(repository, builder.search_path(), tuple(modules)), modules
    finally:
        builder.close()


def built(root: Path, toolchain: Toolchain, caches: Path, most: int | None = None) -> Project:
    """A project with its modules built, `most` of them at most; no process is left."""
    with compiled(root, toolchain, caches, most) as (project, _):
        return project


def traced(builder: ModuleBuilder, repository: Repository) -> Iterator[tuple[Compiled, TracedModule]]:
    """The modules of a repository itself that can be built, with their traces."""
    for outcome in builder.build(list(repository.modules), traced=True):
        if isinstance(outcome, Compiled) and not outcome.module.package:
            yield outcome, builder.traced_module(outcome.module)


def spread(things: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` of some things, evenly spread over all of them."""
    if limit is None or limit >= len(things):
        return list(things)
    return [things[index * len(things) // limit] for index in range(limit)]


def theorems(project: Project, session: LeanSession) -> Iterator[Task]:
    """Every theorem of the project's modules that has a proof or lacks one, in the order of modules and text."""
    for module in project.modules:
        source = source_of(project.repository, module)
        session.elaborate(source)
        for declaration in session.declarations(source, detail=True):
            if declaration.kind == "theorem" and (declaration.proof is not None or declaration.incomplete):
                yield Task(source, declaration)
        session.forget_files(PROCESS_BYTES)


def conditions(toolchain: Toolchain | None = None) -> dict[str, object]:
    """With what, where and when a measurement was made."""
    return {
        **({"toolchain": toolchain.describe()} if toolchain is not None else {}),
        "commit": _git("rev-parse", "--short", "HEAD"),
        "changed": bool(_git("status", "--porcelain")),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load": [round(load, 2) for load in psutil.getloadavg()],
    }


def _git(*words: str) -> str:
    finished = subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return finished.stdout.strip()
