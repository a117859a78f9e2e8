"""Base models of training: presets with random weights, or any model in a directory or on the hub."""

from collections.abc import Callable, Mapping
from typing import Any

from prover.errors import ModelMissing
from prover.tactics.language.transformer import Loading, load
from retrieval.errors import PackageMissing
from retrieval.neural import silence

ALPHABET = 384
"""The size of ByT5's vocabulary: 256 bytes, 3 special tokens, and 125 reserved ones (Xue et al. 2022)."""


def fresh(name: str, seed: int) -> tuple[Any, Any]:
    """Returns the model of a preset with random weights, and its tokenizer over bytes.

    Raises:
        ModelMissing: a package is missing.
        KeyError: there is no such preset.
    """
    build = PRESETS[name]
    try:
        from retrieval.neural import torch, transformers
    except PackageMissing as error:
        raise ModelMissing(str(error)) from None
    silence()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(), transformers.ByT5Tokenizer()


def starting(base: str, seed: int) -> tuple[Any, Any]:
    """Returns model and tokenizer of a preset, a directory, or a name on the hub.

    Raises:
        ModelMissing: there is no such model, or a package is missing.
    """
    if base in PRESETS:
        return fresh(base, seed)
    loaded = load(base, Loading(dtype="float32"))
    return loaded.model, loaded.tokenizer


def _t5(d_model: int, d_ff: int, heads: int, layers: tuple[int, int]) -> Callable[[], Any]:
    def build() -> Any:
        from retrieval.neural import transformers

        config = transformers.T5Config(
            vocab_size=ALPHABET,
            d_model=d_model,
            d_kv=d_model // heads,
            d_ff=d_ff,
            num_heads=heads,
            num_layers=layers[0],
            num_decoder_layers=layers[1],
            feed_forward_proj="gated-gelu",
            dropout_rate=0.0,
            decoder_start_token_id=0,
            pad_token_id=0,
            eos_token_id=1,
        )
        return transformers.T5ForConditionalGeneration(config)

    return build


def _gpt(width: int, heads: int, layers: int, context: int) -> Callable[[], Any]:
    def build() -> Any:
        from retrieval.neural import transformers

        config = transformers.GPT2Config(
            vocab_size=ALPHABET,
            n_embd=width,
            n_head=heads,
            n_layer=layers,
            n_positions=context,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=1,
            eos_token_id=1,
            pad_token_id=0,
        )
        return transformers.GPT2LMHeadModel(config)

    return build


PRESETS: Mapping[str, Callable[[], Any]] = {
    "tiny": _t5(96, 256, 4, (2, 2)),
    "tiny-causal": _gpt(96, 4, 3, 1024),
    "small": _t5(256, 768, 4, (6, 3)),
    "small-causal": _gpt(384, 6, 6, 2048),
}
"""Sequence-to-sequence and causal models over bytes, by name; the tiny ones train on two CPU cores in minutes."""
