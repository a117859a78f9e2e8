"""Budgets bind at their limits, and only there."""

import math

import pytest

from prover.search.budget import Budget, Meter
from prover.tactics.language.model import Account, Usage, accounted, charge


def test_a_budget_without_limits_is_never_spent() -> None:
    meter = Meter(Budget(seconds=None), expansions=10**9, tactics=10**9)
    assert not meter.spent()
    assert math.isinf(meter.seconds_left())


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
    assert meter.seconds_left() <= -1.0
    assert meter.spent()


def test_no_seconds_are_spent_at_once() -> None:
    assert Meter(Budget(seconds=0.0)).spent()


def test_a_zero_limit_binds() -> None:
    assert Meter(Budget(expansions=0)).spent()
    assert Meter(Budget(tactics=0)).spent()


@pytest.mark.parametrize(("read", "written", "spent"), [(60, 39, False), (60, 40, True), (200, 0, True)])
def test_tokens_read_and_written_are_spent_at_their_limit(read: int, written: int, spent: bool) -> None:
    account = Account()
    account.add(Usage(tokens_in=read, tokens_out=written))
    assert Meter(Budget(tokens=100), account).spent() is spent


def test_money_is_spent_at_its_limit() -> None:
    account = Account()
    meter = Meter(Budget(cost=0.5), account)
    account.add(Usage(cost=0.25))
    assert not meter.spent()
    account.add(Usage(cost=0.25))
    assert meter.spent()


def test_what_is_asked_is_charged_to_the_account_that_is_open() -> None:
    charge(Usage(tokens_in=1))  # to nobody
    with accounted() as outer:
        charge(Usage(tokens_in=2, cost=0.5))
        with accounted() as inner:
            charge(Usage(tokens_out=4))
        charge(Usage(tokens_in=8))
    assert (outer.usage, inner.usage) == (Usage(tokens_in=10, cost=0.5), Usage(tokens_out=4))
