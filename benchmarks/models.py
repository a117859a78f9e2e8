"""Throughput of language models on this machine, one by one and in batches; and what the ensemble costs an expansion.

The models have the shapes of real ones and random weights, which take as long. `prover bench models` runs this.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.workload import conditions
from prover.lean.protocol import Goal, Hypothesis
from prover.lean.session import Failed
from prover.tactics.automation import Automation
from prover.tactics.ensemble import Ensemble
from prover.tactics.generator import BoundGenerator, StatelessGenerator, Suggestion, TheoremRef
from prover.tactics.language.formats import PromptFields, format_named, state_text
from prover.tactics.language.model import Decoding, Prompt
from prover.tactics.language.transformer import Transformer
from prover.tactics.structure import Structure

SAMPLES = 8
TOKENS = 24
"""The number of tokens of a tactic: as many as a byte-level model needs for `simp [Nat.add_comm, ih]`."""
TIMES_WANTED = 4.0
MOST_MS = 2.0
THEOREM = TheoremRef("Bench", "Bench.t", 0, "key")
FAILED = Failed("elaboration", "", 0)
Progress = Callable[[str], None]


def measure(goals: int, progress: Progress) -> dict[str, Any]:
    """Figures of both models and of the ensemble."""
    prompts = [made_up_goal(number) for number in range(goals)]
    rows = []
    for name, build, format in (
        ("ByT5-small, 300M, seq2seq", byt5_small, "reprover"),
        ("GPT, 86M, causal", gpt_100m, "bfs-prover"),
    ):
        progress(f"making {name}")
        model = build()
        asked = [format_named(format).prompt(PromptFields(state=state_text(goal))) for goal in prompts]
        rows += [{"model": name, **row} for row in throughput(model, asked, progress)]
    progress("the ensemble")
    return {"conditions": conditions(), "throughput": rows, "ensemble": ensemble_overhead(prompts)}


def throughput(model: Transformer, prompts: Sequence[Prompt], progress: Progress) -> list[dict[str, Any]]:
    """Tactics a second: one completion at a time, the completions of one goal at a time, those of all goals at once."""
    ways: tuple[tuple[str, int, int], ...] = (
        ("one tactic at a time", 1, 1),
        ("one goal at a time", 1, SAMPLES),
        ("all goals at once", len(prompts), SAMPLES),
    )
    model.complete(prompts[:1], Decoding(1, "sample", tokens=2))  # warm
    found: list[dict[str, Any]] = []
    for what, together, samples in ways:
        progress(what)
        asked = prompts if together > 1 else prompts[:4]
        started = time.perf_counter()
        for start in range(0, len(asked), together):
            model.complete(asked[start : start + together], Decoding(samples, "sample", tokens=TOKENS, seed=start))
        rate = len(asked) * samples / (time.perf_counter() - started)
        found.append({"what": what, "tactics_per_second": round(rate, 2)})
    for row in found:
        row["times"] = round(row["tactics_per_second"] / found[0]["tactics_per_second"], 1)
    found[-1]["met"] = found[-1]["times"] >= TIMES_WANTED
    return found


def ensemble_overhead(goals: Sequence[Goal]) -> dict[str, Any]:
    """Milliseconds that mixing and counting add to an expansion of four generators, with every tactic tried."""

    class Said(StatelessGenerator):
        """Returns precomputed results."""

        def __init__(self, name: str, known: dict[str, list[Suggestion]]) -> None:
            self.name = name
            self._known = known

        def suggest(self, goal: Goal) -> Sequence[Suggestion]:
            return self._known[goal.key]

    kinds: dict[str, BoundGenerator] = {
        "automation": Automation(),
        "structure": Structure(),
        "memory": Structure(),
        "model": Automation(),
    }
    said = {name: {g.key: list(kind.suggest(g)) for g in goals} for name, kind in kinds.items()}
    ensemble = Ensemble([Said(name, known) for name, known in said.items()])
    bound = ensemble.for_theorem(THEOREM)
    times, sizes = [], []
    for _ in range(50):
        for goal in goals:
            started = time.perf_counter()
            suggestions = bound.suggest(goal)
            for suggestion in suggestions[:64]:
                bound.on_result(goal, suggestion, FAILED)
            times.append((time.perf_counter() - started) * 1000)
            sizes.append(len(suggestions))
    median = statistics.median(times)
    return {
        "suggestions": round(statistics.mean(sizes)),
        "median_ms": round(median, 3),
        "p99_ms": round(statistics.quantiles(times, n=100)[98], 3),
        "met": median <= MOST_MS,
    }


def made_up_goal(number: int) -> Goal:
    """A goal of about a hundred bytes, unlike the others."""
    names = ("xs", "ys", f"n{number}")
    hypotheses = (
        Hypothesis("xs", "List Nat", "List"),
        Hypothesis("ys", "List Nat", "List"),
        Hypothesis(f"n{number}", "Nat", "Nat", constructors=2, recursive=True),
        Hypothesis("h", f"xs.length = n{number} + {number}", "Eq", prop=True),
    )
    target = f"(xs ++ ys).length = n{number} + {number} + ys.length"
    return Goal(f"goal {number}", (*names, "h"), target=target, head="Eq", equality="Nat", hypotheses=hypotheses)


def byt5_small() -> Transformer:
    """A model of the shape of ByT5-small (Xue et al. 2022), which ReProver's are."""
    from retrieval.neural import torch, transformers

    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=384,
        d_model=1472,
        d_kv=64,
        d_ff=3584,
        num_heads=6,
        num_layers=12,
        num_decoder_layers=4,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    return Transformer(
        "byt5-small", transformers.T5ForConditionalGeneration(config).eval(), transformers.ByT5Tokenizer(), batch=256
    )


def gpt_100m() -> Transformer:
    """A causal model of the shape of GPT-2's smallest, over bytes."""
    from retrieval.neural import torch, transformers

    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=384, n_positions=1024, bos_token_id=1, eos_token_id=1, pad_token_id=0)
    return Transformer("gpt-86m", transformers.GPT2LMHeadModel(config).eval(), transformers.ByT5Tokenizer(), batch=256)
