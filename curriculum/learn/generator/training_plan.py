"""The settings of a training, which determine the trained model together with the examples and the base."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Lora:
    """Low-rank adaptation (Hu et al. 2021): trains a low-rank update of every linear layer."""

    rank: int = 16
    alpha: int = 32


@dataclass(frozen=True)
class TrainingPlan:
    """The settings of a training."""

    epochs: int = 20
    batch: int = 16
    """The number of examples in a batch."""
    accumulate: int = 1
    """The number of batches in an optimizer step."""
    learning_rate: float = 2e-3
    """The peak learning rate, after a linear warm-up and before a cosine decay."""
    warm_up: float = 0.05
    """The share of the steps that are warm-up."""
    weight_decay: float = 0.01
    clip: float = 1.0
    """The maximum norm of the gradient."""
    seed: int = 0
    precision: Literal["float32", "bfloat16"] = "float32"
    lora: Lora | None = None
    state_bytes: int = 480
    """The maximum length of a goal in bytes; the beginning of a longer one is cut."""
    tactic_bytes: int = 160
    """The maximum length of a tactic in bytes; longer ones are left out."""
    checkpoint_seconds: float = 60.0
    device: str = "cpu"
