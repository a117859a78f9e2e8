"""Runs the `git` program without prompts, without hooks and with a time limit. Keeps no state.

Git's errors become one sentence: no such repository, no network, disk full, or git's own last line.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import CheckoutFailed, GitMissing, NoNetwork
from prover.project.location import host_of, on_this_computer, without_secrets

QUERY_TIMEOUT_S = 60.0
"""The time limit for queries of another host."""
FETCH_TIMEOUT_S = 3600.0
"""The time limit for fetching a repository."""

SETTINGS = {
    "advice.detachedHead": "false",
    "core.askPass": "",
    "core.autocrlf": "false",  # positions are bytes of what was committed
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
    "filter.lfs.smudge": "",
    "gc.auto": "0",
    "http.lowSpeedLimit": "500",
    "http.lowSpeedTime": "60",
    "maintenance.auto": "false",
    "protocol.ext.allow": "never",
}
INHERITED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE")
"""Variables that a git hook sets for its children and that must not reach the git started here."""

NETWORK = re.compile(
    r"could not resolve|couldn't resolve|name resolution|name or service not known|failed to connect|"
    r"could not connect|couldn't connect|connection (refused|timed out|reset|closed)|network is unreachable|"
    r"no route to host|operation timed out|operation too slow|hung up unexpectedly|early eof|ssl_|gnutls",
    re.I,
)
ABSENT = re.compile(
    r"not found|does not exist|does not appear to be a git repository|could not read (username|password)|"
    r"authentication failed|permission denied|terminal prompts disabled|access denied|returned error: 40[134]",
    re.I,
)
FULL = re.compile(r"no space left|disk quota exceeded", re.I)


@dataclass(frozen=True)
class GitResult:
    """How a git command ended, and its output."""

    status: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Returns whether the command succeeded."""
        return self.status == 0

    @property
    def last_words(self) -> str:
        """The error that it reported, without passwords in addresses."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        faults = [line for line in lines if line.lower().startswith(("fatal:", "error:"))]
        words = (faults or lines or [f"status {self.status}"])[-1]
        return without_secrets(re.sub(r"^(fatal|error): ", "", words, flags=re.I)).rstrip(".")

    def line_with(self, pattern: re.Pattern[str]) -> str:
        """Returns the line of its errors that a pattern matches, without passwords in addresses."""
        line = next(line for line in self.err.splitlines() if pattern.search(line))
        return without_secrets(re.sub(r"^(fatal|error|ssh): ", "", line.strip(), flags=re.I)).rstrip(".")


def git(
    *words: str | Path, directory: Path | None = None, seconds: float = QUERY_TIMEOUT_S, local_modules: bool = False
) -> GitResult:
    """Runs git and returns how it ended.

    Args:
        directory: its working directory.
        local_modules: whether submodules may be local, as in a local repository.

    Raises:
        GitMissing: Git is not installed.
        TimeoutError: It did not end in time and was killed with its children.
    """
    program = shutil.which("git")
    if program is None:
        raise GitMissing("There is no `git` on this computer's PATH: install it to read repositories at a revision.")
    settings = SETTINGS | ({"protocol.file.allow": "always"} if local_modules else {})
    options = [option for key, value in settings.items() for option in ("-c", f"{key}={value}")]
    process = subprocess.Popen(
        [program, *options, *map(str, words)],
        cwd=directory,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # no terminal to ask at, and one group to kill
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"git {words[0]} did not end within {seconds:.0f} s") from None
    finally:
        if process.poll() is None:
            _end(process)
    return GitResult(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def reached(
    address: str | Path, words: Sequence[str | Path], seconds: float = QUERY_TIMEOUT_S, directory: Path | None = None
) -> GitResult:
    """Runs a git command that reads another repository.

    Raises:
        CheckoutFailed: There is no such repository, or the disk is full.
        NoNetwork: Its host does not answer.
    """
    shown = without_secrets(str(address))
    try:
        result = git(*words, seconds=seconds, directory=directory)
    except TimeoutError:
        raise NoNetwork(f"{host_of(address)} did not answer within {seconds:.0f} s: try {shown} again later.") from None
    if result.ok:
        return result
    if FULL.search(result.err):
        raise disk_full(directory)
    if NETWORK.search(result.err) and not on_this_computer(address) and "corruption" not in result.err:
        raise NoNetwork(f"{shown} cannot be reached ({result.line_with(NETWORK)}): check the network and the address.")
    if ABSENT.search(result.err):
        raise CheckoutFailed(
            f"There is no git repository {shown} that you may read: check the address and your rights."
        )
    return result


def disk_full(place: Path | None) -> CheckoutFailed:
    """Returns the error for a full disk."""
    return CheckoutFailed(f"The disk is full at {place}: free some space and start again, nothing is incomplete.")


def _environment() -> dict[str, str]:
    """Returns the user's environment with settings that prevent prompts."""
    inherited = {key: value for key, value in os.environ.items() if key not in INHERITED}
    silent = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "GIT_LFS_SKIP_SMUDGE": "1"}
    plain = {"LC_ALL": "C", "LANGUAGE": "", "GIT_OPTIONAL_LOCKS": "0"}
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=30"} | inherited | silent | plain


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills git and its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.communicate()
