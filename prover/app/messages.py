"""Lean's messages about one file, after the modules that it imports are built."""

from collections.abc import Sequence
from pathlib import Path

from prover.app.environment import choose_toolchain, home
from prover.app.packages import with_packages, with_stand_ins
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Message
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.builders import builder_for
from prover.project.layout import enclosing_repository, open_repository


def file_messages(path: Path, choice: ToolchainChoice, reporter: Reporter) -> Sequence[Message]:
    """Returns Lean's messages about a file of a repository.

    Raises:
        UsageError: the file is not a module of the repository around it, or a module that it imports cannot be built.
        LeanError: Lean does not answer.
    """
    repository = open_repository(enclosing_repository(path))
    module = repository.at(path)
    toolchain = choose_toolchain(repository, choice, reporter)
    repository = with_packages(repository, toolchain, reporter.notify)
    repository, _ = with_stand_ins(repository, toolchain, reporter.notify)
    builder = builder_for(repository, toolchain, home().caches, reporter)
    try:
        builder.prepare(module)
        session = LeanSession(toolchain, builder.search_path())
    finally:
        builder.close()
    try:
        return session.elaborate(source_of(repository, module, built=True))
    finally:
        session.end()
