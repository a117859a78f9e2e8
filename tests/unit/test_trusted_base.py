"""The Python files on which the gate's verdict depends: exactly those that ARCHITECTURE.md lists as trusted."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRUSTED = {
    "prover/check/challenge.py",
    "prover/check/checkers.py",
    "prover/check/gate.py",
    "prover/check/levels.py",
    "prover/errors.py",
    "prover/lean/gateway_session.py",
    "prover/lean/isolation.py",
    "prover/lean/process.py",
    "prover/lean/protocol.py",
    "prover/lean/requests.py",
    "prover/lean/session.py",
    "prover/lean/toolchain/execute.py",
    "prover/lean/toolchain/node.py",
    "prover/lean/toolchain/toolchain.py",
    "retrieval/files.py",
}


def imported_files(start: str) -> set[str]:
    """The project's files that a file imports, directly or indirectly, itself included."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file in found or not (ROOT / file).is_file():
            continue
        found.add(file)
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            waiting += [f"{name.replace('.', '/')}.py" for name in names]
    return found


def test_the_gate_depends_on_the_trusted_files_alone() -> None:
    assert imported_files("prover/check/gate.py") == TRUSTED
