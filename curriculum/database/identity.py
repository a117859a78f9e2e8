"""Keys and digests: what makes two modules, states, proofs or configurations the same. Reads no files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from curriculum.database.tables.base import canonical
from prover.errors import RepositoryError

STATE_BYTES = 16


@dataclass(frozen=True)
class ModuleText:
    """What a module's key depends on, besides its name and the toolchain."""

    digest: str
    """SHA-256 of the file's bytes"""
    imports: tuple[str, ...]
    """the modules that its header names"""


def module_keys(toolchain: str, modules: Mapping[str, ModuleText], tracer: str = "") -> dict[str, str]:
    """A key for each module: it changes with its text, its toolchain, and with all that it imports.

    Imports that are not in `modules` belong to the toolchain's library. `tracer` names what does the
    tracing; another name makes all keys new.

    Raises:
        RepositoryError: modules import each other in a circle.
    """
    keys: dict[str, str] = {}
    within = {name: [i for i in module.imports if i in modules] for name, module in modules.items()}
    try:
        order = list(TopologicalSorter(within).static_order())
    except CycleError as error:
        raise RepositoryError(f"Modules import each other: {' → '.join(error.args[1])}; break the circle.") from None
    for name in order:
        imported = [[i, keys.get(i, "")] for i in modules[name].imports]
        keys[name] = digest_of([toolchain, tracer, name, modules[name].digest, imported])
    return keys


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON value, hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def state_digest(text: str, keys: Sequence[str]) -> bytes:
    """What makes two states the same: what Lean prints, and the keys of the goals."""
    return hashlib.sha256(canonical([text, *keys]).encode()).digest()[:STATE_BYTES]
