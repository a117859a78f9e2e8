"""Where the command line prints: results on standard output, progress and notes on standard error."""

import sys

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from prover.progress import Notify, Reporter


def consoles() -> tuple[Console, Console]:
    """Returns the console for results and the one for progress and notes."""
    return Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)


def notifier() -> Notify:
    """Returns what prints a line of text, dimmed, on standard error."""
    console = consoles()[1]
    return lambda text: console.print(text, style="dim", markup=False)


def reporter() -> Reporter:
    """Returns where use cases report: notes and progress, both on standard error."""
    steps = Steps(Console(stderr=True, force_terminal=None if sys.stderr.isatty() else False))
    if (context := click.get_current_context(silent=True)) is not None:
        context.call_on_close(steps.stop)
    return Reporter(notifier(), steps)


class Steps:
    """Shows the progress of named steps: as a bar each on a terminal, as a line each elsewhere."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=console
        )
        self._console = console
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, fraction: float) -> None:
        """Reports that `step` is done to `fraction`, between 0 and 1."""
        if not self._console.is_terminal:
            if step not in self._tasks:
                self._tasks[step] = TaskID(0)
                self._console.print(f"{step} …", markup=False)
            return
        if step not in self._tasks:
            self._bars.start()
            self._tasks[step] = self._bars.add_task(step, total=1.0)
        self._bars.update(self._tasks[step], completed=fraction)
        if self._bars.finished:
            self.stop()

    def stop(self) -> None:
        """Leaves the bars as they are."""
        if self._bars.live.is_started:  # it would print an empty line
            self._bars.stop()
