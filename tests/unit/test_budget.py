"""Budgets bind at their limits, and only there."""

import math

import pytest

from prover.search.budget import Budget, Meter


def test_a_budget_without_limits_is_never_spent() -> None:
    meter = Meter(Budget(seconds=None), expansions=10**9, tactics=10**9)
    assert not meter.spent()
    assert math.isinf(meter.left())


@pytest.mark.parametrize(("used", "spent"), [(2, False), (3, True), (4, True)])
def test_expansions_are_spent_at_their_limit(used: int, spent: bool) -> None:
    assert Meter(Budget(expansions=3), expansions=used).spent() is spent


@pytest.mark.parametrize(("used", "spent"), [(2, False), (3, True), (4, True)])
def test_tactics_are_spent_at_their_limit(used: int, spent: bool) -> None:
    assert Meter(Budget(tactics=3), tactics=used).spent() is spent


def test_seconds_are_counted_from_the_start() -> None:
    meter = Meter(Budget(seconds=100.0))
    assert not meter.spent()
    meter.started -= 101.0
    assert meter.seconds >= 101.0
    assert meter.left() <= -1.0
    assert meter.spent()


def test_no_seconds_are_spent_at_once() -> None:
    assert Meter(Budget(seconds=0.0)).spent()


def test_a_zero_limit_binds() -> None:
    assert Meter(Budget(expansions=0)).spent()
    assert Meter(Budget(tactics=0)).spent()
