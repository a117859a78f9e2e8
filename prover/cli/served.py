"""Lets a running `prover serve` do what a command asks for, where its results are the same."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from prover.app.locating import IN_MODULE, PLACE
from prover.app.report import Report, TheoremReport
from prover.errors import ServerGone
from prover.progress import Notify
from prover.project.layout import enclosing_repository

if TYPE_CHECKING:
    from prover.app.served_run import RunArguments
    from prover.server.client import Client


def served_report(
    arguments: "RunArguments", home: Path, notify: Notify, each: Callable[[TheoremReport], None]
) -> Report | None:
    """Returns the report of a run that the server of a home directory does.

    Returns None if there is no such server, or if it cannot do it: then whoever asks does it.

    Args:
        each: receives the result for each theorem as soon as it is known.
    """
    from prover.server.client import running_server

    root = Path(arguments.path)
    if not _means_the_same(arguments, root) or (server := running_server(home)) is None:
        return None
    try:
        return _followed(server, arguments, notify, each)
    except ServerGone as error:
        notify(f"{error}: the work is done without it")
        return None


def _followed(
    server: "Client", arguments: "RunArguments", notify: Notify, each: Callable[[TheoremReport], None]
) -> Report | None:
    from prover.app.served_run import RUN, RunResult

    job = server.start(RUN.name, msgspec.to_builtins(arguments))
    theorems: list[TheoremReport] = []
    try:
        for event in server.events(job):
            match event.kind:
                case "note":
                    notify(event.value)
                case "found":
                    theorems.append(msgspec.convert(event.value, TheoremReport))
                    each(theorems[-1])
                case "end" if event.value["state"] == "done":
                    return msgspec.convert(event.value["result"], RunResult).report
                case "end":
                    error = event.value.get("error") or {}
                    raise ServerGone(f"the server ended the job: {error.get('message', event.value['state'])}")
    except KeyboardInterrupt:
        server.cancel(job)
        toolchain = theorems[-1].toolchain if theorems else ""
        return Report(arguments.path, toolchain, theorems, interrupted=True)
    return None


def _means_the_same(arguments: "RunArguments", root: Path) -> bool:
    """Returns whether the server would read the arguments as this process does."""
    if not root.is_dir() or enclosing_repository(root / "a") != root:
        return False
    places = (PLACE.fullmatch(each) or IN_MODULE.fullmatch(each) for each in arguments.theorems)
    files = (match[1] for match in places if match is not None and match[1].endswith(".lean"))
    return all((root / file).is_file() for file in files)
