"""The table of symbols, and the script that reads it: both must hash alike."""

import json
import subprocess
from pathlib import Path

import pytest

from prover.lean.toolchain import symbols
from prover.lean.toolchain.install import EMBEDDED
from prover.lean.toolchain.node import find_node

NAMES = {"malloc": 2, "l_Lean_Options_empty": 4_000_000_000, "_ZN4lean8mk_cnstrEv": 7, "l_é": 9, "": 11}


def read(table: Path, names: list[str]) -> list[int | None]:
    """What the script finds for names."""
    program = (
        f"const place = require({json.dumps(str(EMBEDDED / 'symbols.js'))})({json.dumps(str(table))});"
        f"console.log(JSON.stringify({json.dumps(names)}.map(name => place(name) ?? null)))"
    )
    done = subprocess.run([find_node().executable, "-e", program], capture_output=True, text=True, timeout=60)
    found: list[int | None] = json.loads(done.stdout)
    return found


def test_every_symbol_is_found_and_no_other(tmp_path: Path) -> None:
    many = {f"l_f{n}": n for n in range(5_000)}
    file = tmp_path / "symbols.bin"
    file.write_bytes(symbols.table(NAMES | many))
    assert read(file, [*NAMES, *many]) == [*NAMES.values(), *many.values()]
    assert read(file, ["mallo", "l_f5000", "l_è"]) == [None, None, None]


def test_symbols_that_cannot_be_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "hashes", lambda name: (len(name), 0))
    with pytest.raises(symbols.SymbolsClash, match="bb and cc"):
        symbols.table({"a": 1, "cc": 2, "bb": 3})
