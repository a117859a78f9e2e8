"""The symbol table that `embedded/symbols.js` reads. It is compact because every thread of a Lean process has a copy.

As a JavaScript object read from JSON it took a hundred megabytes in each thread.
"""

import struct
from collections.abc import Mapping

WORD = 0xFFFFFFFF


class SymbolsClash(ValueError):
    """Two symbols have the same hashes; the message names them."""


def hashes(name: str) -> tuple[int, int]:
    """Returns two 32-bit hashes of a symbol's name: FNV-1a, and one that mixes like MurmurHash."""
    first, second = 0x811C9DC5, 0
    for byte in name.encode():
        first = (first ^ byte) * 0x01000193 & WORD
        second = (second ^ byte) * 0x5BD1E995 & WORD
        second ^= second >> 15
    return first, second


def table(symbols: Mapping[str, int]) -> bytes:
    """Returns the rows of the table as little-endian 32-bit words: both hashes, then the address.

    Raises:
        SymbolsClash: Two symbols have the same hashes.
    """
    rows: dict[tuple[int, int], str] = {}
    for name in symbols:
        if (other := rows.setdefault(hashes(name), name)) != name:
            raise SymbolsClash(f"{name} and {other} have the same hashes")
    return b"".join(struct.pack("<3I", *row, symbols[name]) for row, name in sorted(rows.items()))
