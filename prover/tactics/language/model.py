"""What completes a prompt: the protocol that models on this machine and models behind a server both speak."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol

ModelKind = Literal["seq2seq", "causal", "chat"]
"""a prompt is translated, continued, or answered"""


@dataclass(frozen=True)
class Prompt:
    """What a model is asked."""

    text: str
    system: str | None = None
    """instructions that come before, for a model that answers"""


@dataclass(frozen=True)
class Decoding:
    """How completions are drawn."""

    count: int = 8
    """completions of each prompt"""
    way: Literal["beam", "sample"] = "beam"
    temperature: float = 1.0
    """of sampling"""
    top_p: float = 1.0
    """of sampling: the least probable tokens beyond this mass are never drawn"""
    tokens: int = 256
    """of one completion, at most"""
    stops: tuple[str, ...] = ()
    """a completion ends before the first of these"""
    seed: int = 0


@dataclass(frozen=True)
class Completion:
    """What a model said."""

    text: str
    log_probability: float
    """of the whole sequence, its end included: a natural logarithm, summed over tokens. For a server that does
    not tell: that of its rank among its fellows"""
    finished: bool = True
    """it came to an end by itself, not by the limit on tokens"""


@dataclass(frozen=True)
class Usage:
    """What was asked of a model."""

    requests: int = 0
    """to a server, tries included; batches of a model on this machine"""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """in the money that prices were given in"""
    seconds: float = 0.0
    """waited for, all requests together"""

    def __add__(self, more: "Usage") -> "Usage":
        return Usage(
            self.requests + more.requests,
            self.tokens_in + more.tokens_in,
            self.tokens_out + more.tokens_out,
            self.cost + more.cost,
            self.seconds + more.seconds,
        )

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.tokens_in + self.tokens_out


class Account:
    """Adds up what models are asked. Threads may use it at once."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._lock = threading.Lock()

    def add(self, more: Usage) -> None:
        """Adds what was asked."""
        with self._lock:
            self.usage += more


_account: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def accounted() -> Iterator[Account]:
    """An account of all that models are asked within, whichever they are."""
    account = Account()
    before = _account.set(account)
    try:
        yield account
    finally:
        _account.reset(before)


def charge(used: Usage) -> None:
    """Puts what a model was asked on the account that is open here, if one is."""
    if (account := _account.get()) is not None:
        account.add(used)


class LanguageModel(Protocol):
    """A model. Threads may use it at once."""

    name: str
    kind: ModelKind

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        """For each prompt its completions, each text once, the most probable first.

        Raises:
            ModelError: it cannot answer.
        """
        ...


def distinct(completions: Sequence[Completion]) -> list[Completion]:
    """Each text once, with its best probability, the most probable first."""
    best: dict[str, Completion] = {}
    for completion in completions:
        known = best.get(completion.text)
        if known is None or completion.log_probability > known.log_probability:
            best[completion.text] = completion
    return sorted(best.values(), key=lambda completion: -completion.log_probability)


def until_stop(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first stop, and whether there was one."""
    found = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(found)], True) if found else (text, False)
