"""Independent checkers, played by scripts that behave as the real ones: a status, words, a file to read."""

from pathlib import Path

import pytest

from prover.check.checkers import CompiledTheorem, checkers_for
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain

REFUSES = '#!/bin/sh\necho "uncaught exception: (kernel) declaration type mismatch"\nexit 1\n'
EXPORTS = '#!/bin/sh\necho "exported $@"\n'
READS = """#!/bin/sh
file=$(sed 's/.*"export_file_path": "\\([^"]*\\)".*/\\1/' "$1")
grep -q 'exported Demo.Top -- Demo.both' "$file" && grep -q '"unpermitted_axiom_hard_error": true' "$1"
"""


@pytest.fixture
def toolchain(tmp_path: Path) -> NativeToolchain:
    (tmp_path / "bin").mkdir()
    return NativeToolchain(tmp_path / "bin" / "lean", "4.28.0", "c", "p", tmp_path, tmp_path / "mains")


@pytest.fixture
def theorem(tmp_path: Path) -> CompiledTheorem:
    return CompiledTheorem("Demo.Top", "Demo.both", (tmp_path / "candidate", tmp_path / "project"))


def install(toolchain: NativeToolchain, **scripts: str) -> None:
    for name, text in scripts.items():
        (toolchain.lean.parent / name).write_text(text)
        (toolchain.lean.parent / name).chmod(0o755)


def test_the_one_beside_lean_is_asked_of_the_module(toolchain: NativeToolchain, theorem: CompiledTheorem) -> None:
    asked = f"{theorem.path[0]}:{theorem.path[1]} Demo.Top"
    install(toolchain, leanchecker=f'#!/bin/sh\n[ "$LEAN_PATH $*" = "{asked}" ]\n')
    (checker,) = checkers_for(toolchain, "/usr/bin:/bin")
    assert checker.name == "leanchecker"
    assert checker.objection(theorem) is None


def test_its_refusal_is_told_in_its_words(toolchain: NativeToolchain, theorem: CompiledTheorem) -> None:
    install(toolchain, leanchecker=REFUSES)
    (checker,) = checkers_for(toolchain, "/usr/bin:/bin")
    assert checker.objection(theorem) == (
        "leanchecker refuses it: uncaught exception: (kernel) declaration type mismatch"
    )


def test_nanoda_reads_what_was_exported(toolchain: NativeToolchain, theorem: CompiledTheorem) -> None:
    install(toolchain, lean4export=EXPORTS, nanoda_bin=READS)
    (checker,) = checkers_for(toolchain, "/usr/bin:/bin")
    assert checker.objection(theorem) is None
    install(toolchain, lean4export="#!/bin/sh\necho 'incompatible header' >&2; exit 1\n")
    assert checker.objection(theorem) == "lean4export could not export it for nanoda: incompatible header"


def test_nanoda_alone_is_not_enough(toolchain: NativeToolchain) -> None:
    install(toolchain, nanoda_bin=READS)
    assert checkers_for(toolchain, "/usr/bin:/bin") == ()


def test_an_embedded_toolchain_has_none(toolchain: NativeToolchain, tmp_path: Path) -> None:
    install(toolchain, leanchecker=REFUSES)
    embedded = EmbeddedToolchain("e", NodeRuntime(Path("/node"), (24, 0, 0), ()), tmp_path, tmp_path)
    assert checkers_for(embedded, str(toolchain.lean.parent)) == ()
