"""Runs the `git` program so that it asks nobody, runs nobody's hooks, and ends in time. Keeps no state.

What git says is turned into one sentence: no such repository, no network, disk full, or its last words.
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

QUICK_S = 60.0
"""for questions to another computer"""
LONG_S = 3600.0
"""for a whole repository"""

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
"""what a hook of git's would hand on to us, and must not reach the git that we start"""

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
    """How a git command ended."""

    status: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def last_words(self) -> str:
        """What it complained of, without addresses' passwords."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        faults = [line for line in lines if line.lower().startswith(("fatal:", "error:"))]
        words = (faults or lines or [f"status {self.status}"])[-1]
        return without_secrets(re.sub(r"^(fatal|error): ", "", words, flags=re.I)).rstrip(".")

    def line_with(self, pattern: re.Pattern[str]) -> str:
        """The line of its complaint that a pattern finds, without addresses' passwords."""
        line = next(line for line in self.err.splitlines() if pattern.search(line))
        return without_secrets(re.sub(r"^(fatal|error|ssh): ", "", line.strip(), flags=re.I)).rstrip(".")


def git(
    *words: str | Path, directory: Path | None = None, seconds: float = QUICK_S, local_modules: bool = False
) -> GitResult:
    """Runs git and says how it ended.

    Args:
        directory: where it is run; nowhere in particular when not given.
        local_modules: submodules may lie on this computer, as they may in a repository that does.

    Raises:
        GitMissing: there is no git.
        TimeoutError: it did not end in time, and was killed with all that it had started.
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
        raise TimeoutError(f"git {words[0]} gave no answer for {seconds:.0f} s") from None
    finally:
        if process.poll() is None:
            _end(process)
    return GitResult(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def reached(
    address: str | Path, words: Sequence[str | Path], seconds: float = QUICK_S, directory: Path | None = None
) -> GitResult:
    """Runs a git command that asks another repository.

    Raises:
        CheckoutFailed: there is no such repository, or the disk is full.
        NoNetwork: its computer does not answer.
    """
    shown = without_secrets(str(address))
    try:
        said = git(*words, seconds=seconds, directory=directory)
    except TimeoutError:
        raise NoNetwork(f"{host_of(address)} gave no answer for {seconds:.0f} s: try {shown} again later.") from None
    if said.ok:
        return said
    if FULL.search(said.err):
        raise disk_full(directory)
    if NETWORK.search(said.err) and not on_this_computer(address) and "corruption" not in said.err:
        raise NoNetwork(f"{shown} cannot be reached ({said.line_with(NETWORK)}): check the network and the address.")
    if ABSENT.search(said.err):
        raise CheckoutFailed(
            f"There is no git repository {shown} that you may read: check the address and your rights."
        )
    return said


def disk_full(place: Path | None) -> CheckoutFailed:
    """What is said when there is no space for a checkout."""
    return CheckoutFailed(f"The disk is full at {place}: free some space and start again, nothing is left half done.")


def _environment() -> dict[str, str]:
    """The user's own environment, handed on, with what keeps git from asking."""
    kept = {key: value for key, value in os.environ.items() if key not in INHERITED}
    silent = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "GIT_LFS_SKIP_SMUDGE": "1"}
    plain = {"LC_ALL": "C", "LANGUAGE": "", "GIT_OPTIONAL_LOCKS": "0"}
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=30"} | kept | silent | plain


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends git and what it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.communicate()
