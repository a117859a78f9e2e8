"""The values that Python and the Lean gateway exchange; `requests.py` has the requests and replies that carry them.

The Lean side is ``gateway/Gateway.lean``; both name the same protocol version. Positions are byte offsets into the
UTF-8 text of the file.
"""

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import Any, Literal

import msgspec

PROTOCOL_VERSION = 1

FailureKind = Literal[
    "parse", "elaboration", "unknown_name", "unsolved", "timeout", "no_progress", "cheat", "kernel", "died"
]


class Toolbox(msgspec.Struct, frozen=True):
    """The tactics, attributes and simplification sets of a file's environment that are not Lean's own."""

    tactics: frozenset[str] = frozenset()
    """The first words of tactics that have a parser and an implementation."""
    attributes: frozenset[str] = frozenset()
    simp_sets: frozenset[str] = frozenset()
    """The attributes that collect simplification lemmas."""

    def offers(self, *tactics: str) -> bool:
        """Returns whether all of some tactics are there."""
        return self.tactics.issuperset(tactics)


LEAN_ALONE = Toolbox()


class Hypothesis(msgspec.Struct, frozen=True):
    """A hypothesis or variable of a goal."""

    name: str
    type: str
    """The type as Lean prints it."""
    head: str
    """The head of the type: a constant, or ``forall``, ``arrow``, ``Sort``; empty when it is none of these."""
    prop: bool = False
    """Whether its type is a proposition, so that it is a hypothesis and not a variable."""
    instance: bool = False
    """Whether it is a local type class instance."""
    let: bool = False
    """Whether it has a value, as `let` introduces one."""
    constructors: int | None = None
    """The number of constructors of its type, if that is inductive."""
    recursive: bool = False
    """Whether its type is a recursive inductive type."""


class Definition(msgspec.Struct, frozen=True):
    """A constant of the project that occurs in a goal."""

    name: str
    kind: Literal["definition", "inductive", "constructor", "opaque"]
    recursive: bool
    instance: bool
    projection: bool
    body: str = ""
    """For a definition that is not recursive and stands for a proposition, the head of that; see `Hypothesis.head`."""
    library: bool = False
    """Whether it is that of a large package that the project builds on; then it stands for a proposition."""


class Call(msgspec.Struct, frozen=True):
    """An application of a recursive definition of the project."""

    call: str
    """The application as Lean prints it."""
    arguments: tuple[str, ...]
    """Its explicit arguments that are variables."""


class Goal(msgspec.Struct, frozen=True):
    """A goal. All fields but `key`, `names` and `rename` are empty if a goal with this key was sent before."""

    key: str
    """Equal for goals that differ only in the names of hypotheses: the key of the goal as a statement, with its
    hypotheses turned into binders, then a colon and the number of hypotheses."""
    names: tuple[str, ...] = ()
    """The names of its hypotheses, in order."""
    rename: tuple[str, ...] = ()
    """The arguments of ``rename_i`` that give inaccessible hypotheses these names."""
    target: str = ""
    """The conclusion as Lean prints it."""
    head: str = ""
    """The head of the conclusion; see `Hypothesis.head`."""
    equality: str = ""
    """If the conclusion is an equation, the head of the type of its sides."""
    tag: str = ""
    """The case name, for example `zero`."""
    hypotheses: tuple[Hypothesis, ...] = ()
    definitions: tuple[Definition, ...] = ()
    calls: tuple[Call, ...] = ()
    laws: tuple[str, ...] = ()
    """Fields that are propositions, of the project's structures and classes that the context has values of."""
    deeper: tuple[str, ...] = ()
    """Further definitions of the project, to which unfolding those in the goal leads, nearest first."""
    lemmas: tuple[str, ...] = ()
    """Theorems of the project in scope that mention the same definitions, nearest first."""
    toolbox: Toolbox = LEAN_ALONE
    """What the file offers beyond Lean itself; the session adds it."""

    @property
    def statement(self) -> str:
        """The key of the goal as a statement, its hypotheses turned into binders."""
        return self.key.partition(":")[0]

    @property
    def facts(self) -> "tuple[Hypothesis, ...]":
        """The hypotheses that are propositions, in order, without class instances."""
        return tuple(h for h in self.hypotheses if h.prop and not h.instance)

    def printed(self) -> str:
        """The goal as Lean prints it, hypotheses above the turnstile."""
        lines = [f"{h.name} : {h.type}" for h in self.hypotheses]
        return "\n".join([*lines, f"⊢ {self.target}"])


class Equation(msgspec.Struct, frozen=True):
    """An equation that a goal may lack. Small instances of it hold; nothing has proved it."""

    rank: int
    """The smaller, the more likely it is what the goal lacks."""
    statement: str
    """The equation as Lean prints it, its variables bound."""


class TermSymbol(msgspec.Struct, frozen=True):
    """A function or constant of first-order terms: everything but its data arguments is fixed."""

    text: str
    """How its applications are written; a zero byte and a number stand for each argument."""
    arity: int
    type: int
    """The number of the type of its values."""


class Law(msgspec.Struct, frozen=True):
    """An equation that holds for all values of its variables."""

    left: Any
    """A term: the number of a variable, or a list of the number of a symbol and arguments."""
    right: Any
    variables: tuple[int, ...]
    """The type of each variable."""
    proof: tuple[str | int, ...]
    """The words of its proof; a number stands for the value of a variable."""
    suffix: str = ""
    """The projection that takes it out of a conjunction."""
    hidden: bool = False
    """Whether it is an equation only behind definitions."""
    theorem: bool = False
    """Whether it is a theorem, which is not needed if it follows from other laws."""


class EquationalProblem(msgspec.Struct, frozen=True):
    """A goal that is an equation, and equations from which it may follow."""

    symbols: tuple[TermSymbol, ...]
    types: tuple[str, ...]
    left: Any
    right: Any
    laws: tuple[Law, ...]


class KeptState(msgspec.Struct, frozen=True):
    """A proof state that the gateway keeps: its handle, and goals that share metavariables, or a single goal."""

    state: int
    goals: tuple[Goal, ...]


class Place(msgspec.Struct, frozen=True):
    """A place where a proof is missing: the kind of text expected there, and columns around it, in characters."""

    kind: Literal["step", "tactic", "term", "body", "nothing"] = "term"
    """`step`: tactics of a block; `tactic`: one tactic, as an operand of ``<;>``; `body`: the body of a declaration;
    `nothing`: the ``sorry`` is a macro's own, so that it cannot be filled."""
    column: int = 0
    """The column of the tactics of the innermost block around it, else that of the declaration."""
    outer: int = 0
    """The column of the block around that block, else that of the declaration."""
    first: bool = False
    """Whether a step is the first one of its block."""
    all: bool = False
    """Whether what is written there is run once for all goals, and not once for each."""


class OpenedGoal(msgspec.Struct, frozen=True):
    """The goal at a `sorry` or at a statement, and where its proof belongs in the file."""

    start: int
    stop: int
    place: Place
    declaration: str
    """The name of the declaration that it is in."""
    opened: KeptState
    """The state to prove."""
    command: tuple[int, int]
    """Start and end of the command around it."""
    printed: str = ""
    """The goal as Lean prints it."""
    value: bool = False
    """Whether data is missing there, and not a proof."""


class RecordedGoal(msgspec.Struct, frozen=True):
    """A goal that occurs in a trace."""

    text: str
    """The goal as Lean prints it."""
    key: str
    """See `Goal.key`."""


class RecordedTactic(msgspec.Struct, frozen=True):
    """A tactic as Lean recorded it. Goals are indices into the goals of its command."""

    declaration: str
    start: int
    stop: int
    before: tuple[int, ...]
    after: tuple[int, ...]


class RecordedUse(msgspec.Struct, frozen=True):
    """A place where a constant is used."""

    name: str
    module: str
    """The module that declares it; empty for the file itself."""
    start: int
    stop: int


class RecordedCommand(msgspec.Struct, frozen=True):
    """Lean's records of the elaboration of a command."""

    command: tuple[int, int]
    """Start and end of the command."""
    goals: tuple[RecordedGoal, ...]
    tactics: tuple[RecordedTactic, ...]
    uses: tuple[RecordedUse, ...]
    incomplete: bool
    """Whether it leaves something to `sorry`."""


class LibraryPremise(msgspec.Struct, frozen=True):
    """A public declaration of an imported module."""

    name: str
    kind: Literal["theorem", "definition", "axiom", "opaque", "inductive"]
    statement: str
    """Its signature as Lean prints it, without the name."""
    constants: tuple[str, ...] = ()
    """The constants in its type."""
    docstring: str | None = None
    incomplete: bool = False
    """Whether it depends on a `sorry`."""


class LibraryModule(msgspec.Struct, frozen=True):
    """An imported module and its public declarations."""

    module: str
    imports: tuple[str, ...]
    premises: tuple[LibraryPremise, ...]
    """Nearly in the order of declaration."""


AUXILIARY = re.compile(r"\b_aux_|\b_eval\b|_hygCtx|_@\.")
"""Part of a name that Lean makes for a declaration without one."""
MAX_SUMMARY = 160
"""The length, in characters, above which a summary of a message is cut."""


class Message(msgspec.Struct, frozen=True):
    """A message of Lean about a file. Lines count from 1, columns from 0, in characters."""

    severity: Literal["error", "warning", "information"]
    line: int
    column: int
    end_line: int = msgspec.field(name="endLine")
    end_column: int = msgspec.field(name="endColumn")
    text: str
    printed: str
    """The message as ``lean`` prints it, with file and position."""

    @property
    def summary(self) -> str:
        """The text in one line: the first one, with its first paragraph if that goes on in an indented line."""
        first, *rest = self.text.splitlines() or [""]
        goes_on = bool(rest) and rest[0].startswith(" ")
        lines = [first, *takewhile(str.strip, rest)] if goes_on else [first]
        text = " ".join(word for line in lines for word in line.split())
        return (text if len(text) <= MAX_SUMMARY else f"{text[: MAX_SUMMARY - 1].rstrip()}…").rstrip(":")


def errors_among(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Returns the messages that are errors."""
    return tuple(message for message in messages if message.severity == "error")


class Declaration(msgspec.Struct, frozen=True):
    """A declaration of a file. The fields from `docstring` on are filled only when details are requested."""

    name: str
    """Its full name; for an `example` the name of the definition that it is judged as."""
    kind: str
    """Its kind, such as `theorem`, `definition` or `example`."""
    statement: str
    """Its signature as Lean prints it."""
    private: bool
    start: int
    stop: int
    selection: int
    """The byte at which its name starts; for an `example` that of its keyword."""
    incomplete: bool
    """Whether its own text leaves something to ``sorry``."""
    docstring: str | None = None
    visibility: Literal["public", "private", "protected"] = "public"
    namespace: str = ""
    attributes: tuple[str, ...] = ()
    proof: Literal["tactic", "term"] | None = None
    premises: tuple[str, ...] = ()
    """The constants in its value."""
    key: str = ""
    """The key of its elaborated type; see `Goal.key`."""
    needs: tuple[str, ...] = ()
    """Declarations that leave something to ``sorry`` and on which its statement rests."""
    rests: tuple[str, ...] = ()
    """The nearest other declarations that leave something to ``sorry`` and on which it rests."""


def displayed_name(declared: "Declaration | AuditedDeclaration") -> str:
    """Returns the name of a declaration for people.

    An `example`, and what Lean names itself by the place of a macro or an unfinished instance, has none: its kind is
    returned, and only its place tells it apart.
    """
    return "example" if declared.kind == "example" else name_or(declared.kind, declared.name)


def name_or(word: str, name: str) -> str:
    """Returns the name of a declaration, or a word instead of one that Lean made."""
    return word if AUXILIARY.search(name) else name


class FileCommand(msgspec.Struct, frozen=True):
    """A command of an elaborated file."""

    start: int
    stop: int
    names: tuple[str, ...] = ()
    """The names that it declares, if they were requested."""


class AuditFinding(msgspec.Struct, frozen=True):
    """Something in a file that must not be there, or that a reader should look at."""

    start: int
    """The byte at which its command starts."""
    refused: bool
    """Whether it must not be there."""
    what: str


class AuditedDeclaration(msgspec.Struct, frozen=True):
    """The axioms and library declarations that a declaration depends on."""

    name: str
    kind: str
    selection: int
    """The byte at which its name starts."""
    axioms: tuple[str, ...] = ()
    """The standard axioms among them."""
    library: int = 0
    """The number of library declarations without proofs, where the toolchain holds exported parts only."""
    refused_axioms: tuple[str, ...] = msgspec.field(default=(), name="refusedAxioms")
    given: tuple[str, ...] = ()
    """The other theorems whose own proofs are missing and on which it rests."""
    refused: str | None = None
    """Why it is refused, if it is."""
