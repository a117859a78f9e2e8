"""What keeps a learner from forgetting: each method against what its formula says, on models small enough to check."""

import random
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.learn.averaging import LowRank, averaged_parameters, averaged_updates
from curriculum.learn.ewc import Anchor, anchor, diagonal_fisher, penalty
from curriculum.learn.rehearsal import Rehearsal
from tests.libraries import needs
from tests.properties import with_examples

pytestmark = [pytest.mark.slow, needs("torch")]
torch: Any = None


@pytest.fixture(autouse=True, scope="module")
def imported() -> None:
    """Imports torch before the first test, and not already when the tests are collected."""
    global torch
    torch = import_module("torch")


def gaussian(mean: Any) -> Callable[[Any], Any]:
    """log p(y) of a Gaussian of unit variance, up to a constant: its Fisher information about the mean is 1."""
    return lambda y: -0.5 * (y - mean).square().sum()


def test_the_fisher_information_of_a_gaussian_mean_is_one() -> None:
    mean = torch.zeros(3, requires_grad=True)
    torch.manual_seed(0)
    examples = torch.randn(600, 3)
    fisher = diagonal_fisher({"mean": mean}, examples, gaussian(mean))
    assert torch.allclose(fisher["mean"], torch.ones(3), atol=0.25)


def test_it_is_not_the_square_of_the_mean_gradient() -> None:
    """At the maximum of the likelihood the mean gradient is 0; the information is not."""
    mean = torch.zeros(1, requires_grad=True)
    fisher = diagonal_fisher({"mean": mean}, [torch.tensor([-2.0]), torch.tensor([2.0])], gaussian(mean))
    assert fisher["mean"].item() == pytest.approx(4.0)


def test_the_information_of_a_logistic_regression_is_that_of_its_formula() -> None:
    weights = torch.tensor([0.5, -1.0], requires_grad=True)
    inputs = [torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0])]

    def log_likelihood(x: Any) -> Any:
        return torch.nn.functional.logsigmoid(weights @ x)

    fisher = diagonal_fisher({"w": weights}, inputs, log_likelihood)
    expected = sum(((1 - torch.sigmoid(weights @ x)) * x).square() for x in inputs) / 2
    assert torch.allclose(fisher["w"], expected)


def test_parameters_that_do_not_matter_are_free_and_frozen_ones_are_left_out() -> None:
    used, unused = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    frozen = torch.ones(1)
    fisher = diagonal_fisher({"u": used, "n": unused, "f": frozen}, [1.0], lambda x: (used * frozen * x).sum())
    assert set(fisher) == {"u", "n"}
    assert (fisher["u"].item(), fisher["n"].item()) == (1.0, 0.0)


def test_nothing_can_be_said_without_examples() -> None:
    mean = torch.zeros(1, requires_grad=True)
    with pytest.raises(ValueError, match="at least one"):
        diagonal_fisher({"mean": mean}, [], gaussian(mean))


def test_the_penalty_pulls_back_in_proportion_to_importance() -> None:
    value = torch.tensor([1.0, 1.0], requires_grad=True)
    past = Anchor({"v": torch.zeros(2)}, {"v": torch.tensor([4.0, 0.0])})
    cost = penalty({"v": value}, past, strength=3.0)
    assert cost.item() == pytest.approx(0.5 * 3.0 * 4.0)
    cost.backward()
    assert value.grad.tolist() == [12.0, 0.0]


def test_importances_add_up_over_tasks() -> None:
    one = Anchor({"v": torch.zeros(1)}, {"v": torch.ones(1)})
    two = Anchor({"v": torch.ones(1)}, {"v": torch.ones(1)})
    both = one.then(two, decay=0.5)
    assert (both.values["v"].item(), both.fisher["v"].item()) == (1.0, 1.5)


def test_ewc_forgets_less_than_plain_training() -> None:
    """Two tasks that disagree on one coordinate, of which only the first has any information about the other."""

    def trained(strength: float) -> float:
        mean = torch.zeros(2, requires_grad=True)
        first = [torch.tensor([1.0, 0.0])] * 20

        def descend(loss: "torch.Tensor") -> None:
            (gradient,) = torch.autograd.grad(loss, [mean])
            mean.data -= 0.1 * gradient

        for example in first * 3:
            descend(-gaussian(mean)(example))
        noisy = [torch.tensor([1.0 + n, float(n)]) for n in (-1, 1)]
        past = anchor({"mean": mean}, noisy, gaussian(mean))
        for _ in range(80):
            descend(-gaussian(mean)(torch.tensor([0.0, 1.0])) + penalty({"mean": mean}, past, strength))
        return float(mean[0].item())

    assert trained(0.0) < 0.01 < 0.6 < trained(3.0)


def buffer(capacity: int, seed: int = 0) -> Rehearsal[int]:
    return Rehearsal(capacity, seed, str)


@given(st.lists(st.integers(0, 500)), st.integers(0, 20), st.integers(0, 3), st.randoms(use_true_random=False))
@with_examples(50)
def test_what_is_kept_does_not_depend_on_order_or_repetition(
    items: list[int], capacity: int, seed: int, chance: random.Random
) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)
    one, other = buffer(capacity, seed), buffer(capacity, seed)
    one.offer(items)
    for item in shuffled:
        other.offer([item])
    other.offer(shuffled[:3])
    assert list(one) == list(other)
    assert len(one) == min(capacity, len(set(items)))
    assert set(one) <= set(items)


def test_the_sample_is_uniform() -> None:
    counts = [0] * 10
    for seed in range(2_000):
        kept = buffer(3, seed)
        kept.offer(range(10))
        for item in kept:
            counts[item] += 1
    assert all(500 < count < 700 for count in counts), counts


def test_a_negative_buffer_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        buffer(-1)


def low_rank(rank: int, seed: int, rows: int = 4, columns: int = 5) -> LowRank:
    chance = torch.Generator().manual_seed(seed)
    return LowRank(torch.randn(rank, columns, generator=chance), torch.randn(rows, rank, generator=chance))


def test_averaged_updates_are_the_average_of_what_they_add() -> None:
    one, two = low_rank(2, 0), low_rank(3, 1)
    average = averaged_updates([one, two], [1.0, 3.0])
    assert torch.allclose(average.delta(), 0.25 * one.delta() + 0.75 * two.delta(), atol=1e-6)
    assert average.down.shape == (5, 5)
    assert torch.allclose(averaged_updates([one]).delta(), one.delta())


def test_whole_parameters_are_averaged_by_name() -> None:
    one, two = {"w": torch.tensor([0.0, 2.0])}, {"w": torch.tensor([4.0, 2.0])}
    assert averaged_parameters([one, two])["w"].tolist() == [2.0, 2.0]
    assert averaged_parameters([one, two], [0.0, 2.0])["w"].tolist() == [4.0, 2.0]


def test_what_cannot_be_averaged_is_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        averaged_updates([low_rank(2, 0), low_rank(2, 1, rows=3)])
    with pytest.raises(ValueError, match="names or shapes"):
        averaged_parameters([{"w": torch.zeros(1)}, {"v": torch.zeros(1)}])
    for weights in ([], [1.0, 1.0], [-1.0], [0.0]):
        with pytest.raises(ValueError, match="weights for 1"):
            averaged_updates([low_rank(1, 0)], weights)
