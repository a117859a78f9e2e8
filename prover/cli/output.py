"""Where the command line prints: results on standard output, progress and notes on standard error."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from prover.errors import NotWritable
from prover.progress import Notify, Reporter
from retrieval.files import write_atomically

STANDARD_OUTPUT = Path("-")
"""The file of `--json` that stands for standard output."""


def consoles() -> tuple[Console, Console]:
    """Returns the console for results and the one for progress and notes."""
    return Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)


def notifier() -> Notify:
    """Returns a function that prints a line of text, dimmed, on standard error."""
    console = consoles()[1]
    return lambda text: console.print(text, style="dim", markup=False)


def reporter() -> Reporter:
    """Returns the reporter for use cases: it shows notes and progress on standard error."""
    steps = Steps(Console(stderr=True, force_terminal=None if sys.stderr.isatty() else False))
    if (context := click.get_current_context(silent=True)) is not None:
        context.call_on_close(steps.stop)
    return Reporter(notifier(), steps)


def print_result(value: object, json_file: Path | None, print_text: Callable[[], None]) -> None:
    """Writes a result as JSON where `--json` asks for it, and prints it as text unless that JSON is printed.

    Args:
        value: the result, of types that JSON has.
        json_file: the file that `--json` names; None if the option was not given.

    Raises:
        NotWritable: the file cannot be written.
    """
    if json_file != STANDARD_OUTPUT:
        print_text()
    if json_file is not None:
        write_json(value, json_file)


def write_json(value: object, file: Path) -> None:
    """Writes a value as JSON into a file, or to standard output if the file is `-`.

    Raises:
        NotWritable: the file cannot be written.
    """
    write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", file, "--json")


def write_text(text: str, file: Path, option: str) -> None:
    """Writes a text into a file, or to standard output if the file is `-`.

    Args:
        option: the option that names the file.

    Raises:
        NotWritable: the file cannot be written.
    """
    if file == STANDARD_OUTPUT:
        click.echo(text, nl=False)
        return
    try:
        file.touch()  # a missing directory is a mistake: it is not created
        write_atomically(file, text)
    except OSError as error:
        raise NotWritable(f"{file} cannot be written ({error.strerror}): choose another place for {option}.") from None


MAX_TARGET_CHARS = 160
"""The number of characters that are shown of a goal's target."""


def short_target(goal: str) -> str:
    """Returns the target of a goal, given as Lean prints it, on one line and shortened."""
    text = " ".join(goal[goal.rfind("⊢") :].split())
    return text if len(text) <= MAX_TARGET_CHARS else f"{text[:MAX_TARGET_CHARS]}…"


LINE_INTERVAL_S = 10.0
"""The least time between two lines about the same step, where there is no terminal."""


class Steps:
    """Shows the progress of named steps: each as a bar on a terminal, and elsewhere as a line now and then."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=console
        )
        self._console = console
        self._tasks: dict[str, TaskID] = {}
        self._clock = clock
        self._printed_at: dict[str, float] = {}

    def __call__(self, step: str, fraction: float) -> None:
        """Reports that `step` is done to `fraction`, between 0 and 1."""
        if not self._console.is_terminal:
            self._print_line(step, fraction)
            return
        if step not in self._tasks:
            self._bars.start()
            self._tasks[step] = self._bars.add_task(step, total=1.0)
        self._bars.update(self._tasks[step], completed=fraction)
        if self._bars.finished:
            self.stop()

    def _print_line(self, step: str, fraction: float) -> None:
        now = self._clock()
        if step not in self._printed_at:
            self._console.print(f"{step} …", markup=False)
        elif now - self._printed_at[step] >= LINE_INTERVAL_S:
            self._console.print(f"{step}: {fraction:.0%}", markup=False)
        else:
            return
        self._printed_at[step] = now

    def stop(self) -> None:
        """Stops drawing; the bars stay on the screen as they are."""
        if self._bars.live.is_started:  # otherwise it would print an empty line
            self._bars.stop()
