"""The directory of a run: what was asked for, and a line for everything that came of it, as it comes.

A line is written whole and synchronised before the next trial begins, so a killed run has lost at most the
trials in hand. What a kill cuts short is the last line; it is left out, and its trial is run again.

    run.json         the manifest: benchmark, systems, seeds, toolchain; `Manifest`
    problems.jsonl   the problems, with digests; `ProblemLine`
    survey.jsonl     which of them run here; `SurveyLine`
    trials.jsonl     what each trial came to; `Trial`
    passages.jsonl   each time that the harness ran: how long, and how much of it was trials; `Passage`
    logs/            for each problem and trial every tactic that was run, compressed
    proofs/          each file as the gate accepted it
"""

import gzip
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import msgspec
from filelock import FileLock, Timeout

from prover.errors import RunError
from retrieval.files import write_atomically

VERSION = 1
MANIFEST, PROBLEMS, SURVEY, TRIALS, PASSAGES = (
    "run.json",
    "problems.jsonl",
    "survey.jsonl",
    "trials.jsonl",
    "passages.jsonl",
)
LONGEST_NAME = 150
PROMISE_BINS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""where the bins of a tactic's probability begin; the last ends at 1"""
T = TypeVar("T")


class Manifest(msgspec.Struct, frozen=True):
    """What was asked for. All of it must be the same for a run to be gone on with, but for `made_with`."""

    benchmark: str
    split: str
    source: str
    """the path or address that the problems were read from"""
    commit: str
    """of the dataset; empty where it is not known"""
    digest: str
    """of all problems"""
    problems: int
    systems: tuple[Mapping[str, Any], ...]
    """settings of each, ours first"""
    passes: int
    temperature: float
    seed: int
    toolchain: str
    project: str = ""
    """the repository whose packages the statements may import, if there is one"""
    made_with: Mapping[str, str] = {}
    """versions and machine, for the reader"""
    version: int = VERSION

    def differences(self, other: "Manifest") -> list[str]:
        """The fields in which two runs differ, those for the reader aside."""
        return [
            field
            for field in self.__struct_fields__
            if field not in ("made_with", "source") and getattr(self, field) != getattr(other, field)
        ]


class ProblemLine(msgspec.Struct, frozen=True):
    """A problem, as a run keeps it."""

    name: str
    digest: str
    statement: str
    split: str = ""


class SurveyLine(msgspec.Struct, frozen=True):
    """Whether a problem runs here."""

    problem: str
    status: Literal["runnable", "not runnable", "crashed"]
    reason: str = ""
    """in Lean's words, where it does not"""
    key: str = ""
    """of the elaborated statement"""
    printed: str = ""
    """the elaborated statement"""
    notations: tuple[str, ...] = ()
    """what the prelude added for it"""
    left_out: tuple[str, ...] = ()
    """of its header"""


class Promise(msgspec.Struct, frozen=True):
    """What came of the tactics of one trial to which their generators gave about the same probability."""

    least: float
    """of the probabilities; one of `PROMISE_BINS`"""
    tried: int
    expected: float
    """the sum of the probabilities"""
    accepted: int
    """by Lean"""
    used: int
    """as lines of the proof"""


Outcome = Literal["proved", "open", "refused", "crashed"]


class Trial(msgspec.Struct, frozen=True):
    """One try of one system at one problem."""

    problem: str
    system: str
    number: int
    """of the pass, from 1"""
    outcome: Outcome
    reason: str = ""
    """why it is not proved"""
    proof: str = ""
    axioms: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """the generators that proposed its lines"""
    seconds: float = 0.0
    """of the search"""
    gate_seconds: float = 0.0
    expansions: int = 0
    tactics: int = 0
    did: Mapping[str, int] = {}
    """how often tactics advanced, closed a goal, or failed, by the kind of failure"""
    restarts: int = 0
    """of Lean's process during it"""
    tokens: tuple[int, int] = (0, 0)
    """that language models read and wrote"""
    cost: float = 0.0
    """of language models"""
    promises: tuple[Promise, ...] = ()
    """for each bin in which a tactic was run"""


class Passage(msgspec.Struct, frozen=True):
    """One time that the harness ran."""

    began: str
    seconds: float
    """of wall-clock, from the first problem to the last"""
    jobs: int
    trials: int
    attending: float
    """seconds that all workers together were at problems"""
    working: float
    """of these, in trials, gate included"""
    preparing: float
    """of these, in starting Lean, elaborating statements and warming up"""
    load: tuple[float, float] = (0.0, 0.0)
    """processes that wanted a core on average, at the beginning and at the end; more than cores: times are too long"""


TrialKey = tuple[str, str, int]
"""problem, system, pass"""


class Journal:
    """A run's directory, held by one process at a time. A context manager."""

    def __init__(self, root: Path, manifest: Manifest, problems: Sequence[ProblemLine], resume: bool = False) -> None:
        """Begins a run in a new or empty directory, or goes on with the same one.

        Raises:
            RunError: there is another run, or this one without `resume`, or somebody else is at it.
        """
        self.root = root
        self._writing = threading.Lock()
        self._lock = _locked(root)
        try:
            self._begin(manifest, problems, resume)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _begin(self, manifest: Manifest, problems: Sequence[ProblemLine], resume: bool) -> None:
        if (self.root / MANIFEST).is_file():
            known = read_manifest(self.root)
            if differences := known.differences(manifest):
                raise RunError(
                    f"{self.root} is another run: it differs in {', '.join(differences)}; choose another --out."
                )
            if not resume:
                raise RunError(f"{self.root} has this run already: say --resume to go on with it.")
            for name in (SURVEY, TRIALS, PASSAGES):
                _mend(self.root / name)
        elif strangers := [file for file in self.root.iterdir() if file.name != LOCK]:
            raise RunError(f"{self.root} is no run of ours, and not empty ({strangers[0].name}): choose another --out.")
        else:
            write_atomically(self.root / PROBLEMS, b"".join(map(_line, problems)), durable=True)
            content = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
            write_atomically(self.root / MANIFEST, content, durable=True)
        self.survey = {line.problem: line for line in read_lines(self.root / SURVEY, SurveyLine)}
        self.done: set[TrialKey] = {(t.problem, t.system, t.number) for t in read_lines(self.root / TRIALS, Trial)}

    def surveyed(self, line: SurveyLine) -> None:
        """Keeps whether a problem runs here, unless that is known."""
        if line.problem not in self.survey:
            self.survey[line.problem] = line
            self._append(SURVEY, line)

    def tried(self, trial: Trial, log: Iterable[Sequence[object]], proved: str = "") -> None:
        """Keeps a trial; its log and its file first, so that they are there when it is."""
        name, system = file_name(trial.problem), file_name(f"{trial.system}-{trial.number}")
        content = b"".join(msgspec.json.encode(entry) + b"\n" for entry in log)
        write_atomically(
            self.root / "logs" / name / f"{system}.jsonl.gz", gzip.compress(content, 1, mtime=0), durable=True
        )
        if proved:
            write_atomically(self.root / "proofs" / system / f"{name}.lean", proved.encode(), durable=True)
        self.done.add((trial.problem, trial.system, trial.number))
        self._append(TRIALS, trial)

    def passed(self, passage: Passage) -> None:
        """Keeps how long the harness ran."""
        self._append(PASSAGES, passage)

    def _append(self, name: str, line: msgspec.Struct) -> None:
        with self._writing, (self.root / name).open("ab") as file:
            file.write(_line(line))
            file.flush()
            os.fsync(file.fileno())


LOCK = ".lock"


def file_name(name: str) -> str:
    """A name as a file's, whatever is in it."""
    return quote(name, safe=" .,()'-_")[:LONGEST_NAME]


def read_manifest(root: Path) -> Manifest:
    """What a run's directory says of the run.

    Raises:
        RunError: it is no run, or one of a newer version.
    """
    try:
        content = (root / MANIFEST).read_bytes()
    except OSError:
        raise RunError(f"{root} is no run of `prover eval`: it has no {MANIFEST}.") from None
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise RunError(f"{root / MANIFEST} cannot be read ({error}): the run is damaged.") from None
    if manifest.version > VERSION:
        raise RunError(f"{root} is a run of a newer version of prover: use that one.")
    return manifest


def read_lines(file: Path, kind: type[T]) -> list[T]:
    """The lines of one of a run's files; none when it is not there, and not what a kill cut short.

    Raises:
        RunError: a line is damaged.
    """
    content = file.read_bytes() if file.is_file() else b""
    decode = msgspec.json.Decoder(kind).decode
    found = []
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            found.append(decode(line))
        except msgspec.DecodeError as error:
            raise RunError(f"{file}, line {number}, is damaged ({error}): restore the run from a copy.") from None
    return found


def _locked(root: Path) -> FileLock:
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise RunError(f"{root} is in use by another `prover eval`: wait until it has ended.") from None
    except OSError as error:
        raise RunError(f"{root} cannot be written ({error.strerror}): choose another --out.") from None
    return lock


def _mend(file: Path) -> None:
    """Cuts off the last line when a kill left it without an end."""
    content = file.read_bytes() if file.is_file() else b""
    if content and not content.endswith(b"\n"):
        write_atomically(file, content[: content.rfind(b"\n") + 1], durable=True)


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"
