"""Messages to and from the process in which LeanDojo runs: typed structs, one JSON object a line.

A request is answered by any number of `DojoTraced` and one last reply of another kind; before all requests the process
sends `DojoReady` or `DojoRefused`. A theorem is identified by its file and the byte at which its name starts, an opened
one by a number, a state of its proof by LeanDojo's own number.
"""

import msgspec

from prover.lean.protocol import Message
from prover.lean.traced import TracedModule


class DojoSetup(msgspec.Struct, frozen=True):
    """What the process is started with."""

    repository: str
    """a git checkout whose HEAD is the commit to work on"""
    cache: str
    """the directory in which LeanDojo keeps what it has traced"""
    processes: int = 2
    """Lean processes at once while tracing; above 2, LeanDojo brings up a Ray cluster to read the results"""
    dependencies: bool = False
    """trace what the repository depends on as well, Lean's own library included, which takes hours"""


class DojoTrace(msgspec.Struct, frozen=True, tag_field="do"):
    """All modules, traced and, the first time, built."""


class DojoDescribe(msgspec.Struct, frozen=True, tag_field="do"):
    """One module, as it was traced."""

    file: str


class DojoElaborate(msgspec.Struct, frozen=True, tag_field="do"):
    """Lean's messages about a file."""

    file: str


class DojoOpen(msgspec.Struct, frozen=True, tag_field="do"):
    """The whole statement of a theorem, to be proved."""

    file: str
    selection: int


class DojoRun(msgspec.Struct, frozen=True, tag_field="do"):
    """One tactic on one state."""

    opened: int
    state: int
    tactic: str
    milliseconds: int


class DojoCheck(msgspec.Struct, frozen=True, tag_field="do"):
    """The whole file with a proof written into it, in a fresh Lean."""

    file: str
    selection: int
    proof: str


class DojoForget(msgspec.Struct, frozen=True, tag_field="do"):
    """Closes every opened theorem."""


DojoRequest = DojoTrace | DojoDescribe | DojoElaborate | DojoOpen | DojoRun | DojoCheck | DojoForget


class DojoGoal(msgspec.Struct, frozen=True):
    """A goal as Lean prints it, taken apart by LeanDojo."""

    printed: str
    tag: str
    hypotheses: tuple[tuple[str, str], ...]
    """name and type"""
    target: str


class DojoReady(msgspec.Struct, frozen=True, tag_field="reply"):
    """LeanDojo has been loaded."""

    version: str


class DojoTraced(msgspec.Struct, frozen=True, tag_field="reply"):
    """A module."""

    module: TracedModule


class DojoMessages(msgspec.Struct, frozen=True, tag_field="reply"):
    """What Lean says about a file."""

    messages: tuple[Message, ...]


class DojoOpened(msgspec.Struct, frozen=True, tag_field="reply"):
    """A theorem whose proof can be tried."""

    number: int
    state: int
    goals: tuple[DojoGoal, ...]
    start: int
    """of its body, `:=` included"""
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
    """The tactic did not end in time or took Lean with it; the theorem is closed, and its states with it."""

    kind: str
    message: str


class DojoDone(msgspec.Struct, frozen=True, tag_field="reply"):
    """That is all; what was to be checked holds unless it says otherwise."""

    holds: bool = True


class DojoRefused(msgspec.Struct, frozen=True, tag_field="reply"):
    """It could not be done."""

    message: str
    details: tuple[str, ...] = ()
    missing: bool = False
    """for want of a program or package"""


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
