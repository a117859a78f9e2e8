"""Steps, their resumption, the lock and the final rename, with steps that write small files."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from prover.errors import InstallFailed
from prover.lean.toolchain.staging import (
    RECORD,
    UNFINISHED,
    WAITING,
    InstallStep,
    Staging,
    StepProgress,
    damage,
    intact,
    make_once,
    staging_of,
)
from prover.progress import no_progress


class Work:
    """Two steps that count how often they are done; the second copies what the first has written."""

    def __init__(self, fail: Exception | None = None) -> None:
        self.done: list[str] = []
        self.fail = fail

    def steps(self, staging: Staging) -> Sequence[InstallStep]:
        def first(out: Path, progress: StepProgress) -> None:
            self.done.append("first")
            (out / "text").write_text("words")
            progress(0.5)

        def second(out: Path, progress: StepProgress) -> None:
            self.done.append("second")
            (out / "half").write_text("half")
            if self.fail:
                raise self.fail
            (out / "copy").write_text((staging.result("write it") / "text").read_text())

        return InstallStep("write it", first), InstallStep("copy it", second)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "place" / "made"


def test_the_result_of_the_last_step_is_what_is_made(target: Path) -> None:
    make_once(target, Work().steps, no_progress)
    assert sorted(file.name for file in target.iterdir()) == ["copy", "half", RECORD]
    assert (target / "copy").read_text() == "words"
    assert intact(target)
    assert not staging_of(target).root.exists()


def test_what_is_made_is_not_made_again(target: Path) -> None:
    work = Work()
    make_once(target, work.steps, no_progress)
    make_once(target, work.steps, no_progress)
    assert work.done == ["first", "second"]


def test_a_failed_step_is_done_again_and_the_finished_ones_are_not(target: Path) -> None:
    failing, work = Work(InstallFailed("no")), Work()
    with pytest.raises(InstallFailed, match="no"):
        make_once(target, failing.steps, no_progress)
    assert not target.exists()
    make_once(target, work.steps, no_progress)
    assert work.done == ["second"]
    assert intact(target)


def test_progress_is_told_in_order(target: Path) -> None:
    received: list[tuple[str, float]] = []
    make_once(target, Work().steps, lambda name, fraction: received.append((name, fraction)))
    assert received == [("write it", 0), ("write it", 0.5), ("write it", 1), ("copy it", 0), ("copy it", 1)]


@pytest.mark.parametrize(
    "harm",
    [
        lambda place: (place / "copy").unlink(),
        lambda place: (place / "copy").write_text("wor"),
        lambda place: (place / RECORD).unlink(),
        lambda place: (place / RECORD).write_text("{"),
    ],
)
def test_what_is_damaged_is_made_again(target: Path, harm: Callable[[Path], object]) -> None:
    make_once(target, Work().steps, no_progress)
    harm(target)
    assert damage(target)
    make_once(target, Work().steps, no_progress)
    assert damage(target) is None
    assert (target / "copy").read_text() == "words"


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "cannot be written to"), (errno.EIO, "could not be made")],
)
def test_what_the_system_refuses_is_explained(target: Path, number: int, says: str) -> None:
    with pytest.raises(InstallFailed, match=says):
        make_once(target, Work(OSError(number, os.strerror(number))).steps, no_progress)


def test_a_step_that_leaves_the_disk_full_is_not_finished(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("prover.lean.toolchain.staging.MIN_FREE_BYTES", 2**80)
        with pytest.raises(InstallFailed, match="disk is full"):
            make_once(target, Work().steps, no_progress)
    work = Work()
    make_once(target, work.steps, no_progress)
    assert work.done == ["first", "second"]


def test_a_place_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "place").write_text("")
    with pytest.raises(InstallFailed, match="place"):
        make_once(tmp_path / "place" / "made", Work().steps, no_progress)


KILLED = """
import sys, time
from pathlib import Path
from prover.lean.toolchain.staging import InstallStep, make_once
from prover.progress import no_progress
def first(out, progress): (out / "text").write_text("words")
def second(out, progress):
    (out / "copy").write_text("wo")
    print("half way", flush=True)
    time.sleep(60)
steps = [InstallStep("write it", first), InstallStep("copy it", second)]
make_once(Path(sys.argv[1]), lambda staging: steps, no_progress)
"""


def half_way(target: Path) -> subprocess.Popen[str]:
    """A process in the middle of its second step."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "half way\n"
    return process


def test_a_killed_process_is_taken_over_from(target: Path) -> None:
    with half_way(target) as process:
        process.send_signal(signal.SIGKILL)
    assert list(staging_of(target).root.glob(UNFINISHED + "*"))
    work = Work()
    make_once(target, work.steps, no_progress)
    assert work.done == ["second"]
    assert json.loads((target / RECORD).read_text()) == {"copy": 5, "half": 4}


def test_a_second_process_waits_for_the_first(target: Path) -> None:
    received: list[str] = []
    work = Work()
    with half_way(target) as process:
        second = threading.Thread(target=make_once, args=(target, work.steps, lambda name, _: received.append(name)))
        second.start()
        while not received:
            time.sleep(0.01)
        assert received == [WAITING]
        assert work.done == []
        process.kill()
        second.join(timeout=20)
    assert work.done == ["second"]


def test_two_at_once_do_the_work_once(target: Path) -> None:
    work = Work()
    threads = [threading.Thread(target=make_once, args=(target, work.steps, no_progress)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert work.done == ["first", "second"]
