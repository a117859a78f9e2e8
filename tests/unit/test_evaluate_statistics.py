"""The statistics against published values, and against brute force on small cases."""

import itertools
import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.evaluate.statistics import mcnemar, pass_at_k, wilson
from retrieval.statistics import bootstrap_mean


@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_the_share_of_draws_with_a_success(case: tuple[int, int, int]) -> None:
    tries, successes, k = case
    outcomes = [True] * successes + [False] * (tries - successes)
    draws = [any(draw) for draw in itertools.combinations(outcomes, k)]
    assert pass_at_k(tries, successes, k) == pytest.approx(fmean(draws))


@pytest.mark.parametrize("case", [(3, 4, 1), (3, 1, 4), (3, 1, 0), (0, 0, 1)])
def test_pass_at_k_refuses_what_cannot_be_estimated(case: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be estimated"):
        pass_at_k(*case)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    interval = wilson(successes, trials)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_its_estimate_and_mirrors(case: tuple[int, int]) -> None:
    successes, trials = case
    one, other = wilson(successes, trials), wilson(trials - successes, trials)
    assert 0 <= one.low <= one.estimate <= one.high <= 1
    if trials:
        assert one.low == pytest.approx(1 - other.high)


def test_of_nothing_tried_nothing_is_known() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert (bootstrap_mean([]).low, bootstrap_mean([]).high) == (0.0, 1.0)


def test_bootstrap_agrees_with_the_normal_approximation_and_repeats() -> None:
    values = [1.0] * 60 + [0.0] * 40
    interval = bootstrap_mean(values, seed=1)
    reach = 1.96 * math.sqrt(0.6 * 0.4 / 100)
    assert interval.estimate == pytest.approx(0.6)
    assert interval.low == pytest.approx(0.6 - reach, abs=0.015)
    assert interval.high == pytest.approx(0.6 + reach, abs=0.015)
    assert interval == bootstrap_mean(values, seed=1)


@given(st.integers(0, 7), st.integers(0, 7))
def test_mcnemar_counts_splits_at_least_as_uneven(first: int, second: int) -> None:
    differing = first + second
    uneven = [sum(coins) for coins in itertools.product((0, 1), repeat=differing)]
    as_far = [abs(heads - differing / 2) >= abs(first - differing / 2) for heads in uneven]
    assert mcnemar(first, second) == pytest.approx(fmean(as_far))


def test_mcnemar_takes_thousands() -> None:
    assert 0 < mcnemar(2000, 2100) < 0.2
