"""The options of `--model` and its limits."""

import functools
from collections.abc import Callable
from typing import Any

import click

from prover.app.environment import offline
from prover.app.models import ModelChoice

OPTIONS: tuple[Any, ...] = (
    click.option("--model", metavar="NAME|PATH|URL", help="A language model that proposes tactics."),
    click.option("--model-format", metavar="NAME|FILE.toml", help="How it is asked; see docs/models.md."),
    click.option("--model-samples", type=click.IntRange(1, 256), default=8, show_default=True, help="Answers a goal."),
    click.option("--model-sampling", type=click.Choice(["beam", "sample"]), help="How answers are drawn."),
    click.option("--model-temperature", type=click.FloatRange(0.01, 10), default=1.0, show_default=True),
    click.option("--model-device", default="auto", show_default=True, help="cpu, cuda, or whichever is there."),
    click.option("--model-quantised", type=click.Choice(["4bit", "8bit"]), help="Loads it with fewer bits."),
    click.option("--offline", is_flag=True, help="Never downloads a model."),
)


LIMITS: tuple[Any, ...] = (
    click.option("--tokens", type=click.IntRange(min=1), help="That a model reads and writes for a theorem, at most."),
    click.option("--cost", type=click.FloatRange(min=0, min_open=True), help="Of a model for a theorem, at most."),
)


def model_limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options `tokens` and `cost`; see `prover.app.models.model_limits`."""
    for option in reversed(LIMITS):
        command = option(command)
    return command


def with_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the options of a model, from one that gets them as `model`: None where no model is asked for."""

    def called(**given: Any) -> Any:
        name = given.pop("model")
        options = {key: given.pop(f"model_{key}") for key in ("format", "samples", "sampling", "temperature")}
        options |= {key: given.pop(f"model_{key}") for key in ("device", "quantised")}
        options["offline"] = given.pop("offline") or offline()
        return command(**given, model=ModelChoice(name, **options) if name else None)

    return called


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of a model; see `with_model`."""
    called = functools.wraps(command)(with_model(command))
    for option in reversed(OPTIONS):
        called = option(called)
    return called
