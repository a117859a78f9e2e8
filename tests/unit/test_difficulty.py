"""Difficulty as LeanAgent measures it, and right where LeanAgent's is not; orders of repositories."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.critic import StepCritic
from curriculum.difficulty import Category, RatedTheorem, Thresholds, histogram, percentile, thresholds
from curriculum.ordering import (
    EasyFirst,
    Order,
    Predicted,
    RepositoryProfile,
    Reversed,
    Shuffled,
    Similar,
    SmallClosures,
)
from tests.properties import with_examples


def proved(steps: int) -> RatedTheorem:
    return RatedTheorem(f"t{steps}", steps=steps)


SORRY = RatedTheorem("s", incomplete=True)
TERM = RatedTheorem("x")


def test_complexity_is_kept_as_a_logarithm_so_that_long_proofs_do_not_overflow() -> None:
    with pytest.raises(OverflowError):
        math.exp(710)
    borders = thresholds([proved(1), proved(710), proved(5_000)])
    assert borders.category(proved(5_000)) is Category.HARD
    assert borders.category(proved(1)) is Category.EASY


def test_the_order_by_logarithm_is_the_order_by_complexity() -> None:
    steps = [proved(n) for n in (1, 3, 7, 200, 700)]
    logs = [theorem.log_complexity or 0.0 for theorem in steps]
    assert sorted(logs) == logs
    assert sorted(map(math.exp, logs)) == list(map(math.exp, logs))


def test_unproved_theorems_do_not_move_the_borders() -> None:
    steps = [proved(n) for n in range(1, 101)]
    assert thresholds(steps) == thresholds([*steps, *[SORRY] * 900, *[TERM] * 300]) == Thresholds(33.67, 67.33)


def test_a_term_proof_is_neither_easy_nor_unproved() -> None:
    borders = thresholds([proved(1), proved(2), proved(3)])
    assert borders.category(TERM) is Category.UNRATED
    assert borders.category(SORRY) is Category.UNPROVED


def test_a_sorry_that_we_filled_has_the_complexity_of_our_proof_not_of_the_steps_around_it() -> None:
    filled = RatedTheorem("s", incomplete=True, steps=40, found=2)
    assert filled.log_complexity == 2.0
    assert RatedTheorem("s", incomplete=True, steps=40).log_complexity is None
    assert RatedTheorem("t", steps=5, found=1).log_complexity == 5.0, (
        "the repository's own proof counts where it has one"
    )


def test_with_nothing_proved_everything_is_unproved() -> None:
    borders = thresholds([SORRY, TERM])
    assert histogram([SORRY, SORRY, TERM], borders).counts == {Category.UNPROVED: 2, Category.UNRATED: 1}


def test_equal_complexities_are_all_easy() -> None:
    same = [RatedTheorem(str(n), steps=4) for n in range(10)]
    assert histogram(same, thresholds(same))[Category.EASY] == 10


def test_percentiles_refuse_infinities_and_disorder() -> None:
    for wrong in ([1.0, math.inf], [math.nan], [2.0, 1.0]):
        with pytest.raises(ValueError, match=r"finite|order"):
            percentile(wrong, 33)


@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted), st.floats(0, 100), st.floats(0, 100))
@with_examples(50)
def test_percentiles_lie_within_and_grow(values: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    slack = 1e-9 * values[-1]
    assert values[0] <= percentile(values, low) + slack
    assert percentile(values, low) <= percentile(values, high) + slack
    assert percentile(values, high) <= values[-1] + slack


@given(st.lists(st.builds(RatedTheorem, st.text(max_size=3), st.booleans(), st.none() | st.integers(0, 5_000))))
@with_examples(50)
def test_every_theorem_is_in_one_category(theorems: list[RatedTheorem]) -> None:
    assert histogram(theorems, thresholds(theorems)).total == len(theorems)


FEW_EASY = RepositoryProfile("few", tuple(proved(n) for n in (1, 50, 60, 70)), ("a + b", "c", "d", "e"), (1, 1))
MANY_EASY = RepositoryProfile("many", tuple(proved(n) for n in (1, 1, 1, 40)), ("p ∧ q", "q", "r", "p ∨ q"), (3, 5))
EMPTY = RepositoryProfile("empty")
ALIKE = {"a + b": (1.0, 0.0), "c": (1.0, 0.1), "d": (1.0, 0.0), "e": (1.0, 0.0)}


def embed(statements: tuple[str, ...] | list[str]) -> list[tuple[float, float]]:
    return [ALIKE.get(statement, (0.0, 1.0)) for statement in statements]


def names(order: Order, *subjects: RepositoryProfile) -> list[str]:
    return [placed.profile.location for placed in order.place(subjects)]


def test_the_repository_with_the_most_easy_theorems_comes_first() -> None:
    assert names(EasyFirst(), EMPTY, FEW_EASY, MANY_EASY) == ["many", "few", "empty"]


def test_small_closures_come_first() -> None:
    assert names(SmallClosures(), MANY_EASY, EMPTY, FEW_EASY) == ["few", "many", "empty"]


def test_what_is_predicted_to_be_short_comes_first() -> None:
    assert names(Predicted(lambda statements: [float(len(s)) for s in statements]), MANY_EASY, EMPTY, FEW_EASY) == [
        "few",
        "many",
        "empty",
    ]


def test_alike_repositories_follow_each_other() -> None:
    sums = [RepositoryProfile(name, (), ("a + b",)) for name in ("x", "y")]
    order = names(Similar(embed), sums[0], RepositoryProfile("logic", (), ("p ∧ q",)), sums[1], EMPTY)
    assert order == ["x", "y", "logic", "empty"]


@pytest.mark.parametrize(
    "order",
    [EasyFirst(), SmallClosures(), Predicted(lambda s: [0.0] * len(s)), Similar(embed), Shuffled(3)],
    ids=lambda o: o.name,
)
def test_an_order_is_total_whatever_the_order_of_its_input(order: Order) -> None:
    subjects = [FEW_EASY, MANY_EASY, EMPTY]
    assert names(order, *subjects) == names(order, *subjects[::-1])
    assert sorted(names(order, *subjects)) == ["empty", "few", "many"]
    assert names(Reversed(order), *subjects) == names(order, *subjects)[::-1]


def test_another_seed_shuffles_otherwise() -> None:
    subjects = [RepositoryProfile(str(n)) for n in range(10)]
    assert names(Shuffled(0), *subjects) == names(Shuffled(0), *subjects) != names(Shuffled(1), *subjects)


def test_the_critic_tells_long_proofs_from_short_ones() -> None:
    short, long = [f"x{n} = x{n}" for n in range(40)], [f"∃ f{n}, Function.Surjective f{n}" for n in range(40)]
    critic = StepCritic.fit([*short, *long], [1.0] * 40 + [60.0] * 40)
    low, high = critic.predict(["y = y", "∃ g, Function.Surjective g"])
    assert 0 <= low < 8 < 30 < high


def test_a_critic_that_learnt_nothing_predicts_nothing() -> None:
    assert StepCritic.fit([], []).predict(["p"]) == [0.0]
