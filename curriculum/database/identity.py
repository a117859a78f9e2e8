"""Keys and digests that identify modules, states, proofs and configurations. Reads no files."""

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
    """The text of a module as far as its key depends on it."""

    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    imports: tuple[str, ...]
    """The modules that its header imports."""


def module_keys(toolchain: str, modules: Mapping[str, ModuleText], tracer: str = "") -> dict[str, str]:
    """Returns a key for each module, which depends on its text, the toolchain, and the keys of all modules it imports.

    Imports that are not in `modules` belong to the toolchain's library. `tracer` names the version of the tracer; all
    keys depend on it.

    Raises:
        RepositoryError: Modules import each other in a cycle.
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
    """Returns SHA-256 of a JSON value, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def state_digest(text: str, keys: Sequence[str]) -> bytes:
    """Returns the digest that identifies a state: of its printed text and the keys of its goals."""
    return hashlib.sha256(canonical([text, *keys]).encode()).digest()[:STATE_BYTES]
