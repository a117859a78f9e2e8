"""Values of attempts and proofs, as they are stored. Knows no connection."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


def new_uid() -> str:
    """A name that nothing else has."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class GoalStep:
    """A goal that was met in a proof, and the tactic that was used on it."""

    goal: str
    """hypotheses above the turnstile, one a line"""
    goal_key: str
    tactic: str


@dataclass(frozen=True)
class FoundProof:
    """A proof that the gate accepted."""

    scripts: tuple[str, ...]
    """a tactic block for each place that was filled, in order"""
    axioms: tuple[str, ...]
    verified: int
    """the gate's level, from 1 to 5"""
    generator: str
    """what proposed it"""
    whole: bool
    """its one block proves the statement from scratch"""
    model: str | None = None
    """the name of the model behind the generator"""
    steps: tuple[GoalStep, ...] = ()
    """as the search found them; none where it was not ours"""


@dataclass(frozen=True)
class AttemptCost:
    """What an attempt spent."""

    seconds: float = 0.0
    expansions: int = 0
    tactics: int = 0


@dataclass(frozen=True)
class AttemptRecord:
    """An attempt at a theorem."""

    theorem: str
    module: str
    statement_key: str
    toolchain: str
    settings: Mapping[str, Any]
    """the configuration: generators, search, limits; two are the same when they use the same models too"""
    result: FoundProof | tuple[Literal["open", "refused", "failed"], str]
    """a proof, or what came instead and why"""
    cost: AttemptCost = AttemptCost()
    seed: int = 0
    models: tuple[str, ...] = ()
    """the names of the models that the configuration uses"""
    started_at: float | None = None
    """seconds since 1970; None for the cost's seconds before now"""
    uid: str = field(default_factory=new_uid)
