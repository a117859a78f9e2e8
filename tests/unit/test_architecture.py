"""The arrows of the architecture, read from the imports; and what importing does, which is nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("retrieval", "prover", "curriculum")
HEAVY = {
    "torch": ("retrieval/neural.py",),
    "transformers": ("retrieval/neural.py",),
    "peft": ("retrieval/neural.py",),
    "faiss": ("retrieval/index.py",),
    "sqlalchemy": ("curriculum/database/",),
    "alembic": ("curriculum/database/",),
    "psycopg": (),
    "lean_dojo": ("prover/lean/dojo/host.py",),
    "matplotlib": ("prover/evaluate/plots.py",),
}
"""where a heavy dependency may be imported; nowhere else"""
LAZY = (
    *("torch", "transformers", "peft", "faiss", "lean_dojo", "matplotlib"),
    *(f"retrieval.neural.{package}" for package in ("torch", "transformers", "peft")),
)
"""imported when first needed, even at home; importing a package from `retrieval.neural` loads it"""


def sources(*under: str) -> Iterator[Path]:
    for directory in under:
        yield from sorted((ROOT / directory).rglob("*.py"))


def imported(nodes: Iterator[ast.AST], file: Path) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(ROOT).parts[: -node.level] if node.level else ()
            base = ".".join([*package, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports(file: Path) -> set[str]:
    """Everything that a file imports, anywhere in it."""
    return set(imported(ast.walk(ast.parse(file.read_text())), file))


def eager_imports(file: Path) -> set[str]:
    """What is imported as soon as the file is; not what only functions or type checkers import."""

    def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            yield child
            yield from outside_functions(child)

    return set(imported(outside_functions(ast.parse(file.read_text())), file))


def within(names: set[str], package: str) -> set[str]:
    return {name for name in names if name == package or name.startswith(package + ".")}


def offenders(files: Iterator[Path], *packages: str) -> dict[str, set[str]]:
    found = {str(f.relative_to(ROOT)): set().union(*(within(imports(f), p) for p in packages)) for f in files}
    return {file: names for file, names in found.items() if names}


def test_there_is_something_to_read() -> None:
    assert len(list(sources(*PACKAGES))) > 20


def test_imports_inside_functions_and_relative_ones_are_seen(tmp_path: Path) -> None:
    text = "def f():\n    import torch.nn\nfrom . import session\nfrom .pool import Pool\n"
    nodes = ast.walk(ast.parse(text))
    found = set(imported(nodes, ROOT / "prover" / "lean" / "x.py"))
    assert {"torch.nn", "prover.lean.session", "prover.lean.pool.Pool"} <= found


def test_retrieval_knows_neither_the_prover_nor_the_curriculum() -> None:
    assert offenders(sources("retrieval"), "prover", "curriculum") == {}


def test_the_curriculum_is_known_to_the_application_and_its_interfaces_alone() -> None:
    above = {ROOT / "prover" / "app", ROOT / "prover" / "cli"}
    assert offenders((f for f in sources("prover") if not above & set(f.parents)), "curriculum") == {}


def test_only_the_command_line_imports_the_command_line() -> None:
    cli = ROOT / "prover" / "cli"
    assert offenders((f for f in sources(*PACKAGES) if cli not in f.parents), "prover.cli") == {}


@pytest.mark.parametrize("package", sorted(HEAVY))
def test_heavy_packages_stay_in_their_homes(package: str) -> None:
    outside = (f for f in sources(*PACKAGES) if not str(f.relative_to(ROOT)).startswith(HEAVY[package]))
    assert offenders(outside, package) == {}


@pytest.mark.parametrize("package", LAZY)
def test_heavy_packages_are_imported_when_first_needed(package: str) -> None:
    eager = {str(f.relative_to(ROOT)) for f in sources(*PACKAGES) if within(eager_imports(f), package)}
    assert eager == set()


@pytest.mark.parametrize("package", ["subprocess", "os", "socket", "psutil", "pathlib"])
def test_search_and_tactics_do_no_input_or_output(package: str) -> None:
    assert offenders(sources("prover/search", "prover/tactics"), package) == {}


def test_search_knows_no_process() -> None:
    assert offenders(sources("prover/search", "prover/tactics"), "prover.lean.process", "prover.lean.pool") == {}


def test_only_the_command_line_prints() -> None:
    cli = ROOT / "prover" / "cli"
    printing = [
        str(file.relative_to(ROOT))
        for file in sources(*PACKAGES)
        if cli not in file.parents
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_importing_everything_says_nothing_and_loads_nothing_heavy() -> None:
    modules = [
        ".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for f in sources("prover")
        if not f.name.startswith("__main__")
    ]
    heavy = sorted(HEAVY)
    program = (
        "import importlib, sys\n"
        f"for module in {modules!r}: importlib.import_module(module)\n"
        f"loaded = [m for m in {heavy!r} if m in sys.modules]\n"
        "sys.exit(repr(loaded) if loaded else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from prover.cli.main import run\n"
        "status = run(['--help'])\n"
        f"loaded = [m for m in {sorted(HEAVY)!r} if m in sys.modules]\n"
        "print('loaded', loaded, 'status', status)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "loaded [] status 0" in done.stdout
    assert "prove" in done.stdout
