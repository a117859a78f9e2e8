"""The command line: finds the command, and turns errors into one sentence and an exit status."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from prover.app.ending import EXIT_INTERRUPTED, end_on_signals
from prover.cli.related import with_related
from prover.errors import ProverError, UsageError
from retrieval.errors import RetrievalError

COMMANDS = {
    "prove": ("prover.cli.prove", "Prove theorems of a Lean repository."),
    "status": ("prover.cli.status", "Show what is open, what depends on what, and what each proof would unlock."),
    "apply": ("prover.cli.apply", "Write the proofs of earlier runs into a repository, together."),
    "replay": ("prover.cli.replay", "Show the search tree of an attempt."),
    "refute": ("prover.cli.refute", "Refute theorems by counterexamples, or prove them."),
    "suggest": ("prover.cli.suggest", "Suggest tactics for a goal, and try each of them."),
    "check": ("prover.cli.check", "Check the proof of a theorem, or audit a repository."),
    "audit": ("prover.cli.audit", "Audit one file, from disk or pasted."),
    "informalize": ("prover.cli.informalize", "Say in words what theorems state."),
    "simulate-model": ("prover.cli.simulate_model", "Serve a model of known skill, to measure without a model."),
    "session": ("prover.cli.session", "List, show, rate and export what models were asked and answered."),
    "models": ("prover.cli.models", "List, show and remove models."),
    "trace": ("prover.cli.trace", "Store everything that Lean knows about a repository in the database."),
    "sorries": ("prover.cli.sorries", "List every `sorry` with its goal."),
    "index": ("prover.cli.index", "Build and examine the premise index of a repository."),
    "search": ("prover.cli.search", "Find theorems and definitions by words, by name or by a goal."),
    "train": ("prover.cli.train", "Train models on the proofs of traced repositories."),
    "lean": ("prover.cli.lean", "Print Lean's messages about a file."),
    "build": ("prover.cli.build", "Compile a repository, and what it needs of its packages."),
    "repo": ("prover.cli.repo", "Keep a list of repositories, by path or URL."),
    "toolchain": ("prover.cli.toolchain", "Install, list and examine Lean toolchains."),
    "learn": ("prover.cli.learn", "Learn from repositories, one after another."),
    "report": ("prover.cli.report_lifelong", "Report on learning runs."),
    "sorrydb": ("prover.cli.sorrydb", "Prove the records of SorryDB."),
    "serve": ("prover.cli.serve", "Keep Lean warm, and answer other programs over HTTP."),
    "watch": ("prover.cli.watch", "Watch a search that a server does, or that was stored."),
    "mcp": ("prover.cli.mcp", "Offer the prover to agents, over the Model Context Protocol."),
    "lsp": ("prover.cli.lsp", "Offer code actions to an editor, over the Language Server Protocol."),
    "copilot": ("prover.cli.copilot", "Serve Lean Copilot, leanpremise and clients of Kimina."),
    "daemon": ("prover.cli.daemon", "Keep proving and learning in the background."),
    "curriculum": ("prover.cli.curriculum", "Plan what to learn in which order."),
    "db": ("prover.cli.db", "Upgrade, examine, export and import the database."),
    "eval": ("prover.cli.eval", "Run benchmarks, report on runs and compare them."),
    "bench": ("prover.cli.bench", "Measure the prover against its baselines."),
}

EXIT_OPEN, EXIT_USAGE, EXIT_REFUSED = 1, 2, 3


class Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="prover")
def cli() -> None:
    """Proves theorems in Lean 4 repositories. A fresh Lean process checks every proof."""


def main() -> None:
    """Runs the command line and exits with its status; within five seconds of SIGINT or SIGTERM."""
    end_on_signals()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs a command line and returns its exit status; the help of each command explains its statuses."""
    try:
        result: Any = cli.main(args=arguments, prog_name="prover", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        (with_related(error) if isinstance(error, click.NoSuchOption) else error).show()
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    except ProverError as error:
        for line in error.details:
            click.echo(line, err=True)
        click.echo(f"prover: {error}", err=True)
        return EXIT_USAGE
    except RetrievalError as error:
        click.echo(f"prover: {error}", err=True)
        return EXIT_USAGE
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        click.echo(f"prover: {error.strerror or error}{where}", err=True)
        return EXIT_USAGE


def existing_path(text: str) -> Path:
    """Returns the path that a user gave.

    Raises:
        UsageError: it does not exist.
    """
    path = Path(os.path.expanduser(text))
    if not path.exists():
        raise UsageError(f"There is no {path}: check the path.")
    return path
