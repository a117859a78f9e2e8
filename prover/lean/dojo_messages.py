"""What is said between this program and the process in which LeanDojo runs: typed messages, one JSON object a line.

A request is answered by any number of `Traced` and one last reply of another kind; before all requests the process
says `Ready` or `Refused`. A theorem is known by its file and the byte at which its name stands, an opened one by
a number, a state of its proof by LeanDojo's own number.
"""

import msgspec

from prover.lean.protocol import Message
from prover.lean.traced import TracedModule


class Setup(msgspec.Struct, frozen=True):
    """What the process is started with."""

    repository: str
    """a git checkout whose HEAD is the commit to work on"""
    cache: str
    """the directory in which LeanDojo keeps what it has traced"""
    processes: int = 2
    """Lean processes at once while tracing; above 2, LeanDojo brings up a Ray cluster to read the results"""
    dependencies: bool = False
    """trace what the repository depends on as well, Lean's own library included, which takes hours"""


class Trace(msgspec.Struct, frozen=True, tag_field="do"):
    """All modules, traced and, the first time, built."""


class Describe(msgspec.Struct, frozen=True, tag_field="do"):
    """One module, as it was traced."""

    file: str


class Elaborate(msgspec.Struct, frozen=True, tag_field="do"):
    """Lean's messages about a file."""

    file: str


class Open(msgspec.Struct, frozen=True, tag_field="do"):
    """The whole statement of a theorem, to be proved."""

    file: str
    selection: int


class Run(msgspec.Struct, frozen=True, tag_field="do"):
    """One tactic on one state."""

    opened: int
    state: int
    tactic: str
    milliseconds: int


class Check(msgspec.Struct, frozen=True, tag_field="do"):
    """The whole file with a proof written into it, in a fresh Lean."""

    file: str
    selection: int
    proof: str


class Forget(msgspec.Struct, frozen=True, tag_field="do"):
    """Closes every opened theorem."""


Request = Trace | Describe | Elaborate | Open | Run | Check | Forget


class PrintedGoal(msgspec.Struct, frozen=True):
    """A goal as Lean prints it, taken apart by LeanDojo."""

    printed: str
    tag: str
    hypotheses: tuple[tuple[str, str], ...]
    """name and type"""
    target: str


class Ready(msgspec.Struct, frozen=True, tag_field="reply"):
    """LeanDojo has been loaded."""

    version: str


class Traced(msgspec.Struct, frozen=True, tag_field="reply"):
    """A module."""

    module: TracedModule


class Said(msgspec.Struct, frozen=True, tag_field="reply"):
    """What Lean says about a file."""

    messages: tuple[Message, ...]


class Opened(msgspec.Struct, frozen=True, tag_field="reply"):
    """A theorem whose proof can be tried."""

    number: int
    state: int
    goals: tuple[PrintedGoal, ...]
    start: int
    """of its body, `:=` included"""
    stop: int
    command: tuple[int, int]
    declaration: str


class Stepped(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic ran and left goals."""

    state: int
    goals: tuple[PrintedGoal, ...]
    microseconds: int


class Finished(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic ran and left nothing; the kernel has accepted the proof."""

    microseconds: int


class Rejected(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic failed, or must not count."""

    kind: str
    message: str
    microseconds: int


class Gone(msgspec.Struct, frozen=True, tag_field="reply"):
    """The tactic did not end in time or took Lean with it; the theorem is closed, and its states with it."""

    kind: str
    message: str


class Done(msgspec.Struct, frozen=True, tag_field="reply"):
    """That is all; what was to be checked holds unless it says otherwise."""

    holds: bool = True


class Refused(msgspec.Struct, frozen=True, tag_field="reply"):
    """It could not be done."""

    message: str
    details: tuple[str, ...] = ()
    missing: bool = False
    """for want of a program or package"""


Reply = Ready | Traced | Said | Opened | Stepped | Finished | Rejected | Gone | Done | Refused

encode = msgspec.json.Encoder().encode
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
decode_request = _requests.decode
_replies: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
decode_reply = _replies.decode
