"""Models that run here, by `transformers`: sequence-to-sequence and causal ones, on a CPU or a GPU.

Everything heavy is imported when a model is loaded.
"""

import inspect
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from prover.errors import ModelError, ModelMissing
from prover.tactics.language.model import Completion, Decoding, ModelKind, Prompt, Usage, charge, distinct, until_stop
from retrieval.errors import PackageMissing
from retrieval.neural import default_device, require, silence

if TYPE_CHECKING:
    from retrieval.neural import torch

Quantised = Literal["4bit", "8bit"]


@dataclass(frozen=True)
class Loading:
    """How a model is loaded."""

    device: str = "auto"
    """`cpu`, `cuda`, or `auto` for whichever is available"""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """the data type; `auto`: as stored on a GPU, float32 on a CPU"""
    quantised: Quantised | None = None
    batch: int = 64
    """the number of sequences that are generated at once"""
    offline: bool = False
    """whether nothing may be downloaded"""


def load(name: str, loading: Loading | None = None) -> "Transformer":
    """Loads the model in a directory, or of a name on the hub.

    Raises:
        ModelMissing: a package is missing, there is no such model, or it cannot be loaded.
    """
    loading = loading or Loading()
    try:
        from retrieval.neural import transformers

        require("torch")
    except PackageMissing as error:
        raise ModelMissing(str(error)) from None
    silence()
    device = default_device(loading.device)
    try:
        config = transformers.AutoConfig.from_pretrained(name, local_files_only=loading.offline)
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, local_files_only=loading.offline)
        options: dict[str, Any] = {"dtype": _dtype(loading, device), **_quantisation(loading)}
        if config.is_encoder_decoder:
            loader: Any = transformers.AutoModelForSeq2SeqLM
        else:
            loader = transformers.AutoModelForCausalLM
        loaded = loader.from_pretrained(name, local_files_only=loading.offline, config=config, **options)
        if loading.quantised is None:
            loaded = loaded.to(device)
    except Exception as error:
        raise ModelMissing(_why_not(name, error)) from None
    return Transformer(name, loaded.eval(), tokenizer, loading.batch)


class Transformer:
    """A loaded model. Thread-safe; it serves one thread after another."""

    def __init__(self, name: str, model: Any, tokenizer: Any, batch: int = 64) -> None:
        self.name = name
        self.model = model
        self.tokenizer = tokenizer
        self.kind: ModelKind = "seq2seq" if model.config.is_encoder_decoder else "causal"
        if self.kind == "causal" and getattr(tokenizer, "chat_template", None):
            self.kind = "chat"
        self._batch = batch
        self._lock = threading.Lock()
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        if self.kind != "seq2seq":
            tokenizer.padding_side = "left"  # generated tokens follow the prompt

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        """See `LanguageModel.complete`. Prompts of similar length are generated together.

        Raises:
            ModelError: memory is short, or the model fails.
        """
        from retrieval.neural import torch

        order = sorted(range(len(prompts)), key=lambda number: len(prompts[number].text))
        size = max(1, self._batch // decoding.count)
        answers: list[list[Completion]] = [[] for _ in prompts]
        try:
            with self._lock, torch.inference_mode():
                for start in range(0, len(order), size):
                    chosen = order[start : start + size]
                    for number, found in zip(
                        chosen, self._batched([prompts[n] for n in chosen], decoding), strict=True
                    ):
                        answers[number] = found
        except (RuntimeError, ValueError, IndexError) as error:
            raise ModelError(f"{self.name} failed ({_first_line(error)}): try a smaller batch or prompt.") from None
        return answers

    def _batched(self, prompts: Sequence[Prompt], decoding: Decoding) -> Iterator[list[Completion]]:
        from retrieval.neural import torch

        started = time.monotonic()
        inputs = self._encoded(prompts, decoding)
        width = 0 if self.kind == "seq2seq" else int(inputs["input_ids"].shape[1])
        stops = _Stops(self.tokenizer, decoding.stops, max(width, 1))
        tally = _Tally(self._ends(), stops)
        options: dict[str, Any] = {
            "max_new_tokens": decoding.tokens,
            "return_dict_in_generate": True,
            "stopping_criteria": [stops] if decoding.stops else None,
            "pad_token_id": self.tokenizer.pad_token_id,
            "repetition_penalty": 1.0,
        }
        if decoding.way == "beam" and decoding.count > 1:
            # With no penalty on length a beam's score is the sum of its log-probabilities.
            options |= {"do_sample": False, "num_beams": decoding.count, "num_return_sequences": decoding.count}
            options |= {"length_penalty": 0.0, "output_scores": True, "early_stopping": False}
            made = self.model.generate(**inputs, **options)
            scores = made.sequences_scores
        else:
            torch.manual_seed(decoding.seed)
            options |= {"do_sample": decoding.way == "sample", "num_beams": 1, "logits_processor": [tally]}
            if decoding.way == "sample":
                options |= {"temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": 0}
            made = self.model.generate(**self._repeated(inputs, decoding.count), **options)
            scores = tally.totals(made.sequences)
        padding = self.tokenizer.pad_token_id
        written = int((made.sequences[:, max(width, 1) :] != padding).sum()) if padding is not None else 0
        charge(Usage(1, int(inputs["attention_mask"].sum()), written, seconds=time.monotonic() - started))
        yield from self._read(made.sequences, scores.tolist(), width, decoding)

    def _encoded(self, prompts: Sequence[Prompt], decoding: Decoding) -> Any:
        """Returns the prompts as token numbers, padded to one length, and cut at the front to the model's maximum."""
        if self.kind == "chat":
            texts = [self._chat(prompt) for prompt in prompts]
        else:
            texts = [
                prompt.text if prompt.system is None else f"{prompt.system}\n\n{prompt.text}" for prompt in prompts
            ]
        room = getattr(self.model.config, "max_position_embeddings", None) if self.kind != "seq2seq" else None
        self.tokenizer.truncation_side = "left"
        encoded = self.tokenizer(
            texts,
            padding=True,
            truncation=room is not None,
            max_length=max(1, room - decoding.tokens) if room is not None else None,
            add_special_tokens=self.kind == "seq2seq" or not self._ends_prompts(),
            return_tensors="pt",
        )
        device = self.model.device
        return {key: encoded[key].to(device) for key in ("input_ids", "attention_mask")}

    def _ends_prompts(self) -> bool:
        """Returns whether the tokenizer appends an end token, which a prompt must not have."""
        if self.kind == "chat":  # the template contains all special tokens
            return True
        ids = self.tokenizer("x")["input_ids"]
        return bool(ids) and ids[-1] == self.tokenizer.eos_token_id

    def _chat(self, prompt: Prompt) -> str:
        messages = [{"role": "user", "content": prompt.text}]
        if prompt.system is not None:
            messages.insert(0, {"role": "system", "content": prompt.system})
        text: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text

    def _repeated(self, inputs: Any, count: int) -> Any:
        """Repeats each prompt `count` times but reads it once: the encoder's output, or keys and values, are shared."""
        if self.kind == "seq2seq":
            return {**inputs, "num_return_sequences": count}
        many = {key: value.repeat_interleave(count, dim=0) for key, value in inputs.items()}
        if count > 1 and inputs["input_ids"].shape[1] > 1:
            from retrieval.neural import transformers

            cache = transformers.DynamicCache(config=self.model.config)
            ids, mask = inputs["input_ids"][:, :-1], inputs["attention_mask"][:, :-1]
            given = {"input_ids": ids, "attention_mask": mask, "past_key_values": cache, "logits_to_keep": 1}
            if "position_ids" in inspect.signature(self.model.forward).parameters:
                given["position_ids"] = (mask.cumsum(dim=1) - 1).clamp(min=0)  # padding on the left has no position
            self.model(**given, use_cache=True)
            cache.batch_repeat_interleave(count)
            many["past_key_values"] = cache
        return many

    def _ends(self) -> list[int]:
        ends = self.model.generation_config.eos_token_id
        if ends is None:
            ends = self.tokenizer.eos_token_id
        return list(ends) if isinstance(ends, list | tuple) else [] if ends is None else [int(ends)]

    def _read(
        self, rows: "torch.Tensor", scores: Sequence[float], width: int, decoding: Decoding
    ) -> Iterator[list[Completion]]:
        ends = set(self._ends())
        texts = self.tokenizer.batch_decode(rows[:, width:], skip_special_tokens=True)
        found = []
        for text, row, score in zip(texts, rows[:, max(width, 1) :].tolist(), scores, strict=True):
            cut, stopped = until_stop(text, decoding.stops)
            found.append(Completion(cut, float(score), stopped or bool(ends.intersection(row))))
        for start in range(0, len(found), decoding.count):
            yield distinct(found[start : start + decoding.count])


class _Stops:
    """Ends a sequence when its last tokens contain a stop sequence."""

    def __init__(self, tokenizer: Any, stops: Sequence[str], width: int) -> None:
        self._tokenizer = tokenizer
        self._stops = stops
        self._width = width
        self._tail = max((len(stop.encode()) for stop in stops), default=0) + 1
        self.done: torch.Tensor | None = None
        """the rows that have ended; shape (rows,)"""

    def __call__(self, rows: "torch.Tensor", _scores: object, **_: object) -> "torch.Tensor":
        from retrieval.neural import torch

        tails = rows[:, max(self._width, rows.shape[1] - self._tail) :]
        texts = self._tokenizer.batch_decode(tails, skip_special_tokens=True)
        self.done = torch.tensor([any(stop in text for stop in self._stops) for text in texts], device=rows.device)
        return self.done


class _Tally:
    """Sums the log-probabilities of the sampled tokens, before any temperature."""

    def __init__(self, ends: Sequence[int], stops: _Stops) -> None:
        self._ends = ends
        self._stops = stops
        self._sums: torch.Tensor | None = None
        self._going: torch.Tensor | None = None
        self._next: torch.Tensor | None = None
        """the log-probabilities of the next token; shape (rows, vocabulary)"""

    def __call__(self, rows: "torch.Tensor", logits: "torch.Tensor") -> "torch.Tensor":
        self._count(rows)
        self._next = logits.float().log_softmax(dim=-1)
        return logits

    def totals(self, rows: "torch.Tensor") -> "torch.Tensor":
        """Returns the summed log-probability of each row; shape (rows,)."""
        self._count(rows)
        assert self._sums is not None
        return self._sums

    def _count(self, rows: "torch.Tensor") -> None:
        from retrieval.neural import torch

        if self._next is None:
            return
        last = rows[:, -1]
        if self._sums is None or self._going is None:
            self._sums = torch.zeros(len(last), device=rows.device)
            self._going = torch.ones(len(last), dtype=torch.bool, device=rows.device)
        self._sums += torch.where(self._going, self._next.gather(1, last.unsqueeze(1)).squeeze(1), 0.0)
        self._going &= ~torch.isin(last, torch.tensor(self._ends, device=last.device, dtype=last.dtype))
        if self._stops.done is not None:
            self._going &= ~self._stops.done


def _dtype(loading: Loading, device: str) -> Any:
    from retrieval.neural import torch

    if loading.dtype != "auto":
        return getattr(torch, loading.dtype)
    return "auto" if device.startswith("cuda") else torch.float32


def _quantisation(loading: Loading) -> dict[str, Any]:
    if loading.quantised is None:
        return {}
    from importlib.util import find_spec

    from retrieval.neural import transformers

    if find_spec("bitsandbytes") is None:
        raise ImportError("quantised loading needs the package bitsandbytes: pip install bitsandbytes")
    bits = loading.quantised
    chosen = transformers.BitsAndBytesConfig(load_in_4bit=bits == "4bit", load_in_8bit=bits == "8bit")
    return {"quantization_config": chosen, "device_map": "auto"}


def _why_not(name: str, error: Exception) -> str:
    return f"{name} cannot be loaded as a language model ({_first_line(error)}): give a directory or a name on the hub."


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
