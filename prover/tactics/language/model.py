"""The LanguageModel protocol, for models on this computer and models behind a server."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol

ModelKind = Literal["seq2seq", "causal", "chat"]
"""How a model uses a prompt: it translates it, continues it, or answers it."""


@dataclass(frozen=True)
class Prompt:
    """A prompt for a model."""

    text: str
    system: str | None = None
    """the system message, for chat models"""


@dataclass(frozen=True)
class Decoding:
    """The settings of decoding."""

    count: int = 8
    """the number of completions of each prompt"""
    way: Literal["beam", "sample"] = "beam"
    temperature: float = 1.0
    """the temperature of sampling"""
    top_p: float = 1.0
    """the probability mass of the tokens that are sampled from (nucleus sampling)"""
    tokens: int = 256
    """the maximum number of tokens of one completion"""
    stops: tuple[str, ...] = ()
    """a completion ends before the first of these"""
    seed: int = 0
    seconds: float | None = None
    """the time limit of a server's answer with all tries, beside the server's own; it changes no answer"""


@dataclass(frozen=True)
class Completion:
    """A completion of a prompt."""

    text: str
    log_probability: float
    """the natural logarithm of the probability of the whole sequence with its end; if a server does not report it, an
    estimate from the rank of the completion"""
    finished: bool = True
    """whether it ended by itself, not by the limit on tokens"""


@dataclass(frozen=True)
class Usage:
    """The usage of language models."""

    requests: int = 0
    """the number of requests to a server, retries included, or of batches of a local model"""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """the price, in the currency of the configured prices"""
    seconds: float = 0.0
    """the total time of all requests"""

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
        """Returns the number of tokens read and written."""
        return self.tokens_in + self.tokens_out


class Account:
    """Adds up the usage of language models. Thread-safe."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._lock = threading.Lock()

    def add(self, more: Usage) -> None:
        """Adds some usage."""
        with self._lock:
            self.usage += more


_account: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def accounted() -> Iterator[Account]:
    """Opens an account to which all usage of models inside the block is charged."""
    account = Account()
    before = _account.set(account)
    try:
        yield account
    finally:
        _account.reset(before)


def charge(used: Usage) -> None:
    """Charges usage to the account that is open in this context, if there is one."""
    if (account := _account.get()) is not None:
        account.add(used)


class LanguageModel(Protocol):
    """A language model. Thread-safe."""

    name: str
    kind: ModelKind

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        """Returns for each prompt its completions, without duplicates, the most probable first.

        Raises:
            ModelError: the model cannot answer.
        """
        ...


def distinct(completions: Sequence[Completion]) -> list[Completion]:
    """Returns the completions without duplicates, each with its best probability, the most probable first."""
    best: dict[str, Completion] = {}
    for completion in completions:
        known = best.get(completion.text)
        if known is None or completion.log_probability > known.log_probability:
            best[completion.text] = completion
    return sorted(best.values(), key=lambda completion: -completion.log_probability)


def until_stop(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """Returns the text before the first stop sequence, and whether there was one."""
    found = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(found)], True) if found else (text, False)
