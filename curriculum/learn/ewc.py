"""Elastic weight consolidation: parameters that mattered for earlier tasks are held near their values.

Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", PNAS 2017; with the running sum of Schwarz
et al., "Progress & Compress", ICML 2018. An ablation: LeanAgent found it worse than plain progressive training.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from retrieval.neural import torch

Example = TypeVar("Example")
Parameters = Mapping[str, "torch.Tensor"]
"""Parameters by name, as in `dict(module.named_parameters())`."""


@dataclass(frozen=True)
class Anchor:
    """The values of the parameters after the tasks so far, and the importance of each."""

    values: Mapping[str, "torch.Tensor"]
    fisher: Mapping[str, "torch.Tensor"]
    """The importances, of the same shapes as the parameters; never negative."""

    def then(self, later: "Anchor", decay: float = 1.0) -> "Anchor":
        """Returns the anchor after one more task: the later values, and the sum of both importances.

        Args:
            decay: the factor of the earlier importances, from 0 to 1.
        """
        return Anchor(later.values, {name: decay * self.fisher[name] + fisher for name, fisher in later.fisher.items()})


def anchor(
    parameters: Parameters, examples: Iterable[Example], log_likelihood: Callable[[Example], "torch.Tensor"]
) -> Anchor:
    """Returns the anchor of a task that has just been learned."""
    fisher = diagonal_fisher(parameters, examples, log_likelihood)
    return Anchor({name: value.detach().clone() for name, value in parameters.items()}, fisher)


def diagonal_fisher(
    parameters: Parameters, examples: Iterable[Example], log_likelihood: Callable[[Example], "torch.Tensor"]
) -> dict[str, "torch.Tensor"]:
    """Returns the diagonal of the Fisher information: the mean over examples of the *squared gradient of each one*.

    The square of a batch's mean gradient would be near zero wherever the loss is at a minimum, which is where a trained
    model is. So each example has a backward pass of its own.

    Args:
        log_likelihood: from an example to the scalar log p(y|x). With y drawn from the model this is the Fisher
            information itself, with the observed y the empirical one.

    Raises:
        ValueError: there are no examples.
    """
    from retrieval.neural import torch

    wanted = {name: value for name, value in parameters.items() if value.requires_grad}
    total = {name: torch.zeros_like(value) for name, value in wanted.items()}
    count = 0
    for example in examples:
        gradients = torch.autograd.grad(log_likelihood(example), list(wanted.values()), allow_unused=True)
        for name, gradient in zip(wanted, gradients, strict=True):
            if gradient is not None:
                total[name] += gradient.detach().square()
        count += 1
    if not count:
        raise ValueError("the importance of parameters needs at least one example")
    return {name: value / count for name, value in total.items()}


def penalty(parameters: Parameters, past: Anchor, strength: float) -> "torch.Tensor":
    """Returns the penalty λ/2 Σ F (θ − θ*)², a scalar to be added to the loss."""
    from retrieval.neural import torch

    terms = [(fisher * (parameters[name] - past.values[name]).square()).sum() for name, fisher in past.fisher.items()]
    return 0.5 * strength * torch.stack(terms).sum()
