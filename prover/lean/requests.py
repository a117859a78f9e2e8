"""The gateway's requests and replies: one struct for each request, which names the type of its reply.

A request is one JSON object on a line; its field `do` names the request. Its closing reply is one object with
``"done": true``. A `StreamRequest` is answered by any number of partial replies before that. A request that fails is
closed by a `GatewayError`. Replies refuse unknown fields, so none can be taken for one of another type.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Literal, TypedDict, TypeVar, get_args, get_origin

import msgspec

from prover.lean.protocol import (
    AuditedDeclaration,
    AuditFinding,
    Declaration,
    Equation,
    FailureKind,
    FileCommand,
    KeptState,
    Law,
    LibraryModule,
    Message,
    OpenedGoal,
    RecordedCommand,
    TermSymbol,
    Toolbox,
)

EVERY_OPEN_THEOREM = ("*",)
"""Stands for the names of all open theorems: theorems whose own proofs are missing."""

PartialReply = TypeVar("PartialReply")
ClosingReply = TypeVar("ClosingReply")


class Greeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line that the gateway sends when it has started."""

    gateway: int
    """The version of the protocol."""
    lean: str
    """The version of Lean."""
    commit: str
    """The commit of Lean."""
    prepared: bool = False
    """Whether it continues a saved process, which has imported the base library for files too."""


class GatewayReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A closing reply. Without further fields it only reports that the request was carried out."""

    done: bool = True


class GatewayError(GatewayReply, frozen=True):
    """Closes a request that failed."""

    error: str
    clash: tuple[str, str] | None = None
    """The two modules that declare the same name, if that is why the request failed."""


class GatewayRequest(msgspec.Struct, Generic[ClosingReply], frozen=True, tag_field="do", omit_defaults=True):
    """A request to the gateway that has one reply."""


class StreamRequest(
    msgspec.Struct, Generic[PartialReply, ClosingReply], frozen=True, tag_field="do", omit_defaults=True
):
    """A request to the gateway that has partial replies before the closing one."""


class TextFields(msgspec.Struct, frozen=True, kw_only=True):
    """A file as requests carry it."""

    text: str
    file: str
    """The name that messages give it."""
    module: str
    options: dict[str, bool | int | str]
    """Options of Lean by name."""
    kept: bool = True
    """Whether other files will have the same imports, so that they stay in memory."""


class TextArguments(TypedDict):
    """The arguments for `TextFields`."""

    text: str
    file: str
    module: str
    options: dict[str, bool | int | str]


class ImportsReply(GatewayReply, frozen=True):
    """The modules that the header imports, `Init` included where it is implied."""

    imports: tuple[str, ...]


class ImportsRequest(GatewayRequest[ImportsReply], frozen=True, tag="imports"):
    """Asks for the modules that the header of a text imports."""

    text: str
    file: str


class ElaborateReply(GatewayReply, frozen=True):
    """An elaborated file."""

    source: int
    """The handle of the elaborated file."""
    messages: tuple[Message, ...]


class ElaborateRequest(TextFields, GatewayRequest[ElaborateReply], frozen=True, tag="elaborate"):
    """Elaborates a file, which the gateway keeps."""

    limit: int | None = None
    """The byte at which it ends: commands that start there or later are left out."""


class TraceReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One command of a traced file that has tactics or a `sorry`."""

    traced: RecordedCommand


class TraceRequest(TextFields, StreamRequest[TraceReply, ElaborateReply], frozen=True, tag="trace"):
    """Elaborates a file, which the gateway keeps, and asks for Lean's records of it."""


class WriteRequest(GatewayRequest[GatewayReply], frozen=True, tag="write"):
    """Writes an elaborated file as a compiled module."""

    source: int
    olean: str
    """The path of the compiled module."""
    stubs: bool
    """Whether the compiler's auxiliary declarations get stand-ins, without which the embedded Lean cannot import it."""


class DeclarationsReply(GatewayReply, frozen=True):
    """The declarations of a file."""

    declarations: tuple[Declaration, ...]


class DeclarationsRequest(GatewayRequest[DeclarationsReply], frozen=True, tag="declarations"):
    """Asks for the declarations of an elaborated file, in the order of its text."""

    source: int
    detail: bool
    examples: bool = False
    """Whether each `example` is among them."""


class LibraryReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One imported module."""

    imported: LibraryModule


class LibraryRequest(StreamRequest[LibraryReply, GatewayReply], frozen=True, tag="library"):
    """Asks for the modules that are visible to a text with these imports."""

    imports: tuple[str, ...]
    below: tuple[str, ...]
    """If not empty, only modules whose names start with one of these."""
    known: tuple[str, ...]
    """Modules that are left out."""


class ToolboxReply(GatewayReply, frozen=True):
    """The answer to a `ToolboxRequest`."""

    toolbox: Toolbox


class ToolboxRequest(GatewayRequest[ToolboxReply], frozen=True, tag="toolbox"):
    """Asks what the environment of an elaborated file offers beyond Lean itself."""

    source: int


class SorriesReply(GatewayReply, frozen=True):
    """The goals at the `sorry`s of a range, in the order in which Lean elaborates them."""

    sorries: tuple[OpenedGoal, ...]


class SorriesRequest(GatewayRequest[SorriesReply], frozen=True, tag="sorries"):
    """Opens each `sorry` of the commands that overlap a range of bytes."""

    source: int
    start: int
    stop: int


class StatementReply(GatewayReply, frozen=True):
    """The goal of a declaration."""

    opened: OpenedGoal


class StatementRequest(GatewayRequest[StatementReply], frozen=True, tag="statement"):
    """Opens the goal of a declaration whose name starts at `selection`, or the negation of that goal."""

    source: int
    selection: int
    negated: bool


class AssumeReply(GatewayReply, frozen=True):
    """A state in whose proofs open theorems may be used."""

    opened: KeptState
    usable: tuple[str, ...]
    """The open theorems that are in scope there."""


class AssumeRequest(GatewayRequest[AssumeReply], frozen=True, tag="assume"):
    """Asks for a kept state as one in whose proofs some open theorems may be used."""

    state: int
    names: tuple[str, ...]
    """The names of the theorems; see `EVERY_OPEN_THEOREM`."""


class FitReply(GatewayReply, frozen=True):
    """The verdict on a text at a place of a command; see `Fit`."""

    same: bool = False
    holds: bool = False
    message: str = ""


class FitRequest(GatewayRequest[FitReply], frozen=True, tag="fit"):
    """Asks whether a command stays the same but for the bytes `old`, in a text that has others at `new`."""

    source: int
    start: int
    text: str
    old: tuple[int, int]
    new: tuple[int, int]
    milliseconds: int


class ProofReply(GatewayReply, frozen=True):
    """The kind of a text that is to prove a declaration."""

    kind: Literal["tactics", "term", "declaration", "unreadable"] = "unreadable"
    body: tuple[int, int] = (0, 0)
    """Start and end of the body of a declaration, in bytes of the text."""
    same: bool = False
    """Whether a declaration has the name and the statement of the one in the file."""
    message: str = ""
    """Why it is not read as tactics, if it is not read at all."""


class ProofRequest(GatewayRequest[ProofReply], frozen=True, tag="proof"):
    """Asks what a text is that is to prove the declaration whose name starts at `selection`."""

    source: int
    selection: int
    text: str


class TacticReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result of one tactic of a batch: the states that it leads to, or a failure."""

    microseconds: int
    children: tuple[KeptState, ...] | None = None
    failure: FailureKind | None = None
    message: str = ""
    replacement: str | None = None
    """The text to write instead of a tactic that searches, such as `exact?`."""


class RunRequest(StreamRequest[TacticReply, GatewayReply], frozen=True, tag="run"):
    """Runs each tactic of a batch on a kept state."""

    state: int
    tactics: tuple[str, ...]
    heartbeats: int
    milliseconds: int


class InventReply(GatewayReply, frozen=True):
    """Answers what the first goal of a state may lack; says nothing if it was not found in time."""

    equations: tuple[Equation, ...] = ()
    implied: tuple[str, ...] = ()
    """Applications of lemmas and hypotheses to hypotheses."""


class InventRequest(GatewayRequest[InventReply], frozen=True, tag="invent"):
    """Asks for equations that the first goal of a kept state may lack, and for what its hypotheses imply."""

    state: int
    milliseconds: int


class FactReply(GatewayReply, frozen=True):
    """A goal as a theorem; empty if it cannot be stated by itself."""

    signature: str = ""
    """The signature of the theorem, with its name."""
    application: str = ""
    """The term that closes the goal with the theorem."""


class FactRequest(GatewayRequest[FactReply], frozen=True, tag="fact"):
    """Asks for the only goal of a kept state as a theorem of a name."""

    state: int
    name: str


class EquationsReply(GatewayReply, frozen=True):
    """Answers what equational problem a goal is; says nothing if it is none."""

    symbols: tuple[TermSymbol, ...] = ()
    types: tuple[str, ...] = ()
    left: Any = None
    right: Any = None
    laws: tuple[Law, ...] = ()


class EquationsRequest(GatewayRequest[EquationsReply], frozen=True, tag="equations"):
    """Asks for the first goal of a kept state as an equation, and for equations that hold."""

    state: int
    milliseconds: int


class RefuteReply(GatewayReply, frozen=True):
    """Answers whether small instances refute the first goal of a state; says nothing if Lean did not finish."""

    counterexample: tuple[tuple[str, str], ...] | None = None
    """The variables with their values, of an instance in which the goal is false."""
    script: tuple[str, ...] = ()
    """Tactics that prove the negation of the goal with its context; none if none were found."""
    tried: int = 0
    """The number of instances whose hypotheses are not known to be false."""
    satisfied: bool = False
    """Whether there was such an instance."""
    uncovered: tuple[str, ...] = ()
    """Types of variables that no value is known of."""


class RefuteRequest(GatewayRequest[RefuteReply], frozen=True, tag="refute"):
    """Asks for an instance in which the first goal of a kept state is false."""

    state: int
    milliseconds: int
    prove: bool
    """Whether the negation is to be proved from it."""


class DisproveReply(GatewayReply, frozen=True):
    """The verdict on a proof of the negation of a statement."""

    refused: str | None = None
    """Why it does not count, if it does not."""
    axioms: tuple[str, ...] = ()
    """The standard axioms that it depends on."""
    library: int = 0


class DisproveRequest(GatewayRequest[DisproveReply], frozen=True, tag="disprove"):
    """Has the kernel check a script that is to prove the negation of the statement whose name starts at `selection`."""

    source: int
    selection: int
    script: str


class CloseReply(GatewayReply, frozen=True):
    """Reports whether a script is a whole proof, or why it is not."""

    closed: bool = False
    failure: FailureKind | None = None
    message: str = ""


class CloseRequest(GatewayRequest[CloseReply], frozen=True, tag="close"):
    """Runs a script on a kept state and has the kernel check the proof."""

    state: int
    script: str


class ChallengeReply(GatewayReply, frozen=True):
    """A compiled original: Lean's messages, and its commands with the names that each declares."""

    messages: tuple[Message, ...]
    commands: tuple[FileCommand, ...]


@dataclass(frozen=True)
class ChallengeTarget:
    """The theorem for which an original file is compiled, and how."""

    start: int
    """The byte at which its command starts."""
    selection: int
    """The byte at which its name starts."""
    sorried: bool = False
    """Whether its proof is replaced by `sorry`."""
    whole: bool = True
    """Whether the file is elaborated as it is: no proof is replaced, no `example` named and no linter run."""
    linted: bool = False
    """Whether linters look at its command."""


class ChallengeRequest(TextFields, GatewayRequest[ChallengeReply], frozen=True, tag="challenge"):
    """Compiles an original file, against which candidates are judged; see `ChallengeTarget`."""

    start: int
    selection: int
    sorried: bool
    whole: bool
    linted: bool
    olean: str


class JudgeReply(GatewayReply, frozen=True):
    """The verdict of a fresh Lean on a candidate."""

    messages: tuple[Message, ...] = ()
    commands: tuple[FileCommand, ...] = ()
    """The commands of the candidate; none if it was refused before it was elaborated."""
    refused: str | None = None
    """Why it is refused, if it is."""
    level: int = 0
    """The level at which it is refused."""
    misplaced: bool = False
    """Whether its text does not stand as one proof at its place, so that nothing is said of the proof itself."""
    axioms: tuple[str, ...] = ()
    """The standard axioms that the theorem depends on."""
    further_axioms: tuple[str, ...] = msgspec.field(default=(), name="furtherAxioms")
    """Those of the further axioms of the claim that it depends on."""
    library: int = 0
    """The number of library declarations without proofs, where the toolchain holds exported parts only."""
    refused_axioms: tuple[str, ...] = msgspec.field(default=(), name="refusedAxioms")
    given: tuple[str, ...] = ()
    """The open theorems of the claim that it depends on."""
    unseen: tuple[str, ...] = ()
    """Modules that the candidate imports with `import all`, and whose private parts the toolchain does not contain."""


@dataclass(frozen=True)
class TheoremClaim:
    """The claim that a candidate file proves a theorem of an original file."""

    theorem: str
    selection: int
    """The byte at which its name starts in the original."""
    beside: tuple[tuple[str, int], ...]
    """Other theorems of its `mutual` block that are proved too: their names, and the bytes at which these start."""
    start: int
    """The byte at which its command starts, in both files."""
    stop: int
    """The byte at which its command ends in the candidate."""
    original: str
    """The text of the original."""
    olean: str
    """The compiled original."""
    own: tuple[str, ...]
    """The names that the theorem's command declares in the original."""
    block: bool
    """Whether the proof must be one tactic block or one term, with nothing after it."""
    axioms: tuple[str, ...] = ()
    """The axioms that the proof may use besides the standard ones, if they are the original's own or imported."""
    assumed: tuple[str, ...] = ()
    """The open theorems that the proof may depend on; see `EVERY_OPEN_THEOREM`."""
    linted: bool = False
    """Whether linters look at the theorem's command."""


class JudgeRequest(TextFields, GatewayRequest[JudgeReply], frozen=True, tag="judge"):
    """Elaborates a candidate and judges a `TheoremClaim` about it."""

    theorem: str
    selection: int
    beside: tuple[tuple[str, int], ...]
    start: int
    stop: int
    original: str
    olean: str
    own: tuple[str, ...]
    block: bool
    linted: bool = False
    axioms: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    compiled: str | None = None
    """The path at which an accepted candidate is written as a compiled module."""


class ReplayReply(GatewayReply, frozen=True):
    """The verdict of the kernel on a compiled theorem."""

    replayed: int = 0
    """The number of declarations that the kernel accepted again."""
    refused: str | None = None
    """Why the kernel refuses one, if it does."""


class ReplayRequest(GatewayRequest[ReplayReply], frozen=True, tag="replay"):
    """Has the kernel check a compiled theorem and all that it depends on."""

    candidate: str
    challenge: str
    theorem: str
    own: tuple[str, ...]
    axioms: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


class AuditReply(GatewayReply, frozen=True):
    """The verdict of a fresh Lean on a file by itself."""

    audited: tuple[AuditedDeclaration, ...] = ()
    findings: tuple[AuditFinding, ...] = ()
    refused: str | None = None
    """Why the kernel refuses the declarations of the file, if it does."""


class AuditRequest(GatewayRequest[AuditReply], frozen=True, tag="audit"):
    """Asks what the declarations of an elaborated file depend on, and what is suspect in it."""

    source: int
    selections: tuple[int, ...] | None = None
    """The bytes at which the names of the declarations start, if only these are asked about, and nothing else."""


class EmptyRequest(GatewayRequest[GatewayReply], frozen=True, tag="empty"):
    """Asks for a copy of a library module that declares nothing, which no other library module may need."""

    module: str
    olean: str


class ForgetRequest(GatewayRequest[GatewayReply], frozen=True, tag="forget"):
    """Drops every kept state and, if requested, every kept file; or only some files."""

    sources: bool = False
    files: tuple[int, ...] | None = None
    """The handles of the files to drop, if nothing else is to be dropped."""


@dataclass(frozen=True)
class ReplyDecoder:
    """Decodes the replies to one kind of request. A line is parsed once unless the request failed or ends a stream."""

    partial: msgspec.json.Decoder[Any] | None
    closing: msgspec.json.Decoder[Any]

    def __call__(self, line: bytes) -> Any:
        """Returns the reply on a line: partial, closing or a `GatewayError`.

        Raises:
            msgspec.DecodeError: the line holds none of these.
        """
        try:
            return (self.partial or self.closing).decode(line)
        except msgspec.ValidationError as error:
            for decoder in (self.closing, _errors) if self.partial else (_errors,):
                try:
                    return decoder.decode(line)
                except msgspec.ValidationError:
                    continue
            raise error


_errors = msgspec.json.Decoder(GatewayError)
encode = msgspec.json.Encoder().encode
decode_greeting = msgspec.json.Decoder(Greeting).decode


@cache
def reply_decoder(request: type[GatewayRequest[Any]] | type[StreamRequest[Any, Any]]) -> ReplyDecoder:
    """Returns the decoder for the types that a kind of request names as its replies."""
    for base in request.__orig_bases__:  # type: ignore[union-attr]  # classes with a generic base have it
        types = get_args(base)
        if get_origin(base) is StreamRequest:
            return ReplyDecoder(msgspec.json.Decoder(types[0]), msgspec.json.Decoder(types[1]))
        if get_origin(base) is GatewayRequest:
            return ReplyDecoder(None, msgspec.json.Decoder(types[0]))
    raise TypeError(f"{request.__name__} does not name the type of its reply")
