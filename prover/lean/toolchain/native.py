"""Finds the Lean of this computer's own, as elan or a package manager installs it. Installs nothing itself.

elan's `lean` looks for a `lean-toolchain` file from its directory upwards, and downloads the toolchain
that is named there if it is not installed. So it is asked in the repository's directory, and what it
answers for is then used directly: from there on neither elan nor the directory matters.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from prover.errors import NativeLeanFailed
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.toolchain import NativeToolchain

ANSWER_S = 30.0
DOWNLOAD_S = 900.0
"""How long elan may take for its first answer: it may have to download a toolchain of 300 MB."""
VERSION = re.compile(r"Lean \(version ([^,)\s]+)(?:, ([^,)]*))?(?:, commit ([0-9a-f]+))?")
PINNED = re.compile(r"(?:[\w.-]+/[\w.-]+:)?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)")
MEND = "mend it or take it off PATH"


@dataclass(frozen=True)
class NativeSearch:
    """How a `lean` is asked."""

    directory: Path | None = None
    """where; elan serves what is pinned there"""
    search: str | None = None
    """directories as PATH writes them; the process's own PATH when not given"""
    download_s: float = DOWNLOAD_S
    """how long elan may take to download a toolchain"""


def find_native(home: Home, asking: NativeSearch = NativeSearch()) -> NativeToolchain | None:
    """The `lean` on PATH, or beside the `elan` or `lake` there; nothing when there is none.

    Args:
        home: in whose caches main files are written.
        asking: where and how it is asked.

    Raises:
        NativeLeanFailed: there is one, but it does not say its version; or elan cannot provide the one
            that is pinned.
    """
    lean = lean_on_path(asking.search)
    if lean is None:
        return None
    said = _version(lean, asking)
    match = VERSION.match(said)
    if match is None:
        raise NativeLeanFailed(f"{lean} says {said!r} when asked for its version: {MEND}.")
    version, platform, commit = match.groups()
    prefix = _answer(lean, "--print-prefix", _ask(lean, "--print-prefix", asking, ANSWER_S))
    library = _answer(lean, "--print-libdir", _ask(lean, "--print-libdir", asking, ANSWER_S))
    return NativeToolchain(
        lean=_in_prefix(prefix, "lean") or lean,
        lean_version=version,
        commit=(commit or "unknown")[:8],
        platform=platform or "unknown platform",
        library=Path(library),
        mains=home.caches / "mains",
        lake=_in_prefix(prefix, "lake") or _lake(lean, asking.search),
    )


def lean_on_path(search: str | None = None) -> Path | None:
    """Where `lean` is, without starting it."""
    if lean := shutil.which("lean", path=search):
        return Path(lean)
    for companion in ("elan", "lake"):
        if (found := shutil.which(companion, path=search)) and (lean_there := Path(found).with_name("lean")).is_file():
            return lean_there
    return None


def pinned_version(pin: str) -> str | None:
    """The version that a `lean-toolchain` file names, such as `4.28.0`; nothing for `stable` or a nightly build."""
    match = PINNED.fullmatch(pin.strip())
    return match[1] if match else None


def is_served_by(pin: str | None, version: str) -> bool:
    """Whether a Lean of that version is what a repository asks for, as far as its pin says."""
    wanted = pinned_version(pin) if pin is not None else None
    return wanted is None or wanted == version


def _version(lean: Path, asking: NativeSearch) -> str:
    """What it answers first. elan may have to download it for that."""
    served_by_elan = lean.with_name("elan").is_file()
    match _ask(lean, "--version", asking, asking.download_s if served_by_elan else ANSWER_S):
        case NoAnswer(reason) if served_by_elan:
            where = f" for {asking.directory}" if asking.directory else ""
            raise NativeLeanFailed(
                f"elan does not provide a Lean{where} ({reason}): mend the network, or install it with elan."
            )
        case answer:
            return _answer(lean, "--version", answer)


def _answer(lean: Path, question: str, answer: "str | NoAnswer") -> str:
    """The answer.

    Raises:
        NativeLeanFailed: there is none.
    """
    if isinstance(answer, NoAnswer):
        raise NativeLeanFailed(f"{lean} {question} failed ({answer.reason}): {MEND}.")
    return answer


def _in_prefix(prefix: str, program: str) -> Path | None:
    """A program of the installation that `lean` says it belongs to."""
    place = Path(prefix) / "bin" / program
    return place if prefix and os.access(place, os.X_OK) else None


def _lake(lean: Path, search: str | None) -> Path | None:
    if os.access(beside := lean.with_name("lake"), os.X_OK):
        return beside
    found = shutil.which("lake", path=search)
    return Path(found) if found else None


@dataclass(frozen=True)
class NoAnswer:
    """A `lean` was asked and did not answer."""

    reason: str
    """in a few words, its own where it said any"""


def _ask(lean: Path, question: str, asking: NativeSearch, seconds: float) -> str | NoAnswer:
    """The first line that `lean` answers."""
    try:
        answer = subprocess.run(
            [lean, question],
            cwd=asking.directory,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return NoAnswer(f"no answer within {seconds:g} s")
    except OSError as error:
        return NoAnswer(f"it does not run: {error.strerror or error}")
    if answer.returncode:
        return NoAnswer(_complaint(answer.stderr))
    return next(iter(answer.stdout.strip().splitlines()), "")


def _complaint(said: str) -> str:
    """The line that says what is wrong, or else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("error:")), lines[-1] if lines else "it said nothing")
