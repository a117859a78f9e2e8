"""Puts the parts together: where things are kept, which Lean is used, how progress is shown."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from prover.lean.toolchain import choose
from prover.lean.toolchain.choose import ToolchainChoice, ToolchainRequirement, ToolchainSources
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import install
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.project.layout import Repository
from prover.project.native_tree import depends_on_mathlib

if TYPE_CHECKING:
    from curriculum.database.database import Database

toolchain_option = click.option(
    "--toolchain",
    "toolchain_choice",
    type=click.Choice(["auto", "native", "embedded"]),
    default="auto",
    show_default=True,
    help="Which Lean: the computer's own (elan, lake), the embedded one, or whichever fits.",
)
"""for every command that starts a Lean; the command gets it as `toolchain_choice`"""


def home() -> Home:
    """`PROVER_HOME` when it is set, else the platform's user directory."""
    chosen = os.environ.get("PROVER_HOME")
    return Home(Path(chosen).expanduser().resolve()) if chosen else Home.default()


def database() -> "Database":
    """What `PROVER_DATABASE` names when it is set, else a file in the user's directory; made at its first use.

    Raises:
        DatabaseUnavailable: what it names is no database that is supported.
    """
    from curriculum.database.database import Database  # the slowest of all imports here

    return Database(os.environ.get("PROVER_DATABASE") or home().root / "prover.db")


def consoles() -> tuple[Console, Console]:
    """Where results and where progress go."""
    return Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)


def embedded_toolchain() -> EmbeddedToolchain:
    """The embedded toolchain, installed first if it is not there."""
    with steps_shown() as progress:
        return install(home(), find_node(), progress)


def choose_toolchain(
    repository: Repository, toolchain_choice: ToolchainChoice, note: Callable[[str], None]
) -> EmbeddedToolchain | NativeToolchain:
    """The toolchain for a repository, with its gateway; see `choose.choose_toolchain` for what it raises."""
    requirement = ToolchainRequirement(repository.root, repository.toolchain, depends_on_mathlib(repository.root))
    with steps_shown() as progress:
        sources = ToolchainSources(home(), lambda: install(home(), find_node(), progress), note, progress)
        return choose.choose_toolchain(requirement, toolchain_choice, sources)


class Steps:
    """Progress of named steps: a bar each on a terminal, a line each elsewhere."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=console
        )
        self._console = console
        self._tasks: dict[str, int] = {}

    def __call__(self, step: str, fraction: float) -> None:
        """Reports that `step` is done to `fraction`, between 0 and 1."""
        if not self._console.is_terminal:
            if step not in self._tasks:
                self._tasks[step] = 0
                self._console.print(f"{step} …", markup=False)
            return
        if step not in self._tasks:
            self._bars.start()
            self._tasks[step] = self._bars.add_task(step, total=1.0)
        self._bars.update(self._bars.task_ids[list(self._tasks).index(step)], completed=fraction)

    def stop(self) -> None:
        """Leaves the bars as they are."""
        if self._bars.live.is_started:  # it would print an empty line
            self._bars.stop()


@contextmanager
def steps_shown() -> Iterator[Steps]:
    """Progress on standard error while the block lasts."""
    steps = Steps(Console(stderr=True, force_terminal=None if sys.stderr.isatty() else False))
    try:
        yield steps
    finally:
        steps.stop()
