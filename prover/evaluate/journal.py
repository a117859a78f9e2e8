"""The run log: the directory of a run, with its manifest and a line for each result.

A line is written and synchronised before the next trial begins, so that a killed run loses at most the trials in
progress. A kill can cut off the last line only; that line is ignored, and its trial is run again.

    run.json         the manifest: benchmark, systems, seeds, toolchain; `Manifest`
    problems.jsonl   the problems, with digests; `ProblemLine`
    survey.jsonl     whether each problem runs here; `SurveyLine`
    trials.jsonl     the result of each trial; `Trial`
    passages.jsonl   the time that each segment of the run took, and its share in trials; `RunSegment`
    proofs.jsonl     each file that the gate accepted; `ProofLine`
    logs/            every tactic that was run, for each problem and trial, compressed; and, for a trial without proof,
                     the goals by the keys that the tactics name them by

Earlier versions wrote the proofs as `proofs/SYSTEM-PASS/PROBLEM.lean`; `read_proofs` reads both.
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
MANIFEST, PROBLEMS, SURVEY, TRIALS, SEGMENTS, PROOFS = (
    "run.json",
    "problems.jsonl",
    "survey.jsonl",
    "trials.jsonl",
    "passages.jsonl",
    "proofs.jsonl",
)
EARLIER_PROOFS = "proofs"
"""The directory in which earlier versions kept the proofs, each in a file."""
MAX_NAME_CHARS = 150
MAX_STUCK_GOALS = 5
"""The number of goals that a trial without proof names."""
CALIBRATION_BINS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""The lower bounds of the bins of tactic probabilities; the last bin ends at 1."""
T = TypeVar("T")


class RunManifest(msgspec.Struct, frozen=True):
    """The settings of a run. A run can be resumed if all of them are equal, except `source` and `made_with`."""

    benchmark: str
    split: str
    source: str
    """The path or address from which the problems were read."""
    commit: str
    """The commit of the dataset; empty if it is unknown."""
    digest: str
    """A digest of all problems."""
    problems: int
    systems: tuple[Mapping[str, Any], ...]
    """The settings of each system; the evaluated prover comes first."""
    passes: int
    temperature: float
    seed: int
    toolchain: str
    project: str = ""
    """The repository whose packages the statements may import; empty if there is none."""
    made_with: Mapping[str, str] = {}
    """The versions of packages and the machine, for the reader."""
    version: int = VERSION
    axioms: tuple[str, ...] = ()
    """The axioms of the problems' own files and imports that proofs may use, besides Lean's three."""
    sampled_from: int = 0
    """The number of problems from which these were drawn at random; 0 if they were not."""
    sample_seed: int = 0
    imports: tuple[str, ...] = ()
    """What `import Mathlib` stands for in the headers, if not for all of it."""

    def differences(self, other: "RunManifest") -> list[str]:
        """Returns the fields in which two runs differ, except `source` and `made_with`."""
        return [
            field
            for field in self.__struct_fields__
            if field not in ("made_with", "source") and getattr(self, field) != getattr(other, field)
        ]


class ProblemLine(msgspec.Struct, frozen=True):
    """A problem, as a run stores it."""

    name: str
    digest: str
    statement: str
    split: str = ""


class SurveyLine(msgspec.Struct, frozen=True):
    """The answer to whether a problem can be run with this toolchain."""

    problem: str
    status: Literal["runnable", "not runnable", "crashed"]
    reason: str = ""
    """Lean's message, if the problem does not run here."""
    key: str = ""
    """The key of the elaborated statement."""
    printed: str = ""
    """The elaborated statement, as Lean prints it."""
    notations: tuple[str, ...] = ()
    """The notations that were added for the statement."""
    left_out: tuple[str, ...] = ()
    """The imports, namespaces and options of its header that were left out."""
    options: tuple[str, ...] = ()
    """The options under which Lean elaborated it and that its text does not set, such as `autoImplicit false`."""


class CalibrationBin(msgspec.Struct, frozen=True):
    """Counts of a trial's tactics to which generators gave similar probabilities."""

    least: float
    """The lower bound of the bin's probabilities; one of `CALIBRATION_BINS`."""
    tried: int
    expected: float
    """The sum of the probabilities."""
    accepted: int
    """The number of tactics that Lean accepted."""
    used: int
    """The number of tactics that are lines of the proof."""


class StuckGoal(msgspec.Struct, frozen=True):
    """A goal that remained of the partial proof that got furthest."""

    goal: str
    """The goal, as Lean prints it."""
    after: tuple[str, ...] = ()
    """The tactics that lead to it from the statement."""


Outcome = Literal["proved", "open", "refused", "crashed"]


class Trial(msgspec.Struct, frozen=True):
    """An attempt of a system at a problem, in one pass."""

    problem: str
    system: str
    number: int
    """The number of the pass, from 1."""
    outcome: Outcome
    reason: str = ""
    """The reason why the problem was not proved."""
    proof: str = ""
    axioms: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """The generators that suggested the lines of the proof."""
    seconds: float = 0.0
    """The duration of the search."""
    gate_seconds: float = 0.0
    expansions: int = 0
    tactics: int = 0
    did: Mapping[str, int] = {}
    """The number of tactics by result: advanced, closed a goal, or the kind of failure."""
    restarts: int = 0
    """The number of restarts of Lean's process during the trial."""
    tokens: tuple[int, int] = (0, 0)
    """The numbers of tokens that language models read and wrote."""
    cost: float = 0.0
    """The cost of calls to language models, in the currency of the configured prices."""
    promises: tuple[CalibrationBin, ...] = ()
    """The calibration bins that contain a tactic that was run."""
    stuck: tuple[StuckGoal, ...] = ()
    """The goals where a trial without proof got stuck; at most `MAX_STUCK_GOALS`."""


class ProofLine(msgspec.Struct, frozen=True):
    """A file that the gate accepted."""

    problem: str
    system: str
    number: int
    """The number of the pass, from 1."""
    file: str
    """The text of the whole file with the proof."""


class RunSegment(msgspec.Struct, frozen=True):
    """A run of the harness from its start to its end or interruption; a resumed run has several."""

    began: str
    seconds: float
    """The wall-clock time from the first problem to the last."""
    jobs: int
    trials: int
    attending: float
    """The sum over workers of the seconds spent on problems."""
    working: float
    """The part of these seconds spent in trials, including the gate."""
    preparing: float
    """The part of these seconds spent on starting Lean, elaborating statements and warming up."""
    load: tuple[float, float] = (0.0, 0.0)
    """The load averages at the beginning and at the end; a load above the number of cores makes times too long."""


TrialKey = tuple[str, str, int]
"""Problem, system and pass."""


class RunLog:
    """The directory of a run, locked by one process at a time. A context manager."""

    def __init__(
        self, root: Path, manifest: RunManifest, problems: Sequence[ProblemLine], resume: bool = False
    ) -> None:
        """Begins a run in a new or empty directory, or resumes the same run.

        Raises:
            RunError: The directory contains another run, or this one and `resume` is false, or another process uses it.
        """
        self.root = root
        self._writing = threading.Lock()
        self._lock = _locked(root)
        try:
            self._begin(manifest, problems, resume)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> "RunLog":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _begin(self, manifest: RunManifest, problems: Sequence[ProblemLine], resume: bool) -> None:
        if (self.root / MANIFEST).is_file():
            known = read_manifest(self.root)
            if differences := known.differences(manifest):
                raise RunError(
                    f"{self.root} is another run: it differs in {', '.join(differences)}; choose another --out."
                )
            if not resume:
                raise RunError(f"{self.root} has this run already: say --resume to go on with it.")
            for name in (SURVEY, TRIALS, SEGMENTS, PROOFS):
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
        """Stores whether a problem runs here, unless it is stored already."""
        if line.problem not in self.survey:
            self.survey[line.problem] = line
            self._append(SURVEY, line)

    def tried(
        self,
        trial: Trial,
        log: Iterable[Sequence[object]],
        proved: str = "",
        goals: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Stores a trial, after its log and its proof, so that every stored trial has them.

        Args:
            log: goal, tactic, result and microseconds of every tactic that was run.
            proved: the file that the gate accepted, if it accepted one.
            goals: the keys that the log names goals by, each with the goal as Lean prints it.
        """
        logs, name = self.root / "logs" / file_name(trial.problem), file_name(f"{trial.system}-{trial.number}")
        _write_compressed(logs / f"{name}.jsonl.gz", log)
        if texts := list(goals):
            _write_compressed(logs / f"{name}.goals.jsonl.gz", texts)
        if proved:
            self._append(PROOFS, ProofLine(trial.problem, trial.system, trial.number, proved))
        self.done.add((trial.problem, trial.system, trial.number))
        self._append(TRIALS, trial)

    def passed(self, passage: RunSegment) -> None:
        """Stores a segment of the run."""
        self._append(SEGMENTS, passage)

    def _append(self, name: str, line: msgspec.Struct) -> None:
        with self._writing, (self.root / name).open("ab") as file:
            file.write(_line(line))
            file.flush()
            os.fsync(file.fileno())


LOCK = ".lock"


def file_name(name: str) -> str:
    """Returns a file name without blanks for any text."""
    return quote(name.replace(" ", "_"), safe=".,()'-_")[:MAX_NAME_CHARS]


def read_proofs(root: Path) -> dict[TrialKey, str]:
    """Returns the files that the gate accepted, by problem, system and pass; of runs of earlier versions too.

    Raises:
        RunError: A line is damaged.
    """
    found: dict[TrialKey, str] = {}
    for trial in read_lines(root / TRIALS, Trial) if (root / EARLIER_PROOFS).is_dir() else ():
        directory = root / EARLIER_PROOFS / _earlier_name(f"{trial.system}-{trial.number}")
        file = directory / f"{_earlier_name(trial.problem)}.lean"
        if trial.outcome == "proved" and file.is_file():
            found[trial.problem, trial.system, trial.number] = file.read_text(encoding="utf-8")
    for line in read_lines(root / PROOFS, ProofLine):  # of two, the later one belongs to the trial that is stored
        found[line.problem, line.system, line.number] = line.file
    return found


def _earlier_name(name: str) -> str:
    """Returns the file name that earlier versions gave to a text."""
    return quote(name, safe=" .,()'-_")[:MAX_NAME_CHARS]


def _write_compressed(file: Path, lines: Iterable[Sequence[object]]) -> None:
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    write_atomically(file, gzip.compress(content, 1, mtime=0), durable=True)


def read_manifest(root: Path) -> RunManifest:
    """Returns the manifest of a run.

    Raises:
        RunError: The directory is not a run, or is one of a newer version.
    """
    try:
        content = (root / MANIFEST).read_bytes()
    except OSError:
        raise RunError(f"{root} is no run of `prover eval`: it has no {MANIFEST}.") from None
    try:
        manifest = msgspec.json.decode(content, type=RunManifest)
    except msgspec.DecodeError as error:
        raise RunError(f"{root / MANIFEST} cannot be read ({error}): the run is damaged.") from None
    if manifest.version > VERSION:
        raise RunError(f"{root} is a run of a newer version of prover: use that one.")
    return manifest


def read_lines(file: Path, kind: type[T]) -> list[T]:
    """Returns the lines of one of a run's files, without an incomplete last line; none if the file does not exist.

    Raises:
        RunError: A line is damaged.
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
    """Removes an incomplete last line, which a killed process may have left."""
    content = file.read_bytes() if file.is_file() else b""
    if content and not content.endswith(b"\n"):
        write_atomically(file, content[: content.rfind(b"\n") + 1], durable=True)


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"
