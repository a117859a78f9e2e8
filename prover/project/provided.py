"""A table of what the modules of packages provide, as far as their text says: names, notations, tactics, instances.

The table only proposes what to import: Lean decides whether a file elaborates with it. So it may be wrong about a text
that only Lean can read, at the cost of a module too many, or of one that is reported as missing.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from prover.errors import RepositoryError
from prover.progress import Notify
from prover.project.package import Module
from retrieval.files import write_atomically

VERSION = 1
"""The version of the stored table."""

_COMMENT = re.compile(r"/-.*?-/|--[^\n]*", re.DOTALL)
_HEADER = re.compile(r"\s*(?:module\s+|prelude\s+)*((?:(?:public\s+)?(?:meta\s+)?import\s+(?:all\s+)?[^\s]+\s+)*)")
_IMPORT = re.compile(r"import\s+(?:all\s+)?([^\s]+)")
_ATTRIBUTES = r"(?:@\[[^\]]*(?:\[[^\]]*\][^\]]*)*\]\s*)*"
_MODIFIERS = (
    r"(?:(?:public|protected|noncomputable|nonrec|unsafe|partial|scoped(?:\[[\w.]+\])?|meta|private|local)\s+)*"
)
_KINDS = r"theorem|lemma|def|abbrev|structure|class\s+inductive|class|inductive|axiom|opaque|alias|irreducible_def"
_NOTATIONS = r"notation3|notation|infixl|infixr|infix|prefix|postfix|macro|syntax|elab|binder_predicate|simproc_decl"
_ITEM = re.compile(
    rf"""^(?:
      namespace\s+(?P<namespace>\S+)
    | (?:(?:public|noncomputable|meta)\s+|@\[expose\]\s+)*(?P<section>section)\b[ \t]*(?P<section_name>[^\s]*)
    | (?P<mutual>mutual)\b
    | (?P<end>end)\b[ \t]*(?P<end_name>[^\s]*)
    | (?P<attributes>{_ATTRIBUTES})(?P<modifiers>{_MODIFIERS})(?:
        (?P<kind>{_KINDS})\s+(?P<name>[^\s:({{\[⦃]+)
      | (?P<notation>{_NOTATIONS})\b(?P<rest>[^\n]*(?:\n[ \t]+[^\n]*){{0,6}})
      | instance\b(?P<instance>[^\n]*(?:\n[ \t]+[^\n]*){{0,2}}) ) )""",
    re.MULTILINE | re.VERBOSE,
)
_EXTENDS = re.compile(r"^\s*@\[(?:[^\]]*,\s*)?(norm_num|positivity)\s", re.M)
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_SCOPE = re.compile(r"scoped(?:\[([\w.]+)\])?")
_INSTANCE = re.compile(r":\s*(?:Nonempty\s+\()?([A-Z][\w.]*)\s+\(?([^\s()\[\]:=]+)")
_ADDITIVE = (("prod", "sum"), ("Prod", "Sum"), ("mul", "add"), ("Mul", "Add"), ("one", "zero"), ("One", "Zero"))
_MARK = re.compile(r"[^\x00-\x7f]|\[\w|\w")
"""What a notation has to contain so that it is looked for: something that no other text has by accident."""


class Symbol(msgspec.Struct, frozen=True):
    """A notation: a text in which all its literals occur may use it."""

    literals: tuple[str, ...]
    module: str
    scope: str = ""
    """The namespace that has to be open; empty for a notation that is always there."""
    stands_for: str = ""
    """The first word of its meaning."""


class Provided(msgspec.Struct):
    """A table of what modules provide, by what is asked for."""

    imports: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    symbols: list[Symbol] = []
    tactics: dict[str, tuple[str, ...]] = {}
    """By the first word of a tactic."""
    extensions: dict[str, tuple[str, ...]] = {}
    """By an attribute, the modules that extend its tactic."""
    instances: dict[str, tuple[str, ...]] = {}
    """By a class and the head of its argument, such as `Fintype Bool`."""

    def closure(self, modules: Iterable[str], known: Set[str] = frozenset()) -> set[str]:
        """Returns modules with all that they import of the packages, except those that are known."""
        found: set[str] = set()
        waiting = [name for name in modules if name in self.imports]
        while waiting:
            name = waiting.pop()
            if name not in found and name not in known:
                found.add(name)
                waiting += (each for each in self.imports[name] if each in self.imports)
        return found


def provided_by(modules: Iterable[Module], cache: Path, notify: Notify) -> Provided:
    """Returns the table of modules, which is made once for each content of theirs."""
    texts: dict[str, str] = {}
    digest = hashlib.sha256(f"{VERSION}".encode())
    for module in sorted(modules, key=lambda each: each.name):
        try:
            texts[module.name] = module.written()
        except RepositoryError:
            continue
        digest.update(f"{module.name}\n{texts[module.name]}".encode())
    file = cache / "provided" / f"{digest.hexdigest()[:24]}.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Provided)
    except (OSError, msgspec.MsgspecError):
        notify(f"reading what {len(texts)} modules of packages declare, once")
    table = table_of(texts)
    write_atomically(file, msgspec.json.encode(table))
    return table


def table_of(texts: Mapping[str, str]) -> Provided:
    """Returns the table of modules, given their texts by name."""
    table = Provided()
    for module, written in texts.items():
        text = _COMMENT.sub(" ", written)
        header = _HEADER.match(text + "\n")
        table.imports[module] = tuple(_IMPORT.findall(header[1])) if header else ()
        for attribute in set(_EXTENDS.findall(text)):
            table.extensions[attribute] = (*table.extensions.get(attribute, ()), module)
        _Reader(table, module).read(text)
    return table


@dataclass
class _Reader:
    """Reads the text of one module into a table, with the namespaces that are open at each place."""

    table: Provided
    module: str
    open: list[tuple[str, bool]] = field(default_factory=list)
    """The names of namespaces and sections around the place, and whether each is a namespace."""

    def read(self, text: str) -> None:
        for item in _ITEM.finditer(text):
            if item["namespace"]:
                self.open.append((item["namespace"], True))
            elif item["section"]:
                self.open.append((item["section_name"], False))
            elif item["mutual"]:
                self.open.append(("", False))
            elif item["end"]:
                self._close(item["end_name"])
            elif "private" in item["modifiers"] or "local" in item["modifiers"].split():
                continue
            elif item["kind"]:
                self._declared(item["name"], item["attributes"])
            elif item["notation"]:
                self._notation(item)
            elif found := _INSTANCE.search(item["instance"]):
                key = f"{found[1].rpartition('.')[2]} {found[2]}"
                self.table.instances[key] = (*self.table.instances.get(key, ()), self.module)

    def _close(self, name: str) -> None:
        """Closes what an `end` closes: `end A.B` may close `namespace A` and `namespace B`."""
        while self.open:
            last, _ = self.open.pop()
            name = name.removesuffix(last).rstrip(".") if last else ""
            if not name:
                return

    def _namespace(self) -> str:
        return ".".join(name for name, is_namespace in self.open if is_namespace)

    def _declared(self, name: str, attributes: str) -> None:
        names = [name.removeprefix("_root_.")] if name.startswith("_root_.") else [self._below(name)]
        if "to_additive" in attributes:
            names.append(_additive(names[0]))
        for each in names:
            self.table.names.setdefault(each, self.module)

    def _below(self, name: str) -> str:
        around = self._namespace()
        return f"{around}.{name}" if around else name

    def _notation(self, item: re.Match[str]) -> None:
        head, _, meaning = item["rest"].partition("=>")
        literals = tuple(dict.fromkeys(filter(None, (each.strip() for each in _LITERAL.findall(head)))))
        if not literals:
            return
        if re.search(r":\s*(?:tactic|Lean\.Parser\.Tactic)\b", item["rest"]):
            known = self.table.tactics.get(literals[0], ())
            self.table.tactics[literals[0]] = (*known, self.module)
        elif item["notation"] not in ("elab", "simproc_decl"):
            if item["notation"] in ("syntax", "macro"):
                literals = literals[:1] if len(set(literals)) > 2 else literals
            scope = _SCOPE.search(item["modifiers"])
            stands_for = re.search(r"@?([^\W\d][\w.]*)", meaning)
            within = (scope[1] or self._namespace()) if scope else ""
            if _MARK.search("".join(literals)) or literals == ("!",):
                symbol = Symbol(literals, self.module, within, stands_for[1] if stands_for else "")
                self.table.symbols.append(symbol)


def _additive(name: str) -> str:
    """Returns the name that `to_additive` gives, as far as a few words say."""
    for word, other in _ADDITIVE:
        name = re.sub(rf"(?<![a-z]){word}(?![a-z])", other, name)
    return name


# --- what a text needs ---

_WORD = re.compile(r"[^\W\d][\w'!?₀-₉]*(?:\.[^\W\d][\w'!?₀-₉]*)*")
_FIELD = re.compile(r"[\w')\]]\.([^\W\d][\w'!?]*)")
_OPEN = re.compile(r"^\s*(?:open|namespace)\s+(?:scoped\s+)?([^\n]*)", re.M)
_ERROR_NAMES = re.compile(r"(?:Unknown (?:identifier|constant|namespace)|does not contain) `([^`]+)`")
_ERROR_CLASS = re.compile(r"failed to synthesize(?: instance of type class)?\s+\(?([A-Z][\w.]*)\s+\(?([^\s()]+)")


@dataclass(frozen=True)
class Need:
    """Something that a text uses, and the modules any of which provides it."""

    name: str
    modules: tuple[str, ...]


def opened_in(text: str) -> tuple[str, ...]:
    """Returns the namespaces that a text opens somewhere."""
    found = " ".join(_OPEN.findall(_COMMENT.sub(" ", text))).split()
    return tuple(dict.fromkeys(name for name in found if name not in ("in", "hiding", "renaming")))


def needs_of(table: Provided, text: str) -> Iterator[Need]:
    """Yields what a text uses of the packages, by their names and notations."""
    text = _COMMENT.sub(" ", text)
    opened = opened_in(text)
    symbols: dict[tuple[str, ...], list[Symbol]] = {}
    for symbol in table.symbols:
        if (not symbol.scope or symbol.scope in opened) and all(part in text for part in symbol.literals):
            symbols.setdefault(symbol.literals, []).append(symbol)
    for literals, found in symbols.items():
        yield Need(" ".join(literals), tuple(dict.fromkeys(symbol.module for symbol in found)))
    words = dict.fromkeys(_WORD.findall(text))
    spaces = ("", *(f"{name}." for name in opened))
    types = {symbol.stands_for for found in symbols.values() for symbol in found}
    types.update(word for word in words if word in table.names)
    for word in words:
        if len(word) > 1:
            yield from _named(table, word, spaces)
    for field_name in dict.fromkeys(_FIELD.findall(text)):
        yield from _named(table, field_name, [f"{name}." for name in sorted(types) if name])


def _named(table: Provided, word: str, spaces: Iterable[str]) -> Iterator[Need]:
    for space in spaces:
        if (module := table.names.get(space + word)) is not None:
            yield Need(space + word, (module,))


def needs_of_error(table: Provided, error: str, opened: Iterable[str]) -> Iterator[Need]:
    """Yields what one of Lean's errors says to be missing."""
    for name in _ERROR_NAMES.findall(error):
        yield from _named(table, name, ("", *(f"{space}." for space in opened)))
    for name, argument in _ERROR_CLASS.findall(error):
        key = f"{name.rpartition('.')[2]} {argument}"
        if modules := table.instances.get(key):
            yield Need(key, modules)
