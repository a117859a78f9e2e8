"""What tests ask of the operating system's processes."""

import time

import psutil

PATIENCE_S = 10.0
"""a killed process ends when the machine comes to it"""


def ends(pid: int) -> bool:
    """Whether a process is gone, or only waits to be buried, within `PATIENCE_S`."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False
