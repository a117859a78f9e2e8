"""How a program ends on SIGINT or SIGTERM: in order if that is quick, and within five seconds whatever it is doing."""

import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_INTERRUPTED = 130
ORDERLY_S = 1.0
"""The seconds after which child processes are killed, so that whatever waits for them goes on."""
END_S = 3.5
"""The seconds after which the program is ended where it is. What it stores, it stores whole or not at all."""
KILL_INTERVAL_S = 0.2
SHOW_CURSOR = "\x1b[?25h"
"""What a terminal needs to be told when a progress bar could not be ended."""


def end_on_signals() -> None:
    """Makes the program end within five seconds of SIGINT or SIGTERM. For the main thread.

    The signal raises `KeyboardInterrupt` in the main thread, and later ones are ignored, so that nothing interrupts
    the ending. A thread learns of the signal from the interpreter itself, because the main thread may be in a library
    that does not return for minutes, or wait for a thread that waits for Lean.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    threading.Thread(target=_end_in_time, args=(reading,), name="ending", daemon=True).start()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:
        signal.signal(number, _ignore)
    raise KeyboardInterrupt


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Does nothing; unlike `SIG_IGN`, it is not inherited by child processes."""


def _end_in_time(reading: int) -> None:
    """Waits for a signal, and ends the program if it has not ended by itself soon after."""
    while not set(os.read(reading, 1)) & set(SIGNALS):
        continue
    end = time.monotonic() + END_S
    time.sleep(ORDERLY_S)
    while time.monotonic() < end:
        kill_children()
        time.sleep(KILL_INTERVAL_S)
    _say_interrupted()
    _end_with_children()


def kill_children() -> None:
    """Kills all child processes and their children: Lean, git, and whatever else runs."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()


def _end_with_children() -> NoReturn:
    """Ends the program with all that it started.

    Between the first kill and the end no other thread runs: one that waited for a child would start the next.
    """
    import psutil

    children = [child.pid for child in psutil.Process().children(recursive=True)]
    sys.setswitchinterval(END_S)
    for child in children:
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
    os._exit(EXIT_INTERRUPTED)


def _say_interrupted() -> None:
    """Writes directly to standard error, whose buffer another thread may hold."""
    with contextlib.suppress(OSError, ValueError):
        stream = sys.stderr.fileno()
        os.write(stream, f"{SHOW_CURSOR if os.isatty(stream) else ''}interrupted\n".encode())
