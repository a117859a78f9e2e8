"""Averages adapters of several repositories: low-rank updates (LoRA, Hu et al. 2021), averaged exactly.

The mean of the factors is not the mean of the updates: (A₁+A₂)(B₁+B₂)/4 has cross terms that were never trained. So
the products are averaged, Σ wᵢ BᵢAᵢ, whose rank is at most the sum of the ranks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.neural import torch


@dataclass(frozen=True)
class LowRank:
    """An update BA of a weight of shape (out, in)."""

    down: "torch.Tensor"
    """The factor A, of shape (rank, in)."""
    up: "torch.Tensor"
    """The factor B, of shape (out, rank)."""

    def delta(self) -> "torch.Tensor":
        """Returns the update BA, of shape (out, in)."""
        return self.up @ self.down


def averaged_updates(updates: Sequence[LowRank], weights: Sequence[float] | None = None) -> LowRank:
    """Returns the update Σ wᵢ BᵢAᵢ, by concatenating the factors.

    Args:
        weights: one for each update, not negative, not all zero; they are normalised to sum to 1. Equal by default.

    Raises:
        ValueError: there are no updates, their shapes differ, or the weights are wrong.
    """
    from retrieval.neural import torch

    shares = _shares(len(updates), weights)
    if len({(u.up.shape[0], u.down.shape[1]) for u in updates}) > 1:
        raise ValueError("the updates have different shapes")
    down = torch.cat([update.down for update in updates])
    up = torch.cat([share * update.up for share, update in zip(shares, updates, strict=True)], dim=1)
    return LowRank(down, up)


def averaged_parameters(
    several: Sequence[Mapping[str, "torch.Tensor"]], weights: Sequence[float] | None = None
) -> dict[str, "torch.Tensor"]:
    """Returns the weighted mean of whole parameters, by name (model soups, Wortsman et al., ICML 2022).

    Raises:
        ValueError: there are no models, their names or shapes differ, or the weights are wrong.
    """
    from retrieval.neural import torch

    shares = _shares(len(several), weights)
    first = several[0]
    for other in several[1:]:
        if other.keys() != first.keys() or any(other[name].shape != first[name].shape for name in first):
            raise ValueError("the models have parameters of different names or shapes")
    return {
        name: torch.stack([share * each[name] for share, each in zip(shares, several, strict=True)]).sum(dim=0)
        for name in first
    }


def _shares(count: int, weights: Sequence[float] | None) -> list[float]:
    given = [1.0] * count if weights is None else list(weights)
    if not count or len(given) != count or min(given) < 0 or not sum(given) > 0:
        raise ValueError(f"{len(given)} weights for {count} adapters: one for each, not negative, not all zero")
    return [weight / sum(given) for weight in given]
