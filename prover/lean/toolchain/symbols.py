"""The table of symbols that `embedded/symbols.js` reads: small, since every thread of a Lean process has one.

As an object of JavaScript's, read from JSON, it took a hundred megabytes in each.
"""

import struct
from collections.abc import Mapping

WORD = 0xFFFFFFFF


class SymbolsClash(ValueError):
    """Two symbols have the same hashes; the message names them."""


def hashes(name: str) -> tuple[int, int]:
    """Two 32-bit hashes of a symbol's name: FNV-1a, and a mixing one in the manner of MurmurHash."""
    first, second = 0x811C9DC5, 0
    for byte in name.encode():
        first = (first ^ byte) * 0x01000193 & WORD
        second = (second ^ byte) * 0x5BD1E995 & WORD
        second ^= second >> 15
    return first, second


def table(symbols: Mapping[str, int]) -> bytes:
    """The rows of the table, in little-endian words.

    Raises:
        SymbolsClash: two symbols could not be told apart.
    """
    rows: dict[tuple[int, int], str] = {}
    for name in symbols:
        if (other := rows.setdefault(hashes(name), name)) != name:
            raise SymbolsClash(f"{name} and {other} have the same hashes")
    return b"".join(struct.pack("<3I", *row, symbols[name]) for row, name in sorted(rows.items()))
