"""Messages to and from the process in which LeanDojo runs: typed structs, one JSON object a line.

A request is answered by any number of `DojoTraced` and one last reply of another kind; before all requests the process
sends `DojoReady` or `DojoRefused`. A theorem is identified by its file and the byte at which its name starts, an opened
one by a number, a state of its proof by LeanDojo's own number.
"""

import msgspec

from prover.lean.protocol import Message
from prover.lean.traced import TracedModule


class DojoSetup(msgspec.Struct, frozen=True):
    """The settings of the process."""

    repository: str
    """A git checkout whose HEAD is the commit to work on."""
    cache: str
    """The directory of LeanDojo's cache."""
    processes: int = 2
    """The number of Lean processes while tracing. Above 2, LeanDojo starts a Ray cluster to read the results."""
    dependencies: bool = False
    """Whether dependencies are traced as well, including Lean's library, which takes hours."""


class DojoTrace(msgspec.Struct, frozen=True, tag_field="do"):
    """Traces all modules; the first time, builds them too."""


class DojoDescribe(msgspec.Struct, frozen=True, tag_field="do"):
    """Asks for the trace of one module."""

    file: str


class DojoElaborate(msgspec.Struct, frozen=True, tag_field="do"):
    """Asks for Lean's messages about a file."""

    file: str


class DojoOpen(msgspec.Struct, frozen=True, tag_field="do"):
    """Opens the statement of a theorem."""

    file: str
    selection: int


class DojoRun(msgspec.Struct, frozen=True, tag_field="do"):
    """Runs one tactic on one state."""

    opened: int
    state: int
    tactic: str
    milliseconds: int


class DojoCheck(msgspec.Struct, frozen=True, tag_field="do"):
    """Checks the whole file with a proof written into it, in a fresh Lean."""

    file: str
    selection: int
    proof: str


class DojoForget(msgspec.Struct, frozen=True, tag_field="do"):
    """Closes every opened theorem."""


DojoRequest = DojoTrace | DojoDescribe | DojoElaborate | DojoOpen | DojoRun | DojoCheck | DojoForget


class DojoGoal(msgspec.Struct, frozen=True):
    """A goal as Lean prints it, with its parts as LeanDojo parses them."""

    printed: str
    tag: str
    hypotheses: tuple[tuple[str, str], ...]
    """The name and the type of each hypothesis."""
    target: str


class DojoReady(msgspec.Struct, frozen=True, tag_field="reply"):
    """LeanDojo has been loaded."""

    version: str


class DojoTraced(msgspec.Struct, frozen=True, tag_field="reply"):
    """A traced module."""

    module: TracedModule


class DojoMessages(msgspec.Struct, frozen=True, tag_field="reply"):
    """Lean's messages about a file."""

    messages: tuple[Message, ...]


class DojoOpened(msgspec.Struct, frozen=True, tag_field="reply"):
    """An opened theorem."""

    number: int
    state: int
    goals: tuple[DojoGoal, ...]
    start: int
    """The start of its body, including `:=`."""
    stop: int
    command: tuple[int, int]
    declaration: str


class DojoStepped(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic ran and left goals."""

    state: int
    goals: tuple[DojoGoal, ...]
    microseconds: int


class DojoFinished(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic ran and left nothing; the kernel has accepted the proof."""

    microseconds: int


class DojoRejected(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic failed, or must not count."""

    kind: str
    message: str
    microseconds: int


class DojoGone(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic did not end in time or ended Lean. The theorem and its states are closed."""

    kind: str
    message: str


class DojoDone(msgspec.Struct, frozen=True, tag_field="reply"):
    """Closes a request."""

    holds: bool = True
    """Whether the proof holds, if one was to be checked."""


class DojoRefused(msgspec.Struct, frozen=True, tag_field="reply"):
    """The request could not be carried out."""

    message: str
    details: tuple[str, ...] = ()
    missing: bool = False
    """Whether a program or package is missing."""


DojoReply = (
    DojoReady
    | DojoTraced
    | DojoMessages
    | DojoOpened
    | DojoStepped
    | DojoFinished
    | DojoRejected
    | DojoGone
    | DojoDone
    | DojoRefused
)

encode = msgspec.json.Encoder().encode
_requests: msgspec.json.Decoder[DojoRequest] = msgspec.json.Decoder(DojoRequest)
decode_request = _requests.decode
_replies: msgspec.json.Decoder[DojoReply] = msgspec.json.Decoder(DojoReply)
decode_reply = _replies.decode
