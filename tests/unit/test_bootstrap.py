"""The bootstrap that all figures share: resampling by strata, percentiles, and numbers that stay what they are."""

import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.statistics import Drawn, Interval, bootstrap, bootstrap_mean
from tests.properties import with_examples


def test_the_same_seed_gives_the_numbers_that_stored_results_hold() -> None:
    assert bootstrap_mean([1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0], seed=3) == Interval(0.4, 0.1, 0.7)
    values = [0.1, 0.7, 0.25, 0.9]
    found = bootstrap(lambda drawn: {"mean": fmean([values[i] for i in drawn[0]])}, [4], seed=1, resamples=1000)["mean"]
    assert (found.low, found.high) == pytest.approx((0.175, 0.8))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(0, 5))
@with_examples(50)
def test_an_interval_of_a_mean_lies_between_the_least_and_the_largest_value(values: list[float], seed: int) -> None:
    found = bootstrap_mean(values, seed, resamples=50)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found.estimate == fmean(values)
    assert found == bootstrap_mean(values, seed, resamples=50)


def test_items_are_drawn_within_their_stratum() -> None:
    seen: list[Drawn] = []

    def compute(drawn: Drawn) -> dict[str, float]:
        seen.append(drawn)
        return {}

    assert bootstrap(compute, [3, 0, 2], resamples=20) == {}
    assert [list(numbers) for numbers in seen[0]] == [[0, 1, 2], [], [0, 1]]
    for first, second, third in seen[1:]:
        assert len(first) == 3
        assert set(first) <= {0, 1, 2}
        assert list(second) == []
        assert len(third) == 2
        assert set(third) <= {0, 1}


def test_an_undefined_statistic_has_no_interval_and_a_sometimes_undefined_one_has_that_of_the_rest() -> None:
    found = bootstrap(
        lambda drawn: {"never": math.nan, "sometimes": 1.0 if 0 in drawn[0] else math.nan}, [2], resamples=50
    )
    assert math.isnan(found["never"].low)
    assert math.isnan(found["never"].high)
    assert found["sometimes"] == Interval(1.0, 1.0, 1.0)


def test_more_confidence_makes_a_wider_interval() -> None:
    values = [i / 100 for i in range(100)]
    narrow, wide = (bootstrap_mean(values, resamples=500, confidence=level) for level in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high
