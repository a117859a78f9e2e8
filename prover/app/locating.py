"""Finds the theorem that a user names, in the module that declares it."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from prover.app.workspace import Workspace
from prover.errors import LeanError, RepositoryError, UnknownTheorem, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration
from prover.lean.session import SourceText
from prover.project.build import source_of
from prover.project.layout import Module, Repository

NEAREST = 5
OTHERS = 40
"""modules that are looked through for a theorem although their text does not have its name"""


@dataclass(frozen=True)
class Located:
    """A declaration and its file, which need not compile."""

    module: Module
    source: SourceText
    declaration: Declaration


def locate(ready: Workspace, session: LeanSession, name: str) -> Located:
    """The declaration of that full name; modules whose text has its last part are looked through first.

    Raises:
        UnknownTheorem: there is none.
        UsageError: there may be, in a module that cannot be read.
    """
    seen: list[str] = []
    broken: UsageError | LeanError | None = None
    for module, _ in likely_first(ready.repository, name):
        try:
            ready.builder.prepare(module)
            source = source_of(ready.repository, module)
            session.elaborate(source)
            declarations = session.declarations(source)
        except (UsageError, LeanError) as error:
            broken = broken or error
            continue
        for declaration in declarations:
            if declaration.name == name:
                return Located(module, source, declaration)
        seen.extend(d.name for d in declarations if d.kind == "theorem")
    if broken is not None and not seen:
        raise broken
    raise UnknownTheorem(unknown(name, seen))


def unknown(name: str, known: Sequence[str]) -> str:
    """The sentence for a theorem that is not there, with the nearest that are."""
    nearest = difflib.get_close_matches(name, known, NEAREST, cutoff=0.4)
    last = name.rsplit(".", 1)[-1]
    nearest = list(dict.fromkeys([k for k in known if k.rsplit(".", 1)[-1] == last] + nearest))[:NEAREST]
    hint = f"did you mean {', '.join(nearest)}?" if nearest else "check the name and its namespace."
    return f"There is no theorem {name}: {hint}"


def likely_first(repository: Repository, name: str) -> Iterator[tuple[Module, bool]]:
    """The modules to look through for a theorem, and whether the text of each has the last part of its name."""
    part = name.rsplit(".", 1)[-1]
    likely = {module.name: module for module in repository.modules.values() if part in _text(module)}
    others = (module for module in repository.modules.values() if module.name not in likely)
    yield from ((module, True) for module in likely.values())
    yield from ((module, False) for module in islice(others, OTHERS))


def _text(module: Module) -> str:
    """A module's text; nothing for one that cannot be read."""
    try:
        return module.text()
    except RepositoryError:
        return ""
