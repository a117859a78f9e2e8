"""Finds the theorem that a user names, in the module that declares it."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from prover.cli.opening import Opened
from prover.errors import LeanError, RepositoryError, UnknownTheorem, UsageError
from prover.lean.protocol import Declaration
from prover.lean.session import LeanSession, SourceText
from prover.project.build import source_of
from prover.project.layout import Module

NEAREST = 5
OTHERS = 40
"""modules that are looked through for a theorem although their text does not have its name"""


@dataclass(frozen=True)
class Located:
    """A declaration and its file, which need not compile."""

    module: Module
    source: SourceText
    declaration: Declaration


def locate(ready: Opened, session: LeanSession, name: str) -> Located:
    """The declaration of that full name; modules whose text has its last part are looked through first.

    Raises:
        UnknownTheorem: there is none.
        UsageError: there may be, in a module that cannot be read.
    """
    seen: list[str] = []
    broken: UsageError | LeanError | None = None
    for module in _likely_first(ready, name.rsplit(".", 1)[-1]):
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


def _likely_first(ready: Opened, part: str) -> Iterator[Module]:
    likely = {module.name: module for module in ready.repository.modules.values() if part in _text(module)}
    yield from likely.values()
    yield from islice((m for m in ready.repository.modules.values() if m.name not in likely), OTHERS)


def _text(module: Module) -> str:
    """A module's text; nothing for one that cannot be read."""
    try:
        return module.text()
    except RepositoryError:
        return ""
