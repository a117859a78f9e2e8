"""Values of attempts and proofs, as they are stored. Knows no connection."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


def new_uid() -> str:
    """Returns a new unique name."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class GoalStep:
    """A goal in a proof, and the tactic that was applied to it."""

    goal: str
    """The goal as Lean prints it: hypotheses, one a line, above the turnstile."""
    goal_key: str
    tactic: str


@dataclass(frozen=True)
class FoundProof:
    """A proof that the gate accepted."""

    scripts: tuple[str, ...]
    """A tactic block for each `sorry` that was filled, in order."""
    axioms: tuple[str, ...]
    verified: int
    """The gate's level, from 1 to 5."""
    generator: str
    """The names of the generators that suggested its tactics."""
    whole: bool
    """Whether its single block proves the whole statement."""
    model: str | None = None
    """The name of the language model behind the generator."""
    steps: tuple[GoalStep, ...] = ()
    """The steps that the search found; empty for a proof that was not found by a search."""


@dataclass(frozen=True)
class RunProof:
    """A proof that holds together with the others of its run."""

    theorem: str
    """The full name of the theorem; for an `example` its place."""
    file: str
    """The path of its file in the repository, with forward slashes."""
    statement_key: str
    scripts: tuple[str, ...]
    """A tactic block for each `sorry` that is filled, in order."""
    whole: bool
    """Whether its single block proves the whole statement."""
    rests_on: tuple[str, ...] = ()
    """The open theorems that it rests on, by full name; none if the theorem is proved."""


@dataclass(frozen=True)
class AttemptCost:
    """The cost of an attempt."""

    seconds: float = 0.0
    expansions: int = 0
    tactics: int = 0


@dataclass(frozen=True)
class AttemptRecord:
    """An attempt at a theorem, as it is stored."""

    theorem: str
    module: str
    statement_key: str
    toolchain: str
    settings: Mapping[str, Any]
    """The configuration, without its models: generators, search, limits."""
    result: FoundProof | tuple[Literal["open", "refused", "failed"], str]
    """A proof, or the outcome without a proof and its reason."""
    cost: AttemptCost = AttemptCost()
    seed: int = 0
    models: tuple[str, ...] = ()
    """The names of the models that the configuration uses."""
    started_at: float | None = None
    """The time in seconds since 1970; None if the attempt ends now."""
    uid: str = field(default_factory=new_uid)
