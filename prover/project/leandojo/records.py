"""The records of LeanDojo's benchmark format as typed values. Reads and writes nothing itself.

A benchmark is a directory with `corpus.jsonl`, one `CorpusFile` per line, each after the files that it imports; a
directory for each splitting strategy with `train.json`, `val.json` and `test.json`, lists of `BenchmarkTheorem`; and
`metadata.json`. The format is that of LeanDojo Benchmark 4 (Yang et al., NeurIPS 2023). Unknown keys are ignored, since
other programs add their own.
"""

from pathlib import PurePosixPath

import msgspec

from prover.lean.file_text import LineColumn
from prover.lean.module_name import module_at, module_file, parts_of

START_MARK, END_MARK = "<a>", "</a>"
"""The marks around a premise in an annotated tactic."""
NO_GOALS = "no goals"
"""The state without goals."""
CORPUS, METADATA = "corpus.jsonl", "metadata.json"
PARTS = ("train", "val", "test")
LEANDOJO_VERSION = "4.20.0"
"""The version of lean-dojo whose output format this is."""


class CorpusPremise(msgspec.Struct, frozen=True):
    """A declaration that a proof may use."""

    full_name: str | None
    """None if LeanDojo could not determine it."""
    code: str
    """As written, without comments; for a theorem only the statement; empty if unknown."""
    start: LineColumn
    end: LineColumn
    kind: str = ""
    """Lean's kind of declaration; in LeanDojo's own benchmarks the class of its syntax node."""


class CorpusFile(msgspec.Struct, frozen=True):
    """A Lean file and the premises that it declares."""

    path: str
    """The path from the repository's root; below `.lake/packages` for dependencies."""
    imports: tuple[str, ...] = ()
    """The paths of the files that it imports directly, which have earlier lines."""
    premises: tuple[CorpusPremise, ...] = ()
    module: str = ""
    """The module name, which LeanDojo does not write."""


class MarkProvenance(msgspec.Struct, frozen=True):
    """The declaration of a marked premise."""

    full_name: str
    def_path: str
    def_pos: LineColumn
    """The start of its name in its declaration."""
    def_end_pos: LineColumn | None = None


class BenchmarkTactic(msgspec.Struct, frozen=True):
    """A tactic with the states around it."""

    tactic: str
    """Without comments; further lines are moved left with the first."""
    state_before: str
    """The goals as Lean prints them, separated by blank lines."""
    state_after: str
    annotated_tactic: tuple[str, tuple[MarkProvenance, ...]] | None = None
    """The tactic as written, with marks around premises, and a provenance for each mark, in order."""


class BenchmarkTheorem(msgspec.Struct, frozen=True):
    """A theorem with the tactics of its proof; there are none if the proof is a term."""

    file_path: str
    full_name: str
    start: LineColumn
    end: LineColumn
    traced_tactics: tuple[BenchmarkTactic, ...] = ()
    url: str = ""
    commit: str = ""


class FromRepo(msgspec.Struct, frozen=True):
    """The repository that a benchmark was made from."""

    url: str = ""
    commit: str = ""


class BenchmarkMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of `metadata.json`."""

    creation_time: str = ""
    from_repo: FromRepo = FromRepo()
    leandojo_version: str = ""
    lean_version: str = ""
    """This and the following fields are not in LeanDojo's own benchmarks."""
    prover_version: str = ""
    seed: int | None = None
    splits: dict[str, dict[str, int]] = {}
    """The number of theorems by strategy and part."""
    library_positions: str = ""
    """`ordinal` if files without a source have one premise per line instead of true positions."""


LEAN_SOURCES = ".lake/packages/lean4/src/lean/"
PACKAGES = ".lake/packages/"
LEAN_ROOTS = {"Init", "Std", "Lean"}


def path_of(module: str) -> str:
    """Returns the path at which LeanDojo keeps a module that does not belong to the repository."""
    root, path = (parts_of(module) or (module,))[0], module_file(module, ".lean").as_posix()
    if root in LEAN_ROOTS:
        return LEAN_SOURCES + path
    if root == "Lake":
        return f"{LEAN_SOURCES}lake/{path}"
    return f"{PACKAGES}{root}/{path}"


def module_of(path: str) -> str:
    """Returns the module in a file, by LeanDojo's layout; source directories within a package are unknown."""
    if path.startswith(LEAN_SOURCES):
        path = path.removeprefix(LEAN_SOURCES).removeprefix("lake/")
    elif path.startswith(PACKAGES):
        path = path.removeprefix(PACKAGES).partition("/")[2]
    return module_at(PurePosixPath(path))
