"""Rewrites Lean's WebAssembly module so that its 200,000 symbols cost nothing at start-up.

The module exports every compiled Lean function, and its JavaScript glue turns each export into an object, in every
thread. The rewriting removes the exports that only ``dlsym`` looks up: functions get fixed slots in the function table
(an element segment, the same in every thread), data symbols have fixed addresses, and a symbol table in another file
lists both. Its mutable globals are exported, so that a process can be saved and resumed (`embedded/image.js`). The code
is unchanged. Format: WebAssembly core specification 2.0, chapter 5.
"""

from collections.abc import Iterator
from dataclasses import dataclass

IMPORT, TABLE, GLOBAL, EXPORT, ELEMENT = 2, 4, 6, 7, 9
FUNCTION_KIND, MEMORY_KIND, GLOBAL_KIND = 0, 2, 3
I32_CONST, I64_CONST, F32_CONST, F64_CONST, END = 0x41, 0x42, 0x43, 0x44, 0x0B
HEADER = b"\0asm\1\0\0\0"

DYNAMIC = ("l_", "_Z", "initialize_", "lp_")
"""Prefixes of the names that are looked up only through ``dlsym``."""
SAVED_GLOBAL = "savedGlobal"
"""The prefix of the names under which mutable globals are exported, each followed by its index."""


class WasmError(ValueError):
    """The module does not have the expected layout; the message says where."""


@dataclass
class WasmReader:
    """A cursor over the bytes of a module."""

    data: bytes
    at: int = 0

    def byte(self) -> int:
        """Reads one byte."""
        self.at += 1
        return self.data[self.at - 1]

    def unsigned(self) -> int:
        """Reads an unsigned LEB128 integer."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self) -> int:
        """Reads a signed LEB128 integer."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value

    def name(self) -> str:
        """Reads a name: its length, then UTF-8."""
        length = self.unsigned()
        self.at += length
        return self.data[self.at - length : self.at].decode()


def unsigned(value: int) -> bytes:
    """Returns a non-negative integer in unsigned LEB128."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Returns a non-negative integer in signed LEB128."""
    encoded = bytearray(unsigned(value))
    if encoded[-1] & 0x40:
        encoded[-1] |= 0x80
        encoded.append(0)
    return bytes(encoded)


def sections(module: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields ``(id, start, end)`` for the content of each section."""
    if module[:8] != HEADER:
        raise WasmError("lean.wasm is not a WebAssembly 1 module; reinstall the toolchain")
    reader = WasmReader(module, 8)
    while reader.at < len(module):
        kind = reader.byte()
        size = reader.unsigned()
        yield kind, reader.at, reader.at + size
        reader.at += size


def _imported_globals(reader: WasmReader) -> int:
    count = 0
    for _ in range(reader.unsigned()):
        reader.name(), reader.name()
        match reader.byte():
            case 0:
                reader.unsigned()
            case 2:
                limits = reader.byte()
                reader.unsigned()
                if limits & 1:
                    reader.unsigned()
            case 3:
                reader.at += 2
                count += 1
            case kind:
                raise WasmError(f"lean.wasm imports something of kind {kind}; this version of the toolchain is unknown")
    return count


@dataclass(frozen=True)
class Globals:
    """The globals of a module, its imported ones included."""

    values: list[int | None]
    """The initial value of each, as an unsigned 32-bit integer; None if it is of another type or imported."""
    mutable: list[int]
    """The indices of those that the module defines and may change."""


def _globals(reader: WasmReader, imported: int) -> Globals:
    values: list[int | None] = [None] * imported
    mutable: list[int] = []
    for _ in range(reader.unsigned()):
        reader.at += 1
        if reader.byte():
            mutable.append(len(values))
        match reader.byte():
            case 0x41:
                values.append(reader.signed() & 0xFFFFFFFF)
            case 0x42:
                reader.signed()
                values.append(None)
            case 0x43:
                reader.at += 4
                values.append(None)
            case 0x44:
                reader.at += 8
                values.append(None)
            case opcode:
                raise WasmError(f"a global of lean.wasm starts with opcode {opcode:#x}; this version is unknown")
        if reader.byte() != END:
            raise WasmError("a global of lean.wasm is not a constant; this version of the toolchain is unknown")
    return Globals(values, mutable)


def _table_size(reader: WasmReader) -> int:
    if reader.unsigned() != 1 or reader.byte() != 0x70 or reader.byte() != 0:
        raise WasmError("lean.wasm does not have one growing function table; this version is unknown")
    return reader.unsigned()


def _element_slots(reader: WasmReader) -> dict[int, int]:
    """Returns the table slot of each function index in the module's single active segment."""
    if reader.unsigned() != 1 or reader.unsigned() != 0 or reader.byte() != I32_CONST:
        raise WasmError("lean.wasm does not have one element segment; this version is unknown")
    offset = reader.signed()
    reader.byte()
    slots: dict[int, int] = {}
    for place in range(reader.unsigned()):
        slots.setdefault(reader.unsigned(), offset + place)
    return slots


def _global_export(index: int) -> bytes:
    name = f"{SAVED_GLOBAL}{index}".encode()
    return unsigned(len(name)) + name + bytes([GLOBAL_KIND]) + unsigned(index)


@dataclass(frozen=True)
class Rewritten:
    """A module whose dynamic symbols are in a table instead of its export section."""

    module: bytes
    symbols: dict[str, int]
    """The function-table slot or memory address of each symbol."""


def rewrite(module: bytes) -> Rewritten:
    """Returns the module with few exports, and its symbol table.

    Raises:
        WasmError: The module does not have the expected layout.
    """
    content_of = {kind: (start, end) for kind, start, end in sections(module) if kind}

    def reader(kind: int) -> WasmReader:
        return WasmReader(module, content_of[kind][0])

    variables = _globals(reader(GLOBAL), _imported_globals(reader(IMPORT)))
    size = _table_size(reader(TABLE))
    slots = _element_slots(reader(ELEMENT))
    exports = reader(EXPORT)
    symbols: dict[str, int] = {}
    exported: list[bytes] = []
    added: list[int] = []
    for _ in range(exports.unsigned()):
        start = exports.at
        name, kind, index = exports.name(), exports.byte(), exports.unsigned()
        if kind == FUNCTION_KIND:
            if index not in slots:
                slots[index] = size + len(added)
                added.append(index)
            symbols[name] = slots[index]
        elif kind == GLOBAL_KIND and (address := variables.values[index]) is not None:
            symbols[name] = address
        if not (name.startswith(DYNAMIC) and name in symbols):
            exported.append(module[start : exports.at])
    exported.extend(_global_export(index) for index in variables.mutable)

    segment = b"\0" + bytes([I32_CONST]) + signed(size) + bytes([END])
    segment += unsigned(len(added)) + b"".join(map(unsigned, added))
    elements = WasmReader(module, content_of[ELEMENT][0])
    elements.unsigned()
    content = {
        TABLE: b"\1\x70\0" + unsigned(size + len(added)),
        EXPORT: unsigned(len(exported)) + b"".join(exported),
        ELEMENT: unsigned(2) + module[elements.at : content_of[ELEMENT][1]] + segment,
    }
    out = bytearray(HEADER)
    for kind, start, end in sections(module):
        body = content.get(kind) or module[start:end]
        out += bytes([kind]) + unsigned(len(body)) + body
    return Rewritten(bytes(out), symbols)
