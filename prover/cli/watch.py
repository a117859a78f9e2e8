"""`prover watch`: a live view of a search that a server does, or of one that was stored."""

import select
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import click
import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from prover.app.environment import home
from prover.app.search_view import SearchView, TacticEvent, UsefulTactic, events_of
from prover.app.store import stored_searches
from prover.cli.output import consoles
from prover.errors import ServerGone, UsageError
from prover.server.client import SOCKET_NAME, Client, Event
from prover.wording import counted

REDRAWS_PER_SECOND = 4
MAX_ROWS = 16
"""The number of steps of the path that are shown; those above are counted."""
MAX_GOAL_LINES = 14
MAX_WIDTH = 110
MAX_FAILED = 8
KEYS = "q quit   space pause   f failed tactics"


@dataclass
class WatchedSearch:
    """A search as far as its events have come, and how it is shown."""

    title: str
    view: SearchView = field(default_factory=SearchView)
    progress: dict[str, Any] = field(default_factory=dict)
    end: str | None = None
    """What became of it."""
    paused: bool = False
    failed: bool = False
    """Whether failed tactics are shown, and not only counted."""

    def take(self, event: Event) -> None:
        """Takes an event of the job."""
        match event.kind:
            case "tactics":
                self.view.add_all(msgspec.convert(event.value, tuple[TacticEvent, ...]))
            case "progress":
                self.progress = event.value
            case "end":
                result, error = event.value.get("result") or {}, event.value.get("error") or {}
                self.end = error.get("message") or result.get("status") or event.value["state"]

    def press(self, key: str) -> bool:
        """Obeys a key; returns whether the view stays."""
        self.paused ^= key == " "
        self.failed ^= key == "f"
        return key != "q"


def drawn(watched: WatchedSearch, keys: bool = True) -> RenderableType:
    """Returns the view: the best path to the goal that is worked on, that goal, and what is being tried."""
    view, progress = watched.view, watched.progress
    left = progress.get("seconds_left")
    phase = watched.end or progress.get("phase", "stored")
    counts = f"{counted(view.tried, 'tactic')} run, {counted(view.open_goals(), 'open goal')}"
    parts: list[RenderableType] = [
        Text(f"{watched.title}  {phase}  {counts}" + (f", {left:.0f} s left" if left is not None else ""), style="bold")
    ]
    if view.last is not None:
        root = view.root(view.last)
        if proof := view.proof(root):
            parts.append(Text("proved by", style="green"))
            parts += [Text(f"  {step.tactic}", style="green") for step in proof[:MAX_ROWS]]
        else:
            parts += _path(watched, view.path(view.last))
            parts += _goal(watched, view.last)
    if keys:
        parts.append(Text(KEYS + ("   (paused)" if watched.paused else ""), style="dim"))
    return Group(*parts)


def _path(watched: WatchedSearch, path: list[UsefulTactic]) -> Iterator[RenderableType]:
    if hidden := len(path) - MAX_ROWS:
        yield Text(f"… {counted(hidden, 'step')} above" if hidden > 0 else "", style="dim")
    for step in path[-MAX_ROWS:]:
        goal = watched.view.goals[step.goal]
        yield Text.from_markup(f"{escape(_cut(goal.target))}  [dim]{_collapsed(watched, step.goal, step)}[/dim]")
        beside = [each for each in step.left if watched.view.goals[each].proved]
        done = f"  ({len(beside)} of {len(step.left)} goals proved)" if len(step.left) > 1 else ""
        yield Text(f"  {_cut(step.tactic)}{done}", style="cyan")


def _collapsed(watched: WatchedSearch, number: int, chosen: UsefulTactic | None = None) -> str:
    """Returns the other tactics of a goal in few words."""
    goal = watched.view.goals[number]
    others = len(goal.worked) - (chosen is not None)
    parts = [f"{others} others lead on"] if others > 0 else []
    if goal.failed:
        shown = ", ".join(map(_cut, goal.failed[-MAX_FAILED:])) if watched.failed else ""
        parts.append(f"{len(goal.failed)} failed{': ' + escape(shown) if shown else ''}")
    return "; ".join(parts)


def _goal(watched: WatchedSearch, number: int) -> Iterator[RenderableType]:
    goal = watched.view.goals[number]
    lines = goal.text.split("\n")
    if len(lines) > MAX_GOAL_LINES:
        lines = [f"… {len(lines) - MAX_GOAL_LINES} hypotheses above", *lines[-MAX_GOAL_LINES:]]
    yield Text("\n".join(map(_cut, lines)), style="yellow")
    yield Text.from_markup(f"  [dim]{_collapsed(watched, number)}[/dim]")
    for each in goal.worked[-3:]:
        after = "; ".join(watched.view.goals[left].target for left in each.left) or "no goals"
        yield Text(f"  {_cut(each.tactic)}  →  {_cut(after)}", style="cyan")


def _cut(text: str) -> str:
    line = " ".join(text.split()) if "\n" in text else text
    return line if len(line) <= MAX_WIDTH else f"{line[: MAX_WIDTH - 1]}…"


@click.command("watch")
@click.argument("run", required=False)
@click.option(
    "--socket", "socket_path", type=click.Path(path_type=Path), help="The server's socket, by default in the home."
)
@click.option("--theorem", help="Of a stored run: the search for this theorem.")
def command(run: str | None, socket_path: Path | None, theorem: str | None) -> int:
    """Watch a search: the path to the goal that is worked on, and what is tried there.

    RUN is a job of the running `prover serve`, by default the newest that runs, or the number of a run that `prover
    prove` has stored, whose searches are shown as they ended. Without a terminal the last state is printed.
    """
    console = consoles()[0]
    if run is not None and run.isdigit() and len(run) < 10:
        for title, log in stored_searches(int(run), theorem):
            watched = WatchedSearch(title, end="proved" if log.proved else "open")
            watched.view.add_all(events_of(log))
            console.print(drawn(watched, keys=False))
        return 0
    client = Client(socket_path or home().root / SOCKET_NAME)
    job = run or _newest(client)
    watch(console, WatchedSearch(f"job {job}"), client.events(job, search=True))
    return 0


def _newest(client: Client) -> str:
    jobs = client.jobs()
    running = [each["job"] for each in jobs if each["state"] == "running"] or [each["job"] for each in jobs]
    if not running:
        raise UsageError("The server has no job: start one, or name a stored run.")
    return str(running[-1])


def watch(console: Console, watched: WatchedSearch, events: Iterable[Event]) -> None:
    """Draws a search until it ends or the user has enough.

    Raises:
        ServerGone: the server is gone, or does not know the job.
    """
    if not console.is_terminal:
        for event in events:
            watched.take(event)
        console.print(drawn(watched, keys=False))
        return
    coming: SimpleQueue[Event | ServerGone] = SimpleQueue()
    Thread(target=_read, args=(events, coming), daemon=True).start()
    with _keys() as pressed, Live(drawn(watched), console=console, auto_refresh=False) as live:
        while watched.end is None:
            if not all(watched.press(key) for key in pressed()):
                return
            with suppress(Empty):
                while not watched.paused:
                    came = coming.get_nowait()
                    if isinstance(came, ServerGone):
                        raise came
                    watched.take(came)
            live.update(drawn(watched), refresh=True)
            time.sleep(1 / REDRAWS_PER_SECOND)


def _read(events: Iterable[Event], coming: "SimpleQueue[Event | ServerGone]") -> None:
    try:
        for event in events:
            coming.put(event)
    except ServerGone as error:
        coming.put(error)


@contextmanager
def _keys() -> Iterator[Any]:
    """Lets the terminal pass keys on as they are pressed; yields a function that returns those pressed since."""
    import termios
    import tty

    if not sys.stdin.isatty():
        yield lambda: ""
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)

    def pressed() -> str:
        found = ""
        while select.select([sys.stdin], [], [], 0)[0]:
            found += sys.stdin.read(1)
        return found

    try:
        yield pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
