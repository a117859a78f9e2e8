"""Language models small enough for tests: real ones, with random weights, saved to disk."""

from pathlib import Path

ALPHABET = 384
"""the numbers of ByT5's tokenizer: bytes and what it reserves"""


def tiny_seq2seq(directory: Path, seed: int = 0) -> Path:
    """A T5 over bytes, of one layer."""
    import torch
    from transformers import ByT5Tokenizer, T5Config, T5ForConditionalGeneration

    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=ALPHABET,
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    T5ForConditionalGeneration(config).save_pretrained(directory)
    ByT5Tokenizer().save_pretrained(directory)
    return directory


def tiny_causal(directory: Path, seed: int = 0, chat: bool = False) -> Path:
    """A GPT over bytes, of two layers; with a chat template where it is asked for."""
    import torch
    from transformers import ByT5Tokenizer, GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=ALPHABET,
        n_embd=16,
        n_layer=2,
        n_head=2,
        n_positions=256,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    for parameter in model.parameters():  # else it says the same whatever it is asked
        torch.nn.init.normal_(parameter, std=0.4)
    model.save_pretrained(directory)
    tokenizer = ByT5Tokenizer()
    if chat:
        tokenizer.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"
    tokenizer.save_pretrained(directory)
    return directory
