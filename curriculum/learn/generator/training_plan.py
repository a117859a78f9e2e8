"""How a tactic generator is trained: the settings that, with the examples, determine what comes of it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Lora:
    """Low-rank adaptation (Hu et al. 2021): few weights are trained, beside those of every linear layer."""

    rank: int = 16
    alpha: int = 32


@dataclass(frozen=True)
class TrainingPlan:
    """How training is done."""

    epochs: int = 20
    batch: int = 16
    """examples at once"""
    accumulate: int = 1
    """batches a step"""
    rate: float = 2e-3
    """the highest; risen to in a straight line, then down along a cosine"""
    warmup: float = 0.05
    """the share of the steps that it rises in"""
    weight_decay: float = 0.01
    clip: float = 1.0
    """the longest gradient"""
    seed: int = 0
    precision: Literal["float32", "bfloat16"] = "float32"
    lora: Lora | None = None
    state_bytes: int = 480
    """of a goal, at most: the beginning is cut"""
    tactic_bytes: int = 160
    """of a tactic; longer ones are left out"""
    checkpoint_seconds: float = 60.0
    device: str = "cpu"
