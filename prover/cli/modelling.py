"""The options of language models and their limits."""

import functools
from collections.abc import Callable
from typing import Any

import click

from prover.app.environment import offline
from prover.app.models import ModelChoice

OPTIONS: tuple[Any, ...] = (
    click.option("--model", metavar="NAME|PATH|URL", help="A language model that proposes tactics."),
    click.option("--model-format", metavar="NAME|FILE.toml", help="The prompt format; see docs/models.md."),
    click.option(
        "--model-samples", type=click.IntRange(1, 256), default=8, show_default=True, help="Answers per goal."
    ),
    click.option("--model-sampling", type=click.Choice(["beam", "sample"]), help="How answers are decoded."),
    click.option(
        "--model-temperature",
        type=click.FloatRange(0.01, 10),
        default=1.0,
        show_default=True,
        help="Sampling temperature.",
    ),
    click.option("--model-device", default="auto", show_default=True, help="The device: cpu, cuda, or auto."),
    click.option("--model-quantised", type=click.Choice(["4bit", "8bit"]), help="Load the model with fewer bits."),
    click.option("--offline", is_flag=True, help="Never download a model."),
)


LIMITS: tuple[Any, ...] = (
    click.option(
        "--tokens", type=click.IntRange(min=1), help="Maximum number of tokens for each theorem, read and written."
    ),
    click.option(
        "--cost", type=click.FloatRange(min=0, min_open=True), help="Maximum cost of the model for each theorem."
    ),
)


def model_limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options `--tokens` and `--cost` to a command; see `prover.app.models.model_limits`."""
    for option in reversed(LIMITS):
        command = option(command)
    return command


def with_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function of the options of a model, which calls `command` with a `ModelChoice` or None as `model`."""

    def called(**given: Any) -> Any:
        name = given.pop("model")
        options = {key: given.pop(f"model_{key}") for key in ("format", "samples", "sampling", "temperature")}
        options |= {key: given.pop(f"model_{key}") for key in ("device", "quantised")}
        options["offline"] = given.pop("offline") or offline()
        return command(**given, model=ModelChoice(name, **options) if name else None)

    return called


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of a model to a command; see `with_model`."""
    called = functools.wraps(command)(with_model(command))
    for option in reversed(OPTIONS):
        called = option(called)
    return called
