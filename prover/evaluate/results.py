"""The results of a run, read from its directory: the status of every problem, and the figures of each system."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median

from prover.evaluate.journal import (
    PROBLEMS,
    SEGMENTS,
    SURVEY,
    TRIALS,
    ProblemLine,
    RunManifest,
    RunSegment,
    SurveyLine,
    Trial,
    read_lines,
    read_manifest,
)
from prover.evaluate.statistics import pass_at_k, wilson
from retrieval.statistics import Interval, bootstrap_mean

VARIANT_SEPARATOR = "~"
"""The separator between a problem's name and the kind of its variant."""


@dataclass(frozen=True)
class Run:
    """The content of a run's directory."""

    root: Path
    manifest: RunManifest
    problems: tuple[ProblemLine, ...]
    survey: Mapping[str, SurveyLine]
    trials: tuple[Trial, ...]
    """The trials, ordered by problem, system and pass."""
    passages: tuple[RunSegment, ...]
    varied: "Run | None" = None
    """The run including the variants of the problems, if there are any; see `variants`."""

    @property
    def systems(self) -> tuple[str, ...]:
        """The names of the systems; the evaluated prover comes first."""
        return tuple(str(system["name"]) for system in self.manifest.systems)

    def of(self, system: str) -> dict[str, list[Trial]]:
        """Returns the trials of a system, by problem."""
        found: dict[str, list[Trial]] = {}
        for trial in self.trials:
            if trial.system == system:
                found.setdefault(trial.problem, []).append(trial)
        return found

    def proved(self, system: str) -> set[str]:
        """Returns the problems that a system proved in any pass."""
        return {trial.problem for trial in self.trials if trial.system == system and trial.outcome == "proved"}

    def tried(self, system: str) -> set[str]:
        """Returns the problems that a system tried."""
        return {trial.problem for trial in self.trials if trial.system == system}

    def compared(self, system: str, other: str) -> set[str]:
        """Returns the problems that both systems tried."""
        return self.tried(system) & self.tried(other)

    def runnable(self) -> list[str]:
        """Returns the problems that run here, in the benchmark's order."""
        return [p.name for p in self.problems if (line := self.survey.get(p.name)) and line.status == "runnable"]

    def unproved(self) -> list[str]:
        """Returns the problems that some system tried and none proved, in the benchmark's order."""
        tried = {trial.problem for trial in self.trials}
        proved = {trial.problem for trial in self.trials if trial.outcome == "proved"}
        return [problem.name for problem in self.problems if problem.name in tried - proved]

    def verdicts(self) -> list[tuple[str, str, int, str, str]]:
        """Returns the problem, system, pass, outcome and proof of each trial; these do not depend on the clock."""
        return [(t.problem, t.system, t.number, t.outcome, t.proof) for t in self.trials]

    def digest(self) -> str:
        """Returns a digest of the verdicts, which is equal for runs with equal results, independent of their times."""
        survey = [(p.name, self.survey[p.name].status) for p in self.problems if p.name in self.survey]
        return hashlib.sha256(repr((self.manifest.digest, survey, self.verdicts())).encode()).hexdigest()[:16]


def read_run(root: Path) -> Run:
    """Reads the run in a directory.

    Raises:
        RunError: The directory is not a run, or is damaged.
    """
    manifest = read_manifest(root)
    problems = tuple(read_lines(root / PROBLEMS, ProblemLine))
    survey = {line.problem: line for line in read_lines(root / SURVEY, SurveyLine)}
    place = {problem.name: number for number, problem in enumerate(problems)}
    rank = {str(system["name"]): number for number, system in enumerate(manifest.systems)}
    trials = {(t.problem, t.system, t.number): t for t in read_lines(root / TRIALS, Trial)}
    ordered = sorted(trials.values(), key=lambda t: (place[t.problem], rank[t.system], t.number))
    run = Run(root, manifest, problems, survey, tuple(ordered), tuple(read_lines(root / SEGMENTS, RunSegment)))
    return run if all(VARIANT_SEPARATOR not in problem.name for problem in problems) else _without_variants(run)


def _without_variants(run: Run) -> Run:
    return replace(
        run,
        problems=tuple(problem for problem in run.problems if VARIANT_SEPARATOR not in problem.name),
        survey={name: line for name, line in run.survey.items() if VARIANT_SEPARATOR not in name},
        trials=tuple(trial for trial in run.trials if VARIANT_SEPARATOR not in trial.problem),
        varied=run,
    )


@dataclass(frozen=True)
class Denominators:
    """The numbers of problems of the split by status."""

    all: int
    surveyed: int
    runnable: int
    not_runnable: int
    crashed: int
    """The number of statements that Lean could not elaborate because it died or timed out."""
    not_tried: int = 0
    """The number of runnable problems that the evaluated prover has not tried."""


def denominators(run: Run) -> Denominators:
    """The number of problems that run here."""
    status = Counter(line.status for line in run.survey.values())
    runnable, not_runnable, crashed = status["runnable"], status["not runnable"], status["crashed"]
    not_tried = len(set(run.runnable()) - run.tried(run.systems[0]))
    return Denominators(len(run.problems), len(run.survey), runnable, not_runnable, crashed, not_tried)


def is_unfinished(run: Run, survey_only: bool = False) -> bool:
    """Returns whether a problem was not looked at or, unless only a survey was wanted, a trial is missing."""
    if len(run.survey) < len(run.problems):
        return True
    done = {(trial.problem, trial.system) for trial in run.trials}
    return not survey_only and any((name, system) not in done for name in run.runnable() for system in run.systems)


@dataclass(frozen=True)
class Figures:
    """The figures of one system."""

    system: str
    attempted: int
    """The number of problems with a trial."""
    trials: int
    proved: int
    """The number of problems proved in any pass."""
    late: int
    """The number of those whose fastest proof ended after the budget, because its last tactics had begun in time."""
    crashed: int
    """The number of problems on which Lean died or timed out in every pass."""
    refused: int
    """The number of problems all of whose proofs the gate refused."""
    not_tried: int
    """The number of runnable problems without a trial, which no figure counts."""
    of_runnable: Interval
    """The value of pass@1 over the runnable problems that were tried."""
    of_all: Interval
    """The value of pass@1 over the problems that were tried or do not run; the latter count as not proved."""
    pass_at: Mapping[int, float]
    """Unbiased estimates of pass@k over the runnable problems that were tried, by k."""
    seconds: float
    """The seconds of search over all trials."""
    gate_seconds: float
    median_proved: float
    """The median of the seconds of search over proved trials."""
    expansions: int
    tactics: int
    by: Mapping[str, int]
    """The number of problems whose proof has a line of a generator, by generator."""
    ended: Mapping[str, int]
    """The numbers of trials without proof, by reason."""
    did: Mapping[str, int]
    """The numbers of tactics over all trials, by result."""
    tokens: tuple[int, int]
    """The numbers of tokens that language models read and wrote, over all trials."""
    cost: float
    restarts: int


def figures(run: Run, system: str) -> Figures:
    """Returns the figures of a system, over the problems that it tried; the others are counted as such."""
    tried = run.of(system)
    runnable = run.runnable()
    single = [name for name in runnable if name in tried]
    known = len(single) + len(run.survey) - len(runnable)
    trials = [trial for trials in tried.values() for trial in trials]
    first = [_pass_at(tried[name], 1) for name in single]
    passes = max((len(each) for each in tried.values()), default=1)
    won = [trial for trial in trials if trial.outcome == "proved"]
    proofs = {trial.problem: trial for trial in reversed(won)}
    return Figures(
        system=system,
        attempted=len(tried),
        trials=len(trials),
        proved=len(proofs),
        late=_late(won, run.manifest.systems[run.systems.index(system)]["seconds"]),
        crashed=_all(tried, "crashed"),
        refused=sum(any(t.outcome == "refused" for t in each) for n, each in tried.items() if n not in proofs),
        not_tried=len(runnable) - len(single),
        of_runnable=_interval(first, len(single), passes, run.manifest.seed),
        of_all=_interval([*first, *[0.0] * (known - len(single))], known, passes, run.manifest.seed),
        pass_at={k: fmean([_pass_at(tried[n], k) for n in single]) for k in _powers(passes)} if single else {},
        seconds=sum(trial.seconds for trial in trials),
        gate_seconds=sum(trial.gate_seconds for trial in trials),
        median_proved=median([trial.seconds for trial in won]) if won else 0.0,
        expansions=sum(trial.expansions for trial in trials),
        tactics=sum(trial.tactics for trial in trials),
        by=dict(Counter(name for trial in proofs.values() for name in trial.by or ("unknown",)).most_common()),
        ended=dict(Counter(_ending(trial) for trial in trials if trial.outcome != "proved").most_common()),
        did=dict(sum((Counter(trial.did) for trial in trials), Counter[str]()).most_common()),
        tokens=(sum(trial.tokens[0] for trial in trials), sum(trial.tokens[1] for trial in trials)),
        cost=sum(trial.cost for trial in trials),
        restarts=sum(trial.restarts for trial in trials),
    )


def overhead(run: Run) -> float | None:
    """Returns the share of workers' time on problems outside trials and preparation; None before a segment ends."""
    total = sum(passage.attending for passage in run.passages)
    used = sum(passage.working + passage.preparing for passage in run.passages)
    return max(0.0, 1 - used / total) if total else None


def notations_used(run: Run) -> dict[str, list[str]]:
    """Returns the numbers of runnable problems, by the notations that were added for them."""
    found: dict[str, list[str]] = {}
    for problem in run.problems:
        line = run.survey.get(problem.name)
        if line is not None and line.status == "runnable":
            found.setdefault(" ".join(line.notations) or "none", []).append(problem.name)
    return found


def reasons(run: Run) -> Iterator[tuple[str, int]]:
    """Returns the reasons why problems do not run here with their counts, the most frequent first."""
    texts = (line.reason.splitlines()[0] for line in run.survey.values() if line.status != "runnable" and line.reason)
    yield from Counter(texts).most_common()


def _interval(values: Sequence[float], total: int, passes: int, seed: int) -> Interval:
    """Returns Wilson's interval for one pass, where a problem succeeds or fails; otherwise bootstraps over problems."""
    return wilson(round(sum(values)), total) if passes == 1 else bootstrap_mean(values, seed)


def _pass_at(trials: Sequence[Trial], k: int) -> float:
    """Returns pass@k of one problem; with fewer than `k` trials, `k` is their number."""
    won = sum(trial.outcome == "proved" for trial in trials)
    return pass_at_k(len(trials), won, min(k, len(trials)))


def _powers(passes: int) -> list[int]:
    """Returns 1, 2, 4, … and the number of passes itself."""
    found = [1 << power for power in range(passes.bit_length()) if 1 << power <= passes]
    return found if found[-1] == passes else [*found, passes]


def _late(won: Sequence[Trial], budget: float | None) -> int:
    fastest: dict[str, float] = {}
    for trial in won:
        fastest[trial.problem] = min(trial.seconds, fastest.get(trial.problem, math.inf))
    return sum(budget is not None and seconds > budget for seconds in fastest.values())


def _all(tried: Mapping[str, Sequence[Trial]], outcome: str) -> int:
    return sum(all(trial.outcome == outcome for trial in trials) for trials in tried.values())


def _ending(trial: Trial) -> str:
    """Returns the reason why a trial has no proof, without details that are particular to it."""
    match trial.outcome:
        case "refused":
            return "its proof was refused by the gate"
        case "crashed":
            return "Lean crashed"
        case _:
            return trial.reason
