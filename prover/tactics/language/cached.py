"""Answers of language models, kept by the content of the question, so that the same question is sent once.

The key has all on which an answer depends: the model, the prompt and the decoding. A question that is known as a part
of a conversation is found by that too: what a search found until then depends on the clock, and with it the wording of
later questions, so that a rerun of a conversation would otherwise ask anew.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Protocol

import msgspec

from prover.tactics.language.model import Completion, Decoding, LanguageModel, Prompt


class AnswerCache(Protocol):
    """Answers of models by the keys of their questions. Several threads and processes may use it at the same time."""

    def find(self, key: str) -> list[Completion] | None:
        """Returns the answers with a key; None if there are none."""
        ...

    def keep(self, key: str, answers: Sequence[Completion]) -> None:
        """Stores answers, if it can."""
        ...


def key_of(*parts: object) -> str:
    """Returns a key of values that can be written as JSON."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def content_key(model: LanguageModel, prompt: Prompt, decoding: Decoding) -> str:
    """Returns the key of a question."""
    return key_of(model.name, model.kind, asdict(prompt), asdict(replace(decoding, seconds=None)))


def ask(
    model: LanguageModel,
    prompt: Prompt,
    decoding: Decoding,
    cache: AnswerCache | None,
    place: str = "",
    asked: Callable[[list[Completion]], None] = lambda _: None,
) -> list[Completion]:
    """Returns the answers to a question, from the cache if they are there.

    Args:
        place: the key of the place in a conversation, under which answers are found as well; empty for none.
        asked: is given new answers before anything else is done with them.

    Raises:
        ModelError: the model cannot answer.
    """
    keys = [content_key(model, prompt, decoding), *([place] if place else [])]
    for key in keys if cache is not None else ():
        if cache is not None and (found := cache.find(key)) is not None:
            return found
    (answers,) = model.complete([prompt], decoding)
    asked(answers)
    if cache is not None and answers:
        for key in keys:
            cache.keep(key, answers)
    return answers
