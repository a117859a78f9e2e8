"""Patches of found proofs: written as files, and published by a command where the configuration has one."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from prover.app.daemon.log import JsonLog
from prover.app.environment import home
from prover.lean.module_name import parts_of
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from curriculum.daemon.configuration import DaemonConfig
    from curriculum.lifelong.executor import AttemptResult

PUBLISH_S = 120
"""The time limit of the publishing command, in seconds."""
MAX_STDERR_CHARACTERS = 300


class Patches:
    """Writes each found proof as a patch, and publishes it as configured."""

    def __init__(self, configuration: "DaemonConfig", log: JsonLog) -> None:
        self._publish = configuration.publish
        chosen = configuration.daemon.patches
        self._directory = Path(chosen).expanduser() if chosen else home().root / "patches"
        self._log = log

    def write(self, location: str, result: "AttemptResult") -> Path | None:
        """Writes a patch and returns its file; None without a proof. Write errors are logged: the proof is stored."""
        if not result.patch:
            return None
        patch = f"{self._publish.disclosure}\n---\n{result.patch}"
        name = location.rstrip("/").rsplit("/", 1)[-1] or "repository"
        module = (parts_of(result.request.module) or ("proof",))[-1]
        file = self._directory / name / f"{module}-{sha256(patch.encode()).hexdigest()[:12]}.patch"
        try:
            write_atomically(file, patch)
        except OSError as error:
            self._log("patch_failed", file=str(file), error=error.strerror)
            return None
        self._log("patch_written", file=str(file))
        return file

    def publish(self, location: str, patch: Path) -> None:
        """Runs the publishing command on a patch, if there is one."""
        if self._publish.command:
            self._run([*self._publish.command, str(patch), location])

    def _run(self, words: list[str]) -> None:
        try:
            status, stderr = _run_to_end(words)
            event = "publish_failed" if status else "published"
            self._log(event, command=words[0], status=status, stderr=stderr[-MAX_STDERR_CHARACTERS:])
        except (OSError, subprocess.TimeoutExpired) as error:
            self._log("publish_failed", command=words[0], error=str(error))


def _run_to_end(words: Sequence[str]) -> tuple[int, str]:
    """Runs a command, and returns its exit status and its standard error. Ends its children if interrupted."""
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=pipe, start_new_session=True) as process:
        try:
            _, stderr = process.communicate(timeout=PUBLISH_S)
        except BaseException:  # its time is over, or the daemon is to stop
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, stderr.decode(errors="replace")
