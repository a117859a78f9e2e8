"""The lines and entries of LeanDojo's benchmark format, as typed values. Reads and writes nothing itself.

A benchmark is a directory: `corpus.jsonl`, one `CorpusFile` a line, each after the files that it imports;
for each strategy of splitting a directory with `train.json`, `val.json` and `test.json`, lists of `BenchmarkTheorem`;
and `metadata.json`. The format is that of LeanDojo Benchmark 4 (Yang et al., NeurIPS 2023). Keys that are
not known here are passed over, since others add their own.
"""

import msgspec

from prover.lean.file_text import LineColumn

START_MARK, END_MARK = "<a>", "</a>"
"""what stands around a premise in an annotated tactic"""
NO_GOALS = "no goals"
"""the state in which nothing is left"""
CORPUS, METADATA = "corpus.jsonl", "metadata.json"
PARTS = ("train", "val", "test")
VERSION = "4.20.0"
"""of the lean-dojo whose output the format here follows"""


class CorpusPremise(msgspec.Struct, frozen=True):
    """A declaration that a proof may use."""

    full_name: str | None
    """None where LeanDojo could not make one out"""
    code: str
    """as written, without comments; of a theorem the statement only; empty where it is not known"""
    start: LineColumn
    end: LineColumn
    kind: str = ""
    """ours: Lean's kind of declaration; LeanDojo's: the class of its syntax node"""


class CorpusFile(msgspec.Struct, frozen=True):
    """A Lean file and the premises that it declares."""

    path: str
    """from the repository's root; below `.lake/packages` for what it depends on"""
    imports: tuple[str, ...] = ()
    """paths of the files that it imports directly; each has a line before this one"""
    premises: tuple[CorpusPremise, ...] = ()
    module: str = ""
    """its module name; LeanDojo does not write it"""


class MarkProvenance(msgspec.Struct, frozen=True):
    """Where a premise that stands between marks is declared."""

    full_name: str
    def_path: str
    def_pos: LineColumn
    """of its name in its declaration"""
    def_end_pos: LineColumn | None = None


class BenchmarkTactic(msgspec.Struct, frozen=True):
    """A tactic with the states around it."""

    tactic: str
    """without comments, its further lines moved left with the first"""
    state_before: str
    """goals as Lean prints them, a blank line between two"""
    state_after: str
    annotated_tactic: tuple[str, tuple[MarkProvenance, ...]] | None = None
    """exactly as written, with marks around premises; and a provenance for each mark, in order"""


class BenchmarkTheorem(msgspec.Struct, frozen=True):
    """A theorem with the tactics of its proof; none for a proof that is a term."""

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
    """What `metadata.json` says."""

    creation_time: str = ""
    from_repo: FromRepo = FromRepo()
    leandojo_version: str = ""
    lean_version: str = ""
    """ours only, as are the fields below"""
    prover_version: str = ""
    seed: int | None = None
    splits: dict[str, dict[str, int]] = {}
    """strategy, then part: how many theorems it has"""
    library_positions: str = ""
    """`ordinal` when files without a source have one premise a line, in place of true positions"""


LEAN_SOURCES = ".lake/packages/lean4/src/lean/"
PACKAGES = ".lake/packages/"
LEAN_ROOTS = {"Init", "Std", "Lean"}


def path_of(module: str) -> str:
    """Where LeanDojo keeps a module that does not belong to the repository."""
    root, path = module.partition(".")[0], module.replace(".", "/") + ".lean"
    if root in LEAN_ROOTS:
        return LEAN_SOURCES + path
    if root == "Lake":
        return f"{LEAN_SOURCES}lake/{path}"
    return f"{PACKAGES}{root}/{path}"


def module_of(path: str) -> str:
    """The module whose file it is, by LeanDojo's layout; source directories within a package are not known."""
    if path.startswith(LEAN_SOURCES):
        path = path.removeprefix(LEAN_SOURCES).removeprefix("lake/")
    elif path.startswith(PACKAGES):
        path = path.removeprefix(PACKAGES).partition("/")[2]
    return path.removesuffix(".lean").replace("/", ".")
