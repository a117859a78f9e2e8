"""What a native `lean` itself says of a candidate, with a script in its place."""

import json
from pathlib import Path

import pytest

from prover.check.lean_itself import lean_objection
from prover.errors import LeanDied
from prover.lean.protocol import Message
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import NativeToolchain

SOURCE = SourceText("theorem t : p := by simp\n", "A/«b c».lean", "A.«b c»", (("weak.x", True), ("maxRecDepth", 5)))


def message(severity: str, line: int, data: str) -> str:
    return json.dumps({"severity": severity, "pos": {"line": line, "column": 2}, "data": data, "kind": "x"})


def objection(tmp_path: Path, lines: list[str], status: int, known: tuple[Message, ...] = ()) -> str | None:
    """What follows from the lines and the exit status of a `lean`."""
    lean = tmp_path / "lean"
    (tmp_path / "printed").write_text("".join(f"{line}\n" for line in lines))
    lean.write_text(f"#!/bin/sh\necho $* > {tmp_path}/words\ncat {tmp_path}/printed\nexit {status}\n")
    lean.chmod(0o755)
    toolchain = NativeToolchain(lean, "4.28.0", "abc", "x86_64", tmp_path, tmp_path)
    return lean_objection(toolchain, (tmp_path,), SOURCE, known)


def test_a_file_without_errors_is_taken(tmp_path: Path) -> None:
    assert objection(tmp_path, [message("warning", 1, "unused"), '{"printed by": "the file"}', "{"], 0) is None
    memory, flag, option, root, *options, file = (tmp_path / "words").read_text().replace("b c", "b_c").split()
    assert (memory, flag, option, options) == ("--memory=8192", "--json", "-R", ["-Dweak.x=true", "-DmaxRecDepth=5"])
    assert file == f"{root}/A/b_c.lean"


def test_the_first_error_is_the_objection(tmp_path: Path) -> None:
    lines = [message("error", 3, "Not a definitional equality\nmore"), message("error", 4, "no")]
    assert objection(tmp_path, lines, 1) == "line 3: Not a definitional equality"


def test_errors_that_the_gateway_found_too_are_none(tmp_path: Path) -> None:
    known = Message("error", 3, 2, 3, 5, "old", "A.lean:3:2: error: old")
    assert objection(tmp_path, [message("error", 3, "old")], 1, (known,)) is None
    assert objection(tmp_path, [message("error", 3, "old"), message("error", 4, "new")], 1, (known,)) == "line 4: new"


@pytest.mark.parametrize("status", [1, 137])
def test_a_lean_that_does_not_finish_says_nothing_of_the_file(tmp_path: Path, status: int) -> None:
    with pytest.raises(LeanDied, match="did not finish"):
        objection(tmp_path, ["out of memory"], status)
