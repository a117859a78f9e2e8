"""How long-running work reports what it is doing, without knowing who listens."""

from collections.abc import Callable
from dataclasses import dataclass

Notify = Callable[[str], None]
"""Receives one line of plain text for a person to read."""

Progress = Callable[[str, float], None]
"""Receives the name of a step and the fraction of it that is done, between 0 and 1."""


def no_progress(step: str, fraction: float) -> None:
    """A `Progress` that ignores what it receives."""


@dataclass(frozen=True)
class Reporter:
    """Where a use case reports what it does."""

    notify: Notify = lambda _: None
    progress: Progress = no_progress
