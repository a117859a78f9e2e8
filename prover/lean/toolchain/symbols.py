"""The symbol table that `embedded/symbols.js` reads. It is compact because every thread of a Lean process has a copy.

As a JavaScript object read from JSON it took a hundred megabytes in each thread.
"""

import hashlib
import struct
from collections.abc import Mapping


class SymbolsClash(ValueError):
    """Two symbols have the same hashes; the message names them."""


def hashes(name: str) -> tuple[int, int]:
    """Returns two 32-bit hashes of a symbol's name: the first words of its SHA-1 digest."""
    first, second = struct.unpack_from("<2I", hashlib.sha1(name.encode(), usedforsecurity=False).digest())
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
