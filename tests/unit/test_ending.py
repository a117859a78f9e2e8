"""A program ends on a signal, whatever its main thread and its other threads are doing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
BEGIN = """
import hashlib, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
from prover.app.ending import end_on_signals
end_on_signals()

def child():
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(process.pid, flush=True)
    process.wait()

"""
IN_ORDER = """
try:
    print("begun", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("in order", flush=True)
    sys.exit(7)
"""
WAITS_FOR_A_THREAD = """
with ThreadPoolExecutor(1) as executor:
    executor.submit(child)
    time.sleep(600)
"""
WAITS_FOR_A_THREAD_THAT_BEGINS_AGAIN = """
def again():
    while True:
        child()

with ThreadPoolExecutor(1) as executor:
    executor.submit(again)
    time.sleep(600)
"""
IN_A_LIBRARY = """
print("begun", flush=True)
hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2_000_000_000)
"""


def started(script: str) -> "tuple[subprocess.Popen[str], str]":
    """A process that has printed a line, and that line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BEGIN + script]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def is_computing(pid: int) -> None:
    """Waits until the process has computed for a while: then it is inside the library, not on the way there."""
    process = psutil.Process(pid)
    begun = process.cpu_times().user
    while process.cpu_times().user < begun + 0.3:
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_ends_in_order_is_not_disturbed(number: signal.Signals) -> None:
    process, _ = started(IN_ORDER)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == ("in order\n", 7)


def test_a_thread_that_waits_for_a_child_goes_on_when_the_child_is_killed() -> None:
    process, child = started(WAITS_FOR_A_THREAD)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    assert not psutil.pid_exists(int(child))


@pytest.mark.slow
@pytest.mark.parametrize("script", [WAITS_FOR_A_THREAD_THAT_BEGINS_AGAIN, IN_A_LIBRARY])
def test_what_does_not_end_by_itself_is_ended(script: str) -> None:
    process, said = started(script)
    if script == IN_A_LIBRARY:
        is_computing(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "interrupted\n"
    children = {int(line) for line in (said, *out.split()) if line.isdigit()}
    left = [process for process in psutil.process_iter() if process.pid in children]
    psutil.wait_procs(left, timeout=5)
    assert not any(process.is_running() for process in left)
