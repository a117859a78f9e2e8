"""Finds a native Lean, as elan or a package manager installs it. Installs nothing itself.

elan's `lean` looks for a `lean-toolchain` file in its working directory and those above, and downloads the toolchain
that is named there if it is not installed. It is therefore queried in the repository's directory, and the installation
that it reports is then used directly, without elan and independently of the directory.
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
"""The time limit for elan's first answer, which may include downloading a toolchain of 300 MB."""
VERSION = re.compile(r"Lean \(version ([^,)\s]+)(?:, ([^,)]*))?(?:, commit ([0-9a-f]+))?")
PINNED = re.compile(r"(?:[\w.-]+/[\w.-]+:)?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)")
REMEDY = "repair it or remove it from PATH"


@dataclass(frozen=True)
class NativeSearch:
    """How a `lean` is found and queried."""

    directory: Path | None = None
    """The working directory; elan provides the version that is pinned there."""
    search: str | None = None
    """Directories in the format of PATH; None for the process's own PATH."""
    download_s: float = DOWNLOAD_S
    """The time limit for elan to download a toolchain, in seconds."""


def find_native(home: Home, query: NativeSearch = NativeSearch()) -> NativeToolchain | None:
    """Returns the `lean` on PATH, or the one in the directory of the `elan` or `lake` there; None if there is none.

    Args:
        home: main files are written to its caches.
        query: where and how it is queried.

    Raises:
        NativeLeanFailed: There is one that does not report its version, or elan cannot provide the pinned version.
    """
    lean = lean_on_path(query.search)
    if lean is None:
        return None
    answer = _version(lean, query)
    match = VERSION.match(answer)
    if match is None:
        raise NativeLeanFailed(f"{lean} --version printed {answer!r}: {REMEDY}.")
    version, platform, commit = match.groups()
    prefix = _answer(lean, "--print-prefix", _ask(lean, "--print-prefix", query, ANSWER_S))
    library = _answer(lean, "--print-libdir", _ask(lean, "--print-libdir", query, ANSWER_S))
    return NativeToolchain(
        lean=_in_prefix(prefix, "lean") or lean,
        lean_version=version,
        commit=(commit or "unknown")[:8],
        platform=platform or "unknown platform",
        library=Path(library),
        mains=home.caches / "mains",
        lake=_in_prefix(prefix, "lake") or _lake(lean, query.search),
    )


def lean_on_path(search: str | None = None) -> Path | None:
    """Returns the path of `lean`, without running it."""
    if lean := shutil.which("lean", path=search):
        return Path(lean)
    for companion in ("elan", "lake"):
        if (found := shutil.which(companion, path=search)) and (lean_there := Path(found).with_name("lean")).is_file():
            return lean_there
    return None


def pinned_version(pin: str) -> str | None:
    """Returns the version that a `lean-toolchain` file names, such as `4.28.0`; None for `stable` or a nightly."""
    match = PINNED.fullmatch(pin.strip())
    return match[1] if match else None


def is_served_by(pin: str | None, version: str) -> bool:
    """Returns whether a version of Lean satisfies the pin of a repository; no pin is satisfied by every version."""
    pinned = pinned_version(pin) if pin is not None else None
    return pinned is None or pinned == version


def _version(lean: Path, query: NativeSearch) -> str:
    """Returns the answer to `--version`, for which elan may have to download a toolchain."""
    served_by_elan = lean.with_name("elan").is_file()
    match _ask(lean, "--version", query, query.download_s if served_by_elan else ANSWER_S):
        case NoAnswer(reason) if served_by_elan:
            where = f" for {query.directory}" if query.directory else ""
            raise NativeLeanFailed(
                f"elan does not provide a Lean{where} ({reason}): check the network, or install it with elan."
            )
        case answer:
            return _answer(lean, "--version", answer)


def _answer(lean: Path, question: str, answer: "str | NoAnswer") -> str:
    """Returns the answer to a question.

    Raises:
        NativeLeanFailed: There is no answer.
    """
    if isinstance(answer, NoAnswer):
        raise NativeLeanFailed(f"{lean} {question} failed ({answer.reason}): {REMEDY}.")
    return answer


def _in_prefix(prefix: str, program: str) -> Path | None:
    """Returns a program of the installation that `lean` reports as its own."""
    place = Path(prefix) / "bin" / program
    return place if prefix and os.access(place, os.X_OK) else None


def _lake(lean: Path, search: str | None) -> Path | None:
    if os.access(lake := lean.with_name("lake"), os.X_OK):
        return lake
    found = shutil.which("lake", path=search)
    return Path(found) if found else None


@dataclass(frozen=True)
class NoAnswer:
    """A `lean` did not answer a question."""

    reason: str
    """A few words, its own if it printed any."""


def _ask(lean: Path, question: str, query: NativeSearch, seconds: float) -> str | NoAnswer:
    """Returns the first line of the answer of `lean`."""
    try:
        answer = subprocess.run(
            [lean, question],
            cwd=query.directory,
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


def _complaint(output: str) -> str:
    """Returns the line with the error, or else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("error:")), lines[-1] if lines else "it printed nothing")
