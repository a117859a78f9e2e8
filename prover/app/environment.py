"""Settings from the user's environment: the home directory, the database and the Lean toolchain.

The only file of the application layer that reads environment variables.
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from prover.errors import UsageError
from prover.lean.toolchain import choose
from prover.lean.toolchain.choose import ToolchainChoice, ToolchainRequirement, ToolchainSources
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import install
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.progress import Reporter
from prover.project.layout import Repository
from prover.project.native_tree import depends_on_mathlib

if TYPE_CHECKING:
    from curriculum.database.database import Database


def home() -> Home:
    """Returns the directory `PROVER_HOME`, or the platform's user directory if that is not set."""
    chosen = os.environ.get("PROVER_HOME")
    return Home(Path(chosen).expanduser().resolve()) if chosen else Home.default()


def settings_digest() -> str:
    """Returns a digest of the settings on which results depend: the home directory and the database."""
    settings = f"{home().root}\0{os.environ.get('PROVER_DATABASE') or ''}"
    return hashlib.sha256(settings.encode()).hexdigest()[:16]


def database() -> "Database":
    """Opens the database that `PROVER_DATABASE` names, by default a file in the user directory.

    Raises:
        DatabaseUnavailable: `PROVER_DATABASE` names no supported database.
    """
    from curriculum.database.database import Database  # the slowest of all imports here

    return Database(os.environ.get("PROVER_DATABASE") or home().root / "prover.db")


def embedded_toolchain(reporter: Reporter) -> EmbeddedToolchain:
    """Returns the embedded toolchain, and installs it first if necessary."""
    return install(home(), find_node(), reporter.progress)


def choose_toolchain(
    repository: Repository, choice: ToolchainChoice, reporter: Reporter
) -> EmbeddedToolchain | NativeToolchain:
    """Returns the toolchain for a repository, with its gateway.

    Raises:
        NeedsToolchain, NativeLeanFailed, InstallFailed: See `prover.lean.toolchain.choose.choose_toolchain`.
    """
    requirement = ToolchainRequirement(repository.root, repository.toolchain, depends_on_mathlib(repository.root))
    sources = ToolchainSources(home(), lambda: embedded_toolchain(reporter), reporter.notify, reporter.progress)
    return choose.choose_toolchain(requirement, choice, sources)


def model_key() -> str | None:
    """Returns the API key for language-model servers, `PROVER_MODEL_KEY`."""
    return os.environ.get("PROVER_MODEL_KEY")


def model_prices() -> tuple[float, float]:
    """Returns the price of a million input tokens and that of a million output tokens of a language model.

    Raises:
        UsageError: A price is not a number.
    """
    return _price("PROVER_MODEL_PRICE_IN"), _price("PROVER_MODEL_PRICE_OUT")


def offline() -> bool:
    """Returns whether models must not be downloaded, `HF_HUB_OFFLINE`."""
    return bool(os.environ.get("HF_HUB_OFFLINE"))


def _price(variable: str) -> float:
    try:
        return float(os.environ.get(variable) or 0)
    except ValueError:
        raise UsageError(f"{variable} is not a number: set it to the price of a million tokens.") from None
