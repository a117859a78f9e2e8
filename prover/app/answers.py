"""Answers of language models on disk, one file for each question."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from prover.tactics.language.model import Completion
from retrieval.files import write_atomically


class StoredAnswers:
    """The answers of models in a directory; see `prover.tactics.language.cached.AnswerCache`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, key: str) -> list[Completion] | None:
        """Returns the answers with a key; None if there are none or their file is damaged."""
        try:
            return msgspec.json.decode(self._file(key).read_bytes(), type=list[Completion])
        except (OSError, msgspec.DecodeError):
            return None

    def keep(self, key: str, answers: Sequence[Completion]) -> None:
        """Stores answers; a disk that is full costs the cache, not the answers."""
        try:
            write_atomically(self._file(key), msgspec.json.encode(list(answers)))
        except OSError:
            return

    def _file(self, key: str) -> Path:
        return self._directory / key[:2] / f"{key}.json"
