"""The rewriting of a WebAssembly module, on one small enough to write by hand."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.toolchain import wasm
from prover.lean.toolchain.node import wheel_directory
from prover.lean.toolchain.wasm import WasmError, WasmReader, rewrite, sections, signed, unsigned


def section(kind: int, *items: bytes) -> bytes:
    content = unsigned(len(items)) + b"".join(items)
    return bytes([kind]) + unsigned(len(content)) + content


def export(name: str, kind: int, index: int) -> bytes:
    return unsigned(len(name)) + name.encode() + bytes([kind]) + unsigned(index)


def module(*, element: bytes = b"\0\x41\1\x0b\1\0") -> bytes:
    """Two functions that return 7 and 8, the first in the table's place 1; a global with value 1024, and a variable."""
    return wasm.HEADER + b"".join(
        (
            section(1, b"\x60\0\1\x7f"),
            section(wasm.IMPORT),
            section(3, b"\0", b"\0"),
            section(wasm.TABLE, b"\x70\0\2"),
            section(
                wasm.GLOBAL,
                b"\x7f\0\x41" + signed(1024) + b"\x0b",
                b"\x7f\1\x41" + signed(5) + b"\x0b",
            ),
            section(
                wasm.EXPORT,
                export("l_seven", 0, 0),
                export("l_eight", 0, 1),
                export("malloc", 0, 1),
                export("l_data", 3, 0),
                export("table", 1, 0),
            ),
            section(wasm.ELEMENT, element),
            section(10, b"\4\0\x41\7\x0b", b"\4\0\x41\x08\x0b"),
        )
    )


def test_symbols_have_their_places_and_leave_the_exports() -> None:
    rewritten = rewrite(module())
    assert rewritten.symbols == {"l_seven": 1, "l_eight": 2, "malloc": 2, "l_data": 1024}
    assert b"l_" not in rewritten.module
    assert b"malloc" in rewritten.module
    assert b"table" in rewritten.module


def test_code_is_not_touched() -> None:
    def code(data: bytes) -> list[bytes]:
        return [data[start:end] for kind, start, end in sections(data) if kind == 10]

    assert code(module()) == code(rewrite(module()).module)


def test_the_rewritten_module_runs(tmp_path: Path) -> None:
    wheel = wheel_directory()
    node = wheel / "bin" / "node" if wheel else shutil.which("node")
    if node is None:
        pytest.skip("no Node.js here")
    (tmp_path / "m.wasm").write_bytes(rewrite(module()).module)
    script = (
        "const m = new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync('m.wasm'))).exports;"
        "console.log(Object.keys(m).join(), m.table.get(1)(), m.table.get(2)(), m.savedGlobal1.value++)"
    )
    answer = subprocess.run([node, "-e", script], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=True)
    assert answer.stdout == "malloc,table,savedGlobal1 7 8 5\n"


def test_another_format_is_refused() -> None:
    with pytest.raises(WasmError, match="not a WebAssembly 1 module"):
        rewrite(b"\0asm\2\0\0\0")


def test_an_unknown_table_layout_is_refused() -> None:
    with pytest.raises(WasmError, match="element segment"):
        rewrite(module(element=b"\1\0\1\0"))


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_numbers_survive_their_encoding(value: int) -> None:
    assert WasmReader(unsigned(value)).unsigned() == value
    assert WasmReader(signed(value)).signed() == value
