"""Vectors of premises in FAISS: exact where they are few, inverted lists where they are many.

A search looks only at what may be found: the selection goes into FAISS, not behind it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.errors import IndexBroken

if TYPE_CHECKING:
    from retrieval.postings import Float32Array, Int64Array

EXACT_UP_TO = 20_000
LISTS_LOOKED_AT = 24
SAMPLES_PER_LIST = 40


class VectorIndex:
    """Rows of vectors by inner product, each with an id."""

    def __init__(self, index: Any, extension: "VectorIndex | None" = None) -> None:
        """Wraps a FAISS index; `extension` holds additional rows, with other ids, that are searched too."""
        self._index = index
        self._extension = extension

    @classmethod
    def build(cls, vectors: "Float32Array", ids: Sequence[int] | None = None) -> "VectorIndex":
        """The index of some vectors, one a row."""
        import numpy as np

        faiss = _faiss()
        count, dimensions = vectors.shape
        numbers = np.arange(count, dtype=np.int64) if ids is None else np.asarray(ids, dtype=np.int64)
        exact = faiss.IndexFlatIP(dimensions)
        if count <= EXACT_UP_TO:
            index = faiss.IndexIDMap2(exact)
        else:
            lists = int(2 * count**0.5)
            index = faiss.IndexIVFFlat(exact, dimensions, lists, faiss.METRIC_INNER_PRODUCT)
            index.own_fields = True
            exact.this.disown()
            index.cp.seed, index.cp.niter, index.cp.max_points_per_centroid = 0, 8, SAMPLES_PER_LIST
            index.train(vectors)
        index.add_with_ids(vectors, numbers)
        return cls(index)

    def __len__(self) -> int:
        return int(self._index.ntotal) + (len(self._extension) if self._extension else 0)

    def extended(self, vectors: "Float32Array", ids: Sequence[int]) -> "VectorIndex":
        """This index with a few more rows, which are not saved with it; this one stays as it is."""
        return VectorIndex(self._index, VectorIndex.build(vectors, ids)) if len(ids) else self

    def add(self, vectors: "Float32Array", ids: Sequence[int]) -> None:
        """Adds rows under new ids."""
        import numpy as np

        self._index.add_with_ids(vectors, np.asarray(ids, dtype=np.int64))

    def remove(self, ids: Sequence[int]) -> int:
        """Removes rows; how many there were."""
        import numpy as np

        faiss = _faiss()
        return int(self._index.remove_ids(faiss.IDSelectorBatch(np.asarray(ids, dtype=np.int64))))

    def search(
        self, query: "Float32Array", count: int, allowed: bytes | None = None
    ) -> "tuple[Int64Array, Float32Array]":
        """The ids nearest to one vector, and their inner products, the highest first.

        Args:
            allowed: a byte for each id, 1 for those that may be found; None for all.
        """
        import numpy as np

        faiss = _faiss()
        selector = None
        if allowed is not None:
            bits = np.packbits(np.frombuffer(allowed, dtype=np.uint8), bitorder="little")
            selector = faiss.IDSelectorBitmap(bits)
        if hasattr(self._index, "nprobe"):
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=LISTS_LOOKED_AT)
        else:
            parameters = faiss.SearchParameters(sel=selector)
        scores, found = self._index.search(query.reshape(1, -1), count, params=parameters)
        there = found[0] >= 0
        ids, products = found[0][there].astype(np.int64), scores[0][there]
        if self._extension is None:
            return ids, products
        more_ids, more_products = self._extension.search(query, count, allowed)
        ids, products = np.concatenate([ids, more_ids]), np.concatenate([products, more_products])
        order = np.lexsort((ids, -products))[:count]
        return ids[order], products[order]

    def save(self, file: Path) -> None:
        """Writes it to a file."""
        _faiss().write_index(self._index, str(file))

    @classmethod
    def load(cls, file: Path) -> "VectorIndex":
        """Loads what `save` wrote; vectors in lists are read when they are needed.

        Raises:
            IndexBroken: The file does not exist or is incomplete.
        """
        faiss = _faiss()
        try:
            index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP)
        except RuntimeError as error:
            raise IndexBroken(f"{file} is no index that can be read: build it again.") from error
        return cls(index)


def _faiss() -> Any:
    """The library, whose annotations do not know its own classes."""
    import faiss

    return faiss
