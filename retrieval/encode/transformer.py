"""Transformer encoders: ReProver's ByT5 retriever, and any sentence-embedding model by name or path.

ReProver (Yang et al., LeanDojo, 2023) reads a premise as `theorem <a>Nat.add_comm</a> (n m : Nat) : …` and a state as
Lean prints it, 1,024 bytes of each; a text's vector is the mean over its unmasked positions, of length 1. Other
models read names and statements plainly, with the prompts and the pooling that they were saved with.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.encode.encoder import Query
from retrieval.errors import EncoderMissing, PackageMissing
from retrieval.neural import default_device
from retrieval.premise import Premise, keyword

if TYPE_CHECKING:
    from retrieval.neural import torch
    from retrieval.postings import Float32Array

MAX_TOKENS = 1_024
"""The maximum number of tokens of a text; ReProver's tokens are bytes."""
BATCH_TOKENS = 32_768
"""The maximum number of tokens of a batch, including padding."""


@dataclass(frozen=True)
class EncoderFormat:
    """The format of a model's input, and the pooling of its states into one vector."""

    marked: bool = False
    """ReProver's form: the keyword, and the name between `<a>` and `</a>`"""
    for_query: str = ""
    """The prefix of a query."""
    for_premise: str = ""
    first_token: bool = False
    """Whether the vector is that of the first token instead of the mean."""

    def premise(self, premise: Premise) -> str:
        """A premise as the model reads it."""
        if self.marked:
            return f"{keyword(premise.kind)} <a>{premise.name}</a> {premise.statement}"
        docstring = f"\n{premise.docstring}" if premise.docstring else ""
        return f"{self.for_premise}{premise.printed()}{docstring}"

    def query(self, query: Query) -> str:
        """A goal, or words, as the model reads them."""
        return self.for_query + "\n".join(part for part in (query.goal, query.words) if part)


class TransformerEncoder:
    """A model that turns texts into vectors of length 1. Not thread-safe."""

    def __init__(self, model: Any, tokenizer: Any, format: EncoderFormat, kept: Path | None = None) -> None:
        """Of a loaded model; `kept` is a file of vectors that were made before, made when it is not there."""
        self.model = model
        self.tokenizer = tokenizer
        self.format = format
        self.dimensions = int(model.config.hidden_size)
        self._kept = VectorCache(kept) if kept is not None else None
        self.weights_changed()

    @classmethod
    def load(cls, model: str, kept: Path | None = None, device: str | None = None) -> "TransformerEncoder":
        """The model of a directory, or of a name that Hugging Face knows; on a GPU where there is one.

        Raises:
            EncoderMissing: it is not here and cannot be fetched, or `torch` or `transformers` is not installed.
        """
        try:
            from retrieval.neural import torch, transformers
        except PackageMissing as error:
            raise EncoderMissing(f"The encoder {model} cannot be loaded. {error}") from None
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(model)
            loaded = transformers.AutoModelForTextEncoding.from_pretrained(model, dtype=torch.float32)
        except (OSError, ValueError) as error:
            why = str(error).strip().splitlines()[0]
            problem = f"The encoder {model} is not here and cannot be fetched ({why})"
            raise EncoderMissing(f"{problem}: give a directory with its weights, or leave --encoder out.") from None
        loaded.to(default_device(device)).eval()
        return cls(loaded, tokenizer, _format_of(model, loaded.config.model_type), kept)

    def weights_changed(self) -> None:
        """Must be called when the model was trained: what its vectors are known by is another then."""
        self.model.eval()
        self.version = f"transformer-{_digest(self.model, self.format)}"

    def save(self, directory: Path) -> None:
        """Writes model and tokenizer to a directory that `load` reads."""
        self.model.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)

    def premises(self, premises: Sequence[Premise]) -> "Float32Array":
        """A row for each premise."""
        texts = [self.format.premise(premise) for premise in premises]
        return self._kept.of(texts, self.version, self.texts) if self._kept is not None else self.texts(texts)

    def query(self, query: Query) -> "Float32Array":
        """One row."""
        return self.texts([self.format.query(query)])

    def texts(self, texts: Sequence[str]) -> "Float32Array":
        """A row for each text, in batches of texts of like length."""
        import numpy as np

        from retrieval.neural import torch

        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        with torch.inference_mode():
            for places in _batches(texts):
                rows[places] = self.embed([texts[place] for place in places]).float().cpu().numpy()
        return rows

    def embed(self, texts: Sequence[str]) -> "torch.Tensor":
        """Vectors of length 1 for one batch, a row each; gradients flow where they are kept."""
        from retrieval.neural import torch

        tokens = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._longest(), return_tensors="pt"
        ).to(self.model.device)
        states = self.model(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).last_hidden_state
        if self.format.first_token:
            pooled = states[:, 0]
        else:
            mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
            pooled = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        return torch.nn.functional.normalize(pooled, dim=1)

    def _longest(self) -> int:
        positions = getattr(self.model.config, "max_position_embeddings", None)
        return min(MAX_TOKENS, int(positions)) if positions else MAX_TOKENS


class VectorCache:
    """Vectors of texts that were made before, in a file; what cannot be read or written is made again."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, texts: Sequence[str], version: str, make: "Callable[[Sequence[str]], Float32Array]") -> "Float32Array":
        """A row for each text, made by `make` where it is not kept of that version."""
        import numpy as np

        keys = [hashlib.sha256(f"{version}\n{text}".encode()).digest() for text in texts]
        known = self._read(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            made = make(list(missing.values()))
            new = {key: row.tobytes() for key, row in zip(missing, made, strict=True)}
            self._write(new)
            known |= new
        rows = [np.frombuffer(known[key], dtype=np.float32) for key in keys]
        return np.stack(rows) if rows else make([])

    def _read(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        if not self._file.is_file():
            return {}
        try:
            with closing(sqlite3.connect(self._file)) as there:
                rows = (there.execute("SELECT key, row FROM vectors WHERE key = ?", (key,)).fetchone() for key in keys)
                return {row[0]: row[1] for row in rows if row is not None}
        except sqlite3.DatabaseError:
            return {}

    def _write(self, rows: dict[bytes, bytes]) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._store(rows)
        except sqlite3.DatabaseError:  # damaged: what it held is made again when it is asked for
            self._file.unlink(missing_ok=True)
            self._store(rows)
        except OSError:
            return

    def _store(self, rows: dict[bytes, bytes]) -> None:
        with closing(sqlite3.connect(self._file, timeout=60.0)) as there, there:
            there.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID")
            there.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows.items())


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """The places of the texts, those of like length together, as many as a batch may hold."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]), reverse=True)
    while order:
        longest = min(MAX_TOKENS, len(texts[order[0]].encode()) + 2)
        count = max(1, BATCH_TOKENS // longest)
        yield order[:count]
        order = order[count:]


def _format_of(model: str, kind: str) -> EncoderFormat:
    """T5 models read as ReProver's does; others as they say of themselves, in sentence-transformers' files."""
    if kind in ("t5", "mt5"):
        return EncoderFormat(marked=True)
    prompts = _json_file(model, "config_sentence_transformers.json").get("prompts") or {}
    pooling = _json_file(model, "1_Pooling/config.json")
    return EncoderFormat(
        for_query=prompts.get("query", ""),
        for_premise=prompts.get("document") or prompts.get("passage") or "",
        first_token=bool(pooling.get("pooling_mode_cls_token")),
    )


def _json_file(model: str, file: str) -> dict[str, Any]:
    """A file of JSON that comes with a model; nothing where there is none."""
    from retrieval.neural import transformers

    try:
        path = transformers.utils.hub.cached_file(model, file, _raise_exceptions_for_missing_entries=False)
        found = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(model: Any, format: EncoderFormat) -> str:
    """A digest of all weights and of the input format."""
    written = f"Format({', '.join(f'{name}={value!r}' for name, value in asdict(format).items())})"
    digest = hashlib.sha256(written.encode())
    for name, weights in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weights.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
