"""Calibration: predicted against actual success of problems and of tactics.

The probability that a problem is proved is predicted by a logistic regression on features of its statement, fitted to
the *other* tenths of the run (cross-fitting), so that no problem contributes to its own prediction. Predictions are
judged by the Brier score (1950), compared with that of the base rate, and by the expected calibration error over bins
of equal size (Naeini et al. 2015). A tactic's predicted probability is the one that its generator gave it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from prover.evaluate.journal import CALIBRATION_BINS
from prover.evaluate.markdown import heading, percent, table
from prover.evaluate.results import Run
from prover.evaluate.statistics import wilson
from retrieval.statistics import Interval

if TYPE_CHECKING:
    import numpy as np

MIN_PROBLEMS = 20
"""The smallest number of problems for which success is predicted; some must be proved and some not."""
FOLDS = 10
BINS = 5
RIDGE = 3.0
"""The strength of the ridge penalty, in numbers of problems."""
NEWTON_STEPS = 25
COUNTED_SYMBOLS = ("∀", "∃", "→", "↔", "∧", "∨", "¬", "=", "≠", "<", "≤", "∣", "%", "^", "*", "+", "-", "/")
"""The symbols that are counted in a statement, besides words and numerals."""
_NUMERAL = re.compile(r"(?<![\w.])\d+")
_WORD = re.compile(r"[^\W\d][\w'.]*")


@dataclass(frozen=True)
class Forecast:
    """A problem with the predicted probability that it is proved, and whether it was proved."""

    problem: str
    chance: float
    proved: bool


@dataclass(frozen=True)
class Quality:
    """The quality of forecasts."""

    brier: float
    """The Brier score: the mean of (probability − outcome)²; 0 is best."""
    base_rate: float
    """The Brier score of predicting for each problem the share of the others that were proved."""
    error: float
    """The expected calibration error, from 0 to 1."""


@dataclass(frozen=True)
class ForecastBin:
    """A bin of forecasts with similar probabilities."""

    least: float
    most: float
    mean: float
    """The mean of the predicted probabilities."""
    count: int
    proved: Interval
    """The share that was proved, with its interval."""


def forecasts(run: Run, system: str) -> list[Forecast]:
    """Returns forecasts of runnable problems in increasing order; none if too few, or all outcomes are equal."""
    proved, attempted = run.proved(system), run.of(system)
    tried = [(line, line.problem in proved) for line in run.survey.values() if line.problem in attempted]
    if len(tried) < MIN_PROBLEMS or len({won for _, won in tried}) < 2:
        return []
    digests = {problem.name: problem.digest for problem in run.problems}
    tried.sort(key=lambda pair: digests[pair[0].problem])  # an order that no author chose
    chances = _cross_fitted([appearance(line.printed) for line, _ in tried], [won for _, won in tried])
    found = [Forecast(line.problem, chance, won) for (line, won), chance in zip(tried, chances, strict=True)]
    return sorted(found, key=lambda forecast: (forecast.chance, forecast.problem))


def quality(found: Sequence[Forecast]) -> Quality:
    """Returns the quality of two or more forecasts."""
    won, total = sum(each.proved for each in found), len(found)
    brier = fmean((each.chance - each.proved) ** 2 for each in found)
    base = fmean(((won - each.proved) / (total - 1) - each.proved) ** 2 for each in found)
    gaps = [part.count * abs(part.mean - part.proved.estimate) for part in bins(found)]
    return Quality(brier, base, sum(gaps) / total)


def bins(found: Sequence[Forecast]) -> list[ForecastBin]:
    """Returns ordered forecasts in bins of nearly equal size."""
    edges = [round(len(found) * number / BINS) for number in range(BINS + 1)]
    return [_bin(found[start:stop]) for start, stop in pairwise(edges) if start < stop]


def _bin(part: Sequence[Forecast]) -> ForecastBin:
    chances = [each.chance for each in part]
    won = wilson(sum(each.proved for each in part), len(part))
    return ForecastBin(chances[0], chances[-1], fmean(chances), len(part), won)


def appearance(statement: str) -> list[float]:
    """Returns features of a statement: logarithms of counts, of which the first is of its length."""
    signs = Counter(character for character in statement if character in COUNTED_SYMBOLS)
    numerals = [int(numeral) for numeral in _NUMERAL.findall(statement)]
    counts = [
        len(statement),
        len(set(_WORD.findall(statement))),
        len(numerals),
        *(signs[sign] for sign in COUNTED_SYMBOLS),
    ]
    return [math.log1p(count) for count in [*counts, max(numerals, default=0)]]


def calibration_section(run: Run) -> str:
    """Returns the calibration section of a report; empty if there are too few data."""
    problems, tactics = list(_problems(run)), list(_tactics(run))
    if not problems and not tactics:
        return ""
    return "\n".join(
        [heading(run, "Calibration"), *(["", *problems] if problems else []), *(["", *tactics] if tactics else [])]
    )


def _problems(run: Run) -> Iterator[str]:
    ours = run.systems[0]
    found = forecasts(run, ours)
    if not found:
        return
    judged = quality(found)
    yield (
        f"The chance that {ours} proves a problem, foretold from the look of its statement by what came of the other "
        f"problems: Brier score {judged.brier:.3f} (the base rate alone: {judged.base_rate:.3f}), expected calibration "
        f"error {judged.error:.3f}."
    )
    yield ""
    rows = ([f"{b.least:.0%} to {b.most:.0%}", b.count, f"{b.mean:.0%}", percent(b.proved)] for b in bins(found))
    yield from table(["foretold", "problems", "on average", "proved"], rows)


def _tactics(run: Run) -> Iterator[str]:
    ours = run.systems[0]
    given = [promise for trial in run.trials if trial.system == ours for promise in trial.promises]
    rows = []
    for least, below in zip(CALIBRATION_BINS, (*CALIBRATION_BINS[1:], 1.0), strict=True):
        part = [promise for promise in given if promise.least == least]
        if tried := sum(promise.tried for promise in part):
            mean = sum(promise.expected for promise in part) / tried
            accepted, used = sum(promise.accepted for promise in part), sum(promise.used for promise in part)
            shares = (f"{mean:.2%}", f"{accepted / tried:.2%}", f"{used / tried:.2%}")
            rows.append([f"{least:g} to {below:g}", tried, *shares])
    if rows:
        yield f"The probabilities that the generators of {ours} gave to the tactics that were run:"
        yield ""
        yield from table(["probability", "tactics", "on average", "Lean accepted", "stood in a proof"], rows)


def _cross_fitted(rows: Sequence[Sequence[float]], outcomes: Sequence[bool]) -> list[float]:
    """Returns the probability of each row, predicted by a model that was fitted to the other folds."""
    import numpy as np

    features, won = np.array(rows), np.array(outcomes, dtype=float)
    fold = np.arange(len(won)) % FOLDS
    chances = np.empty(len(won))
    for number in range(FOLDS):
        own, others = fold == number, fold != number
        if own.any():
            chances[own] = _predicted(features[others], won[others], features[own])
    return [float(chance) for chance in chances]


def _predicted(known: "np.ndarray", won: "np.ndarray", asked: "np.ndarray") -> "np.ndarray":
    """Returns the weights of a ridge logistic regression, fitted by Newton's method; the intercept is not penalised."""
    import numpy as np

    mean, scale = known.mean(axis=0), known.std(axis=0)
    scale[scale == 0] = 1.0
    design = np.column_stack([np.ones(len(known)), (known - mean) / scale])
    ridge = RIDGE * np.diag([1e-6, *np.ones(known.shape[1])])
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = _logistic(design @ weights)
        slope = design.T @ (won - chance) - ridge @ weights
        curve = design.T @ (design * (chance * (1 - chance))[:, None]) + ridge
        weights += np.linalg.solve(curve, slope)
    return _logistic(np.column_stack([np.ones(len(asked)), (asked - mean) / scale]) @ weights)


def _logistic(value: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -30.0, 30.0))))
