"""What is said between Python and the Lean gateway: typed messages, one JSON object a line.

The Lean side is ``gateway/Gateway.lean``; both name the same protocol version. Positions are byte
offsets into the UTF-8 text of the file.
"""

from typing import Literal

import msgspec

PROTOCOL_VERSION = 1

FailureKind = Literal[
    "parse", "elaboration", "unknown_name", "unsolved", "timeout", "no_progress", "cheat", "kernel", "died"
]


class Hypothesis(msgspec.Struct, frozen=True):
    """A hypothesis or variable of a goal."""

    name: str
    type: str
    """printed"""
    head: str
    """the type's head: a constant, or ``forall``, ``arrow``, ``Sort``; empty when none of these"""
    prop: bool = False
    """its type is a proposition"""
    instance: bool = False
    let: bool = False
    constructors: int | None = None
    """number of constructors when its type is inductive"""
    recursive: bool = False
    """its type is a recursive inductive type"""


class Definition(msgspec.Struct, frozen=True):
    """A constant of the project that occurs in a goal."""

    name: str
    kind: Literal["definition", "inductive", "constructor", "opaque"]
    recursive: bool
    instance: bool
    projection: bool


class Call(msgspec.Struct, frozen=True):
    """An application of a recursive definition of the project."""

    call: str
    """printed"""
    arguments: tuple[str, ...]
    """its explicit arguments that are variables"""


class Goal(msgspec.Struct, frozen=True):
    """One goal. Everything but key and names is empty where the key was sent before."""

    key: str
    """equal for goals that differ only in hypothesis names: the key of the goal as a statement, its hypotheses in
    front, then a colon and how many they are"""
    names: tuple[str, ...] = ()
    """its hypotheses, in order"""
    rename: tuple[str, ...] = ()
    """what ``rename_i`` must be given so that the hypotheses have these names"""
    target: str = ""
    head: str = ""
    equality: str = ""
    """the head of the type that the target is an equation in"""
    tag: str = ""
    hypotheses: tuple[Hypothesis, ...] = ()
    definitions: tuple[Definition, ...] = ()
    calls: tuple[Call, ...] = ()
    lemmas: tuple[str, ...] = ()
    """theorems of the project in scope that speak of the same definitions, the nearest first"""

    @property
    def statement(self) -> str:
        """The key of the goal as a statement, its hypotheses in front."""
        return self.key.partition(":")[0]

    def printed(self) -> str:
        """The goal as Lean prints it, hypotheses above the turnstile."""
        lines = [f"{h.name} : {h.type}" for h in self.hypotheses]
        return "\n".join([*lines, f"⊢ {self.target}"])


class StateMessage(msgspec.Struct, frozen=True):
    """A kept state: a handle and goals that share metavariables, or a single goal."""

    state: int
    goals: tuple[Goal, ...]


class SorryGoalMessage(msgspec.Struct, frozen=True):
    """A place where a proof is missing, opened."""

    start: int
    stop: int
    term: bool
    """a term is expected there, not a tactic"""
    declaration: str
    opened: StateMessage
    command: tuple[int, int]
    """the bytes of the command around it"""
    printed: str = ""
    """the goal as Lean prints it"""


class GoalText(msgspec.Struct, frozen=True):
    """A goal that a trace met."""

    text: str
    """as Lean prints it"""
    key: str


class RecordedTactic(msgspec.Struct, frozen=True):
    """A tactic as Lean recorded it; goals are numbers in the command's list of goals."""

    declaration: str
    start: int
    stop: int
    before: tuple[int, ...]
    after: tuple[int, ...]


class RecordedUse(msgspec.Struct, frozen=True):
    """A place where a constant is named."""

    name: str
    module: str
    """that declares it; empty for the file itself"""
    start: int
    stop: int


class RecordedCommand(msgspec.Struct, frozen=True):
    """What Lean recorded while it elaborated a command."""

    command: tuple[int, int]
    goals: tuple[GoalText, ...]
    tactics: tuple[RecordedTactic, ...]
    uses: tuple[RecordedUse, ...]
    incomplete: bool
    """it leaves something to `sorry`"""


class LibraryPremise(msgspec.Struct, frozen=True):
    """Something that an imported module declares for everybody."""

    name: str
    kind: Literal["theorem", "definition", "axiom", "opaque", "inductive"]
    statement: str
    """its signature as Lean prints it, without the name"""
    constants: tuple[str, ...] = ()
    """those of its type"""
    docstring: str | None = None
    incomplete: bool = False
    """it rests on a `sorry`"""


class LibraryModule(msgspec.Struct, frozen=True):
    """A module that a text can import."""

    module: str
    imports: tuple[str, ...]
    premises: tuple[LibraryPremise, ...]
    """in the order in which they were declared, or nearly so"""


class ResultMessage(msgspec.Struct, frozen=True):
    """What one tactic of a batch did."""

    microseconds: int
    children: tuple[StateMessage, ...] | None = None
    failure: FailureKind | None = None
    message: str = ""
    replacement: str | None = None
    """what to write instead of a tactic that searches"""


class Message(msgspec.Struct, frozen=True):
    """A message of Lean about a file."""

    severity: Literal["error", "warning", "information"]
    line: int
    column: int
    endLine: int
    endColumn: int
    text: str
    printed: str
    """as ``lean`` prints it, with file and position"""


class Declaration(msgspec.Struct, frozen=True):
    """A declaration that a file makes."""

    name: str
    kind: str
    statement: str
    private: bool
    start: int
    stop: int
    selection: int
    """where its name stands"""
    incomplete: bool
    """its own text leaves something to ``sorry``"""
    docstring: str | None = None
    """this and what follows is sent when details are asked for"""
    visibility: Literal["public", "private", "protected"] = "public"
    namespace: str = ""
    attributes: tuple[str, ...] = ()
    proof: Literal["tactic", "term"] | None = None
    premises: tuple[str, ...] = ()
    """the constants of its value"""
    key: str = ""
    """of its elaborated type"""


class CommandMessage(msgspec.Struct, frozen=True):
    """A command of an elaborated file."""

    start: int
    stop: int
    names: tuple[str, ...] = ()
    """what it declares, where that was asked for"""


class JudgeMessage(msgspec.Struct, frozen=True):
    """What a fresh Lean says of a candidate."""

    messages: tuple[Message, ...] = ()
    commands: tuple[CommandMessage, ...] = ()
    """of the candidate; none when it was refused before it was elaborated"""
    refused: str | None = None
    level: int = 0
    """the level at which it was refused"""
    axioms: tuple[str, ...] = ()
    library: int = 0
    """library declarations met without their proofs, where the toolchain has exported parts only"""
    refusedAxioms: tuple[str, ...] = ()


class ReplayMessage(msgspec.Struct, frozen=True):
    """What the kernel says of a compiled theorem."""

    replayed: int
    """declarations that it took again"""
    refused: str | None
    """why it does not take one"""


class FindingMessage(msgspec.Struct, frozen=True):
    """Something in a file that it should not have, or that a reader should look at."""

    start: int
    """byte of the command"""
    refused: bool
    what: str


class AuditedMessage(msgspec.Struct, frozen=True):
    """What a declaration rests on."""

    name: str
    kind: str
    selection: int
    axioms: tuple[str, ...] = ()
    library: int = 0
    refusedAxioms: tuple[str, ...] = ()
    refused: str | None = None


class AuditMessage(msgspec.Struct, frozen=True):
    """What a fresh Lean says of a file by itself."""

    audited: tuple[AuditedMessage, ...] = ()
    findings: tuple[FindingMessage, ...] = ()
    refused: str | None = None
    """why the kernel does not take its declarations again"""


class Reply(msgspec.Struct, frozen=True):
    """Any line from the gateway: the union of what the requests are answered with."""

    done: bool = False
    error: str | None = None
    gateway: int | None = None
    lean: str = ""
    commit: str = ""
    imports: tuple[str, ...] = ()
    source: int = 0
    messages: tuple[Message, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    sorries: tuple[SorryGoalMessage, ...] = ()
    opened: SorryGoalMessage | None = None
    traced: RecordedCommand | None = None
    imported: LibraryModule | None = None
    microseconds: int = 0
    children: tuple[StateMessage, ...] | None = None
    failure: FailureKind | None = None
    message: str = ""
    replacement: str | None = None
    closed: bool = False
    commands: tuple[CommandMessage, ...] = ()
    refused: str | None = None
    level: int = 0
    axioms: tuple[str, ...] = ()
    library: int = 0
    refusedAxioms: tuple[str, ...] = ()
    replayed: int = 0
    audited: tuple[AuditedMessage, ...] = ()
    findings: tuple[FindingMessage, ...] = ()

    def result(self) -> ResultMessage:
        """This line as the result of a tactic."""
        return ResultMessage(self.microseconds, self.children, self.failure, self.message, self.replacement)

    def judged(self) -> JudgeMessage:
        """This line as the answer to ``judge``."""
        return JudgeMessage(
            self.messages, self.commands, self.refused, self.level, self.axioms, self.library, self.refusedAxioms
        )

    def replay(self) -> ReplayMessage:
        """This line as the answer to ``replay``."""
        return ReplayMessage(self.replayed, self.refused)

    def audit(self) -> AuditMessage:
        """This line as the answer to ``audit``."""
        return AuditMessage(self.audited, self.findings, self.refused)


decode = msgspec.json.Decoder(Reply).decode
encode = msgspec.json.Encoder().encode
