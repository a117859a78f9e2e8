"""The Python files on which the gate's verdict depends: exactly those that ARCHITECTURE.md lists as trusted."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    trusted = set(re.findall(r"^\| `([\w/.]+\.py)` \| \d+ \|", text, re.MULTILINE))
    assert imported_files("prover/check/gate.py") == trusted
