"""A candidate as the user's own Lean takes it: `lean` elaborates the file with Lake's options and search path.

The gateway elaborates files with a program of its own, which the search needs. So a native Lean is asked once more:
what it does not accept would not build. The embedded Lean has only the gateway.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from prover.errors import LeanDied
from prover.lean.isolation import confined
from prover.lean.module_name import module_file
from prover.lean.protocol import Message
from prover.lean.session import SourceText
from prover.lean.toolchain.execute import ProcessLimits, execute
from prover.lean.toolchain.toolchain import NATIVE_MEGABYTES, Command, NativeToolchain, Toolchain

LEAN_SECONDS = 600.0


class _Position(msgspec.Struct, frozen=True):
    line: int
    column: int


class _PrintedMessage(msgspec.Struct, frozen=True):
    """A line that `lean --json` prints."""

    severity: str
    pos: _Position
    data: str


def lean_objection(
    toolchain: Toolchain, search_path: Sequence[Path], source: SourceText, known: Sequence[Message]
) -> str | None:
    """Returns the first error that a native `lean` finds in a file, besides known ones; None if there is none.

    Raises:
        LeanDied: It did not finish.
    """
    if not isinstance(toolchain, NativeToolchain):
        return None
    places = {(message.line, message.column) for message in known if message.severity == "error"}
    for message in _printed(toolchain, search_path, source):
        if message.severity == "error" and (message.pos.line, message.pos.column) not in places:
            return f"line {message.pos.line}: {message.data.strip().partition(chr(10))[0]}"
    return None


def _printed(toolchain: NativeToolchain, search_path: Sequence[Path], source: SourceText) -> list[_PrintedMessage]:
    with tempfile.TemporaryDirectory(prefix="prover-lean-itself-") as directory:
        root = Path(directory).resolve()
        file = root / module_file(source.module, ".lean")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source.text, encoding="utf-8")
        options = [f"-D{option}={_value(value)}" for option, value in source.options]
        # -R: the module's name, which private names contain, comes from its place below the root
        words = (f"--memory={NATIVE_MEGABYTES}", "--json", "-R", str(root), *options, str(file))
        command = Command((str(toolchain.lean), *words), {"LEAN_PATH": os.pathsep.join(map(str, search_path))})
        finished = execute(confined(command, toolchain, root), ProcessLimits(root, LEAN_SECONDS))
    found = [message for line in finished.lines if (message := _message(line))]
    if finished.status != int(any(message.severity == "error" for message in found)):
        raise LeanDied(f"`lean` did not finish the file: {finished.last_words}")
    return found


def _message(line: str) -> _PrintedMessage | None:
    """Returns the message of a line; None for what the file itself prints."""
    try:
        return msgspec.json.decode(line, type=_PrintedMessage)
    except msgspec.DecodeError:
        return None


def _value(value: bool | int | str) -> str:
    """Returns the value of an option as `lean` reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
