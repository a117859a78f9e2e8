"""Options that several commands share. Each is defined here once, so that it means the same everywhere."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from prover.app.models import DEFAULT_ROUNDS
from prover.app.policies import NO_POLICY
from prover.check.gate import GATE_SECONDS
from prover.check.levels import DEFAULT_LEVEL, HIGHEST_LEVEL
from prover.errors import UsageError
from prover.lean.requests import EVERY_OPEN_THEOREM
from prover.lean.session import TacticLimits
from prover.search.engine import DEFAULT_WIDTH
from prover.tactics.invention import INVENTIONS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

DEFAULT_TIMEOUT_S = 60.0
"""The default time limit of an attempt at a theorem, in seconds."""

repo_option = click.option(
    "--repo",
    default=".",
    show_default=True,
    metavar="URL_OR_PATH[@REV][#DIR]",
    help="A directory or git URL, at a branch, tag or commit, and a directory in it.",
)
jobs_option = click.option(
    "--jobs",
    "--workers",
    "jobs",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="The number of Lean processes.",
)
toolchain_option = click.option(
    "--toolchain",
    "toolchain_choice",
    type=click.Choice(["auto", "native", "embedded"]),
    default="auto",
    show_default=True,
    help="Which Lean to use: the computer's own (elan, lake), the embedded one, or whichever fits.",
)


# --- how theorems are attempted ---


def timeout_option(default: float = DEFAULT_TIMEOUT_S) -> Decorator:
    """Returns `--timeout`, the time limit of one attempt at a theorem, in seconds."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0.1),
        default=default,
        show_default=True,
        help="Time limit of each attempt at a theorem, in seconds.",
    )


gate_timeout_option = click.option(
    "--gate-timeout",
    type=click.FloatRange(min=1.0),
    default=GATE_SECONDS,
    show_default=True,
    help="Time limit of the gate for each proof, in seconds; --timeout does not include it.",
)


def tactic_timeout_option(default: float = 1.5) -> Decorator:
    """Returns `--tactic-timeout`, the time limit of one tactic, in seconds."""
    return click.option(
        "--tactic-timeout",
        type=click.FloatRange(min=0.1),
        default=default,
        show_default=True,
        help="Time limit of each tactic, in seconds; four times that in files with Mathlib.",
    )


def tactic_limits(seconds: float) -> TacticLimits:
    """Returns the limits of each tactic for a value of `--tactic-timeout`."""
    return TacticLimits(milliseconds=round(seconds * 1000))


def width_option(*aliases: str, default: int = DEFAULT_WIDTH, highest: int | None = None) -> Decorator:
    """Returns `--width`, the maximum number of tactics tried on a goal.

    Args:
        aliases: other spellings of the option.
    """
    return click.option(
        *aliases,
        "--width",
        "width",
        type=click.IntRange(1, highest),
        default=default,
        show_default=True,
        help="Maximum number of tactics tried on each goal.",
    )


def generators_option(default: str = "automation,structure") -> Decorator:
    """Returns `--generators`, the names of the generators that propose tactics."""
    return click.option(
        "--generators", default=default, show_default=True, help="Generators of tactics, separated by commas."
    )


def _inventions(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """Returns the kinds that a value of `--invent` names."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if names == ("none",):
        return ()
    if unknown := [name for name in names if name not in INVENTIONS]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(INVENTIONS)}; or say none.")
    return names


invent_option = click.option(
    "--invent",
    default=",".join(INVENTIONS),
    show_default=True,
    callback=_inventions,
    help="What the search looks for when a goal is stuck, separated by commas; or none.",
)

policy_option = click.option(
    "--policy",
    default=NO_POLICY,
    show_default=True,
    metavar="NAME|FILE|none",
    help="What says which of all suggestions to try first: default, a policy of yours, or none.",
)

mode_option = click.option(
    "--mode",
    type=click.Choice(["tactics", "whole-proof", "both", "agent"]),
    default="tactics",
    show_default=True,
    help="The model proposes tactics, whole proofs, both, or works in rounds with the search.",
)


def _agent_parts(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """Returns the parts of the rounds that a value of `--agent-parts` names."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if names == ("none",):
        return ()
    if unknown := [name for name in names if name not in DEFAULT_ROUNDS.parts]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(DEFAULT_ROUNDS.parts)}; or say none.")
    return names


rounds_option = click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=DEFAULT_ROUNDS.rounds,
    show_default=True,
    help="With --mode agent: how many times the model is asked about a theorem.",
)
agent_parts_option = click.option(
    "--agent-parts",
    default=",".join(DEFAULT_ROUNDS.parts),
    show_default=True,
    callback=_agent_parts,
    help="With --mode agent: the parts of its rounds, separated by commas; or none.",
)


def level_option(default: int, lowest: int = 1, highest: int = HIGHEST_LEVEL) -> Decorator:
    """Returns `--level`, the gate's level up to which proofs are checked."""
    return click.option(
        "--level",
        type=click.IntRange(lowest, highest),
        default=default,
        show_default=True,
        help="The gate's level up to which proofs are checked; docs/gate.md describes them.",
    )


search_level_option = level_option(DEFAULT_LEVEL, DEFAULT_LEVEL, HIGHEST_LEVEL - 1)
"""`--level` of commands that search: level 5 looks at the statement, which a search does not change."""

allowed_axioms_option = click.option(
    "--allow-axiom",
    "axioms",
    multiple=True,
    metavar="NAME",
    help="Full name of an axiom, of the file or its imports, that proofs may use; may be given several times.",
)

theorems_option = click.option(
    "--theorem",
    "theorems",
    multiple=True,
    metavar="NAME|FILE#LINE",
    help="A theorem by its full name or place; may be given several times.",
)

targets_argument = click.argument("targets", nargs=-1, metavar="[NAME|MODULE:NAME|FILE#LINE]...")
"""Theorems given without `--theorem`, for commands of the class `JsonCommand`, which adds them to that option's."""

every_theorem_option = click.option("--all", "everything", is_flag=True, help="Every theorem that has a `sorry`.")


def _assumed(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the open theorems that the values of `--assume` name."""
    if "all" in names:
        return EVERY_OPEN_THEOREM
    return () if "none" in names else names


def assume_option(default: str) -> Decorator:
    """Returns `--assume`, the open theorems that proofs may rest on."""
    return click.option(
        "--assume",
        "assumed",
        multiple=True,
        default=(default,),
        show_default=True,
        callback=_assumed,
        metavar="all|none|NAME",
        help="The theorems with a `sorry` that proofs may rest on: all, none, or a full name, given once for each.",
    )


revisions_option = click.option(
    "--revisions",
    type=click.IntRange(0, 20),
    default=1,
    show_default=True,
    help="How many times the model may revise a whole proof that failed.",
)

# --- output for programs ---

json_option = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    metavar="[FILE]",
    help="Write the result as JSON to FILE; without FILE, or for -, to standard output in place of the text.",
)
"""`--json`, for commands of the class `JsonCommand`. The function `prover.cli.output.print_result` obeys it."""

PROJECT_FILE = "prover.toml"
GIVEN_ARGUMENTS = "prover.arguments"
"""The key of a context's `meta` under which a `JsonCommand` keeps its arguments as they were given."""


class JsonCommand(click.Command):
    """A command whose `--json` may stand without a file, as the flag that it was in earlier versions."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses arguments, after `--json` was given the file `-` where it has none."""
        ctx.meta[GIVEN_ARGUMENTS] = tuple(args)
        rest = super().parse_args(ctx, with_json_file(args, self._file_after_json))
        self._add_targets(ctx)
        return rest

    def _file_after_json(self, word: str) -> bool:
        """Returns whether the word after `--json` is its file rather than an argument of the command."""
        arguments = {parameter.name for parameter in self.params if isinstance(parameter, click.Argument)}
        if arguments - {"targets"}:
            return word.endswith(".json")
        return not (arguments and set(word) & set(":#"))

    def _add_targets(self, ctx: click.Context) -> None:
        """Adds the theorems that were given as arguments to those of `--theorem`."""
        targets: tuple[str, ...] = ctx.params.pop("targets", ())
        if not targets:
            return
        if "theorems" in ctx.params:
            ctx.params["theorems"] += targets
        elif ctx.params["theorem"] is None and len(targets) == 1:
            ctx.params["theorem"] = targets[0]
        else:
            raise click.UsageError("Name one theorem.", ctx)


class ProjectCommand(JsonCommand):
    """A command whose options have defaults in the table of its name in `prover.toml`, in the project's directory."""

    not_there = frozenset(("repo", "theorems", "targets", "file", "line", "everything", "apply", "json_file"))
    """Parameters that say what to do, and not how."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parses arguments, with the defaults of the project."""
        extra["default_map"] = {**self._defaults(args), **(extra.get("default_map") or {})}
        return super().make_context(info_name, args, parent, **extra)

    def _defaults(self, args: Sequence[str]) -> dict[str, Any]:
        file = project_directory(args) / PROJECT_FILE
        if not file.is_file():
            return {}
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8")).get(self.name or "", {})
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{file} cannot be read ({error}): fix it first.") from None
        options = {
            name.lstrip("-"): option
            for option in self.params
            if isinstance(option, click.Option) and option.name not in self.not_there
            for name in option.opts
        }
        found = {}
        for key, value in table.items() if isinstance(table, dict) else ():
            option = options.get(key.replace("_", "-"))
            if option is None or option.name is None:
                known = ", ".join(sorted(name for name in options if len(name) > 1))
                raise UsageError(f"{file} has an unknown setting {self.name}.{key}: choose from {known}.")
            joined = isinstance(value, list) and not option.multiple
            found[option.name] = ",".join(map(str, value)) if joined else value
        return found


def project_directory(args: Sequence[str]) -> Path:
    """Returns the directory that `--repo` names in some arguments, by default the current one; a URL names none."""
    place = "."
    for number, word in enumerate(args):
        if word == "--":
            break
        if word == "--repo" and number + 1 < len(args):
            place = args[number + 1]
        elif word.startswith("--repo="):
            place = word.removeprefix("--repo=")
    return Path(place).expanduser()


def with_json_file(arguments: Sequence[str], is_file: Callable[[str], bool]) -> list[str]:
    """Returns arguments in which `--json` has a file; any file can be given as `--json=FILE`.

    Args:
        is_file: whether the word after `--json`, which is no option, is its file.
    """
    options = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    for place in reversed(range(len(options))):
        if options[place] != "--json":
            continue
        following = options[place + 1] if place + 1 < len(options) else ""
        if following != "-" and (following == "" or following.startswith("-") or not is_file(following)):
            options.insert(place + 1, "-")
    return options + list(arguments[len(arguments) if "--" not in arguments else arguments.index("--") :])
