"""What a build says of its length and of how far it is, with a clock of the test."""

from pathlib import Path

import pytest

from prover.project.build_progress import INITIAL_SPEED, BuildProgress, compiled_bytes, duration, known_speed, weight
from prover.project.package import Module


class Listener:
    """Hears notes and progress, and has a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.notes: list[str] = []
        self.fractions: list[float] = []

    def progress(self, step: str, fraction: float) -> None:
        self.fractions.append(fraction)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def modules(root: Path, count: int, size: int, package: str = "mathlib") -> list[Module]:
    made = []
    for index in range(count):
        file = root / f"M{index}.lean"
        file.write_text("x" * size)
        made.append(Module(f"M{index}", file, package=package))
    return made


def report(listener: Listener, root: Path, waiting: list[Module], jobs: int = 2) -> BuildProgress:
    return BuildProgress(
        waiting, jobs, root / "cache", listener.notes.append, listener.progress, clock=lambda: listener.now
    )


def test_a_short_build_says_nothing(listener: Listener, tmp_path: Path) -> None:
    found = report(listener, tmp_path, modules(tmp_path, 3, 100))
    found.announce()
    for module in found.waiting:
        listener.now += 100.0
        found.finished(module, ok=True)
    assert not found.is_long
    assert (listener.notes, listener.fractions) == ([], [])


def test_a_long_build_is_announced_in_one_sentence(listener: Listener, tmp_path: Path) -> None:
    waiting = modules(tmp_path, 200, 6_000)
    found = report(listener, tmp_path, waiting)
    found.announce()
    (note,) = listener.notes
    expected = duration(sum(map(weight, waiting)) / INITIAL_SPEED / 2)
    assert note.startswith(f"200 modules of mathlib have to be compiled first, which takes about {expected} with 2")
    assert note.endswith("with elan, Lake downloads Mathlib compiled, which is the fast way.")


def test_without_mathlib_elan_is_not_named(listener: Listener, tmp_path: Path) -> None:
    report(listener, tmp_path, modules(tmp_path, 200, 6_000, package="")).announce()
    assert "of the repository have" in listener.notes[0]
    assert "elan" not in listener.notes[0]


def test_what_is_left_is_said_once_a_minute(listener: Listener, tmp_path: Path) -> None:
    waiting = modules(tmp_path, 200, 6_000)
    found = report(listener, tmp_path, waiting)
    for index, module in enumerate(waiting[:100]):
        listener.now += 6.0
        found.finished(module, ok=index != 3)
    assert len(listener.notes) == 10
    assert listener.notes[0].endswith("about 10 minutes left")  # 19 by the first ten modules, 8 by earlier builds
    assert listener.notes[-1] == "compiled 100 of 200 modules, 1 with errors; about 8 minutes left"
    assert listener.fractions[-1] == pytest.approx(0.5)


def test_modules_that_were_compiled_before_do_not_count(listener: Listener, tmp_path: Path) -> None:
    waiting = modules(tmp_path, 200, 6_000)
    found = report(listener, tmp_path, waiting[:199])
    found.finished(waiting[199], ok=True)
    found.finished(waiting[0], ok=True)
    found.finished(waiting[0], ok=True)
    assert found.compiled == 1


def test_the_speed_of_a_build_is_remembered(listener: Listener, tmp_path: Path) -> None:
    waiting = modules(tmp_path, 10, 6_000)
    found = report(listener, tmp_path, waiting, jobs=1)
    for module in waiting:
        listener.now += 10.0
        found.finished(module, ok=True)
    found.measure()
    assert known_speed(tmp_path / "cache") == pytest.approx((INITIAL_SPEED + 1_000) / 2)


def test_a_damaged_record_of_the_speed_is_not_believed(listener: Listener, tmp_path: Path) -> None:
    (tmp_path / "build-speed.json").write_text("{")
    assert known_speed(tmp_path) == INITIAL_SPEED


def test_a_short_build_says_nothing_of_the_speed(listener: Listener, tmp_path: Path) -> None:
    found = report(listener, tmp_path, modules(tmp_path, 1, 10))
    listener.now = 1.0
    found.finished(found.waiting[0], ok=True)
    found.measure()
    assert known_speed(tmp_path / "cache") == INITIAL_SPEED


def test_a_file_that_is_gone_takes_no_space(tmp_path: Path) -> None:
    assert compiled_bytes([Module("A", tmp_path / "gone.lean")]) == 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(10, "a minute"), (90, "2 minutes"), (7_000, "117 minutes"), (9_000, "2.5 hours")]
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
