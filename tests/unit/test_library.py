"""Reading a toolchain's library: once, by one at a time, and continued where it was interrupted."""

import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from rich.console import Console

from prover.cli.output import LINE_INTERVAL_S, Steps
from prover.errors import LeanDied
from prover.lean.protocol import LibraryModule
from prover.lean.toolchain.toolchain import Toolchain
from prover.progress import no_progress
from prover.project.library import ATTEMPTS, library_name, read_library
from tests.unit.test_pool import TOOLCHAIN

NAMES = [f"Init.M{number}" for number in range(250)]


@dataclass
class FakeLean:
    """Lists the modules of a library; ends, or is interrupted, after so many in each session."""

    lasts: list[int | BaseException]
    asked: list[int] = field(default_factory=list)
    """How many modules each session was asked for."""
    ended: int = 0

    def __call__(self, _: Toolchain) -> "FakeLean":
        return self

    def library(
        self, imports: Sequence[str], below: Sequence[str] = (), known: Sequence[str] = ()
    ) -> Iterator[LibraryModule]:
        wanted = [name for name in NAMES if name not in known]
        self.asked.append(len(wanted))
        last = self.lasts.pop(0) if self.lasts else len(NAMES)
        for number, name in enumerate(wanted):
            if isinstance(last, BaseException) and number == 120:
                raise last
            if number == last:
                raise LeanDied("it ended")
            yield LibraryModule(name, (), ())

    def end(self) -> None:
        self.ended += 1


def test_an_interrupted_reading_is_continued(tmp_path: Path) -> None:
    lean = FakeLean([KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt):
        read_library(TOOLCHAIN, ["Init"], tmp_path / "library", no_progress, lean)
    found = read_library(TOOLCHAIN, ["Init"], tmp_path / "library", no_progress, lean)
    assert [module.module for module in found] == NAMES
    assert (lean.asked, lean.ended) == ([250, 130], 2)
    again = read_library(TOOLCHAIN, ["Init"], tmp_path / "library", no_progress, FakeLean([0]))
    assert again == found
    assert not list((tmp_path / "library").glob("*.unfinished"))


def test_a_death_of_lean_costs_no_module(tmp_path: Path) -> None:
    lean = FakeLean([100, 100])
    found = read_library(TOOLCHAIN, ["Init"], tmp_path, no_progress, lean)
    assert [module.module for module in found] == NAMES
    assert lean.asked == [250, 150, 50]
    with pytest.raises(LeanDied):
        read_library(TOOLCHAIN, ["Std"], tmp_path, no_progress, FakeLean([0] * ATTEMPTS))


def test_two_at_once_read_it_once(tmp_path: Path) -> None:
    lean = FakeLean([])
    found: list[list[LibraryModule]] = []
    threads = [
        threading.Thread(target=lambda: found.append(read_library(TOOLCHAIN, ["Init"], tmp_path, no_progress, lean)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(each) for each in found] == [250] * 4
    assert lean.asked == [250]


def test_another_installation_of_the_same_lean_has_the_same_library(tmp_path: Path) -> None:
    read_library(TOOLCHAIN, ["Init"], tmp_path, no_progress, FakeLean([]))
    other = replace(TOOLCHAIN, name="lean-y")
    assert len(read_library(other, ["Init"], tmp_path, no_progress, FakeLean([0]))) == len(NAMES)
    newer = replace(TOOLCHAIN, commit="0123abcd")
    assert library_name(newer) != library_name(TOOLCHAIN) == library_name(other)


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal() -> None:
    now, text = [0.0], io.StringIO()
    steps = Steps(Console(file=text, width=80), clock=lambda: now[0])
    for second in range(int(3 * LINE_INTERVAL_S)):
        now[0] = float(second)
        steps("read", second / (3 * LINE_INTERVAL_S))
    assert text.getvalue().splitlines() == ["read …", "read: 33%", "read: 67%"]
