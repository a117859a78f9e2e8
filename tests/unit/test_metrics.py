"""The metrics of lifelong learning: worked by hand on small matrices, and what must hold on all of them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curriculum.metrics import (
    METRICS,
    Gains,
    Matrix,
    Outcomes,
    backward_transfer,
    expanded_backward_transfer,
    forgetting,
    forgetting_resilience,
    forward_transfer,
    gains,
    incremental_plasticity,
    windowed_forgetting,
    windowed_plasticity,
)
from tests.properties import with_examples

WORKED = Matrix(
    ("a", "b", "c"),
    (
        (0.5, 0.1, 0.2),
        (0.7, 0.4, 0.2),
        (0.6, 0.3, 0.9),
    ),
    (0.1, 0.1, 0.1),
)
"""averages: 0.5, 0.55, 0.6"""


def test_the_metrics_of_a_matrix_worked_by_hand() -> None:
    assert WORKED.averages() == pytest.approx([0.5, 0.55, 0.6])
    assert windowed_forgetting(WORKED) == 0
    assert windowed_plasticity(WORKED) == pytest.approx(0.1)
    assert forgetting(WORKED) == pytest.approx(((0.7 - 0.6) + (0.4 - 0.3)) / 2)
    assert forgetting_resilience(WORKED) == pytest.approx(0.5 / 0.6)
    assert backward_transfer(WORKED) == pytest.approx(((0.6 - 0.5) + (0.3 - 0.4)) / 2)
    assert expanded_backward_transfer(WORKED) == pytest.approx((0.2 + 0.0) / 2)
    assert incremental_plasticity(WORKED) == pytest.approx((0.9 - 0.5) / 2)
    assert forward_transfer(WORKED) == pytest.approx((0.0 + 0.1) / 2)


def test_a_drop_outside_the_window_is_not_seen() -> None:
    falls = [1.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    rows = tuple(tuple(value for _ in falls) for value in falls)
    matrix = Matrix(tuple("abcdef"), rows)
    assert windowed_forgetting(matrix) == pytest.approx(0.5)
    slow = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
    slowly = Matrix(tuple("abcdef"), tuple(tuple(value for _ in slow) for value in slow))
    assert windowed_forgetting(slowly, window=2) == pytest.approx(0.1)
    assert windowed_forgetting(slowly, window=5) == pytest.approx(0.4)
    assert windowed_forgetting(slowly, window=6) == pytest.approx(0.5)


def test_one_task_has_no_transfer() -> None:
    one = Matrix(("a",), ((0.5,),))
    for metric in (forgetting, backward_transfer, expanded_backward_transfer, incremental_plasticity, forward_transfer):
        assert math.isnan(metric(one))
    assert (windowed_forgetting(one), windowed_plasticity(one), forgetting_resilience(one)) == (0, 0, 1)


def test_what_was_not_measured_counts_for_nothing() -> None:
    holes = Matrix(("a", "b", "c"), ((0.5, math.nan, math.nan), (math.nan, 0.4, math.nan), (0.3, 0.4, 0.6)))
    assert backward_transfer(holes) == pytest.approx((0.3 - 0.5 + 0.0) / 2)
    assert forgetting(holes) == pytest.approx((0.2 + 0.0) / 2)


@pytest.mark.parametrize(
    "wrong", [((0.5, 0.5),), ((0.5,), (0.5,)), ((1.5,),)], ids=["too wide", "too many", "too large"]
)
def test_what_is_no_matrix_is_refused(wrong: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(ValueError, match=r"row|checkpoints|between"):
        Matrix(("a",), wrong)


SHARES = st.floats(0, 1, width=16)


@st.composite
def matrices(draw: st.DrawFn, least: int = 2) -> Matrix:
    count = draw(st.integers(least, 7))
    learnt = draw(st.integers(least, count))
    rows = st.tuples(*[SHARES] * count)
    return Matrix(
        tuple(str(n) for n in range(count)),
        tuple(draw(rows) for _ in range(learnt)),
        draw(st.just(()) | rows),
    )


@given(matrices())
@with_examples(50)
def test_every_metric_is_within_its_bounds(matrix: Matrix) -> None:
    for metric in METRICS:
        value = metric.compute(matrix)
        low = 0 if metric.name in ("WF5", "WP5", "CFR") else -1
        assert math.isnan(value) or low - 1e-9 <= value <= 1 + 1e-9, metric.name


@given(matrices(), SHARES)
@with_examples(50)
def test_a_learner_that_never_changes_forgets_and_transfers_nothing(matrix: Matrix, value: float) -> None:
    flat = Matrix(matrix.tasks, tuple((value,) * len(row) for row in matrix.rows), (value,) * len(matrix.tasks))
    got = {metric.name: metric.compute(flat) for metric in METRICS}
    assert got.pop("CFR") == 1
    assert all(each == pytest.approx(0) for each in got.values())


@given(matrices())
@with_examples(50)
def test_forgetting_is_never_less_than_the_loss_of_backward_transfer(matrix: Matrix) -> None:
    assert forgetting(matrix) >= -backward_transfer(matrix) - 1e-9


@given(matrices())
@with_examples(50)
def test_time_reversed_drops_are_rises(matrix: Matrix) -> None:
    """With all tasks equal, the average is the row's value, and reading it backwards swaps WF and WP."""
    values = [row[0] for row in matrix.rows]
    forth = Matrix(matrix.tasks, tuple((v,) * len(matrix.tasks) for v in values))
    back = Matrix(matrix.tasks, tuple((v,) * len(matrix.tasks) for v in reversed(values)))
    assert windowed_forgetting(forth) == pytest.approx(windowed_plasticity(back))


@given(matrices())
@with_examples(50)
def test_future_tasks_change_nothing_but_forward_transfer(matrix: Matrix) -> None:
    assume(matrix.learned() >= 2)
    blind = Matrix(
        matrix.tasks,
        tuple(tuple(v if j <= i else 0.0 for j, v in enumerate(row)) for i, row in enumerate(matrix.rows)),
    )
    for metric in METRICS:
        if metric.name != "FWT":
            assert metric.compute(matrix) == pytest.approx(metric.compute(blind), nan_ok=True)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=2, max_size=4), st.integers(0, 5))
@with_examples(50)
def test_an_interval_holds_its_estimate_when_nothing_varies(items: list[list[bool]], seed: int) -> None:
    tasks = tuple(str(n) for n in range(len(items)))
    row = tuple(tuple(float(items[n][0]) for _ in items[n]) for n in range(len(items)))
    same = Outcomes(tasks, tuple(row for _ in items))
    found = same.interval(backward_transfer, seed, resamples=20)
    assert (found.estimate, found.low, found.high) == (0, 0, 0)


def test_an_interval_is_narrower_with_more_items_and_the_same_for_a_seed() -> None:
    def outcomes(size: int) -> Outcomes:
        before = tuple(float(n % 2) for n in range(size))
        after = tuple(float(n % 3 != 0) for n in range(size))
        return Outcomes(("a", "b"), ((before, before), (after, before)))

    few, many = (outcomes(size).interval(backward_transfer, resamples=200) for size in (12, 600))
    assert few == outcomes(12).interval(backward_transfer, resamples=200)
    assert few.low <= few.estimate <= few.high
    assert many.high - many.low < (few.high - few.low) / 3


def test_tasks_whose_items_change_are_refused() -> None:
    with pytest.raises(ValueError, match="items"):
        Outcomes(("a",), (((1.0, 0.0),), ((1.0,),)))


def test_gains_are_counted_theorem_by_theorem() -> None:
    found = gains({"a": True, "b": True, "c": False}, {"a": True, "b": False, "c": True})
    assert found == Gains(frozenset("b"), frozenset("c"), frozenset("a"), 3)
    assert found.net == 0
    with pytest.raises(ValueError, match="attempted by one"):
        gains({"a": True}, {"b": True})
