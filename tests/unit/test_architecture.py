"""The arrows of ARCHITECTURE.md, read from the imports; one name for one class; docstrings that stand alone."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("retrieval", "prover", "curriculum")
TREES = (*PACKAGES, "benchmarks")

HOMES = {
    "torch": ("retrieval/neural.py",),
    "transformers": ("retrieval/neural.py",),
    "peft": ("retrieval/neural.py",),
    "faiss": ("retrieval/index.py",),
    "networkx": ("retrieval/corpus.py",),
    "sqlalchemy": ("curriculum/database/",),
    "alembic": ("curriculum/database/schema.py", "curriculum/database/checking.py", "curriculum/database/migrations/"),
    "psycopg": (),
    "lean_dojo": ("prover/lean/dojo/host.py",),
    "lightgbm": ("curriculum/learn/policy.py",),
    "matplotlib": ("prover/evaluate/plots.py",),
    "prometheus_client": ("prover/app/daemon/health.py", "prover/server/metrics.py"),
    "starlette": ("prover/server/",),
    "uvicorn": ("prover/server/serving.py",),
    "mcp": ("prover/server/",),
    "pygls": ("prover/server/lsp.py",),
    "rich": ("prover/cli/",),
    "click": ("prover/cli/",),
}
"""The files that may import a large library. Folders are named where a library is what the folder is about."""

LAZY = (
    "torch",
    "transformers",
    "faiss",
    "lean_dojo",
    "lightgbm",
    "matplotlib",
    "peft",
    "prometheus_client",
    "starlette",
    "uvicorn",
    "mcp",
    "pygls",
)
"""Libraries that are imported when they are first needed, even at home."""

FRAGMENTS = ("Of ", "What ", "Whether ", "Whom ", "Whose ", "Which ")
"""Words that begin a docstring which makes sense only after the name that it explains."""


# --- reading the source ---


def sources(*under: str) -> Iterator[Path]:
    for directory in under:
        yield from sorted((ROOT / directory).rglob("*.py"))


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(parsed(file)))


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(nodes: Iterator[ast.AST], file: Path) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(ROOT).parts[: -node.level] if node.level else ()
            base = ".".join([*package, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def imports(file: Path) -> frozenset[str]:
    """Everything that a file imports, also in functions and for type checkers."""
    return frozenset(imported(iter(nodes(file)), file))


@cache
def eager_imports(file: Path) -> frozenset[str]:
    """Returns what is imported as soon as the file is, without what functions or type checkers import."""

    def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            yield child
            yield from outside_functions(child)

    return frozenset(imported(outside_functions(parsed(file)), file))


def within(names: frozenset[str], package: str) -> set[str]:
    return {name for name in names if name == package or name.startswith(package + ".")}


def offenders(files: Iterator[Path], *packages: str) -> dict[str, set[str]]:
    found = {shown(file): set().union(*(within(imports(file), p) for p in packages)) for file in files}
    return {file: names for file, names in found.items() if names}


def outside(*homes: str) -> Iterator[Path]:
    return (file for file in sources(*PACKAGES) if not shown(file).startswith(homes))


@cache
def import_graph() -> "nx.DiGraph[str]":
    """The files of the project; an edge leads from a file to each file that it imports."""
    files = {module_name(file): file for file in sources(*TREES)}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(files)
    for name, file in files.items():
        for target in imports(file) & files.keys():
            # `from package import module` names the package too, which is empty but for its docstring.
            if target != name and (
                files[target].name != "__init__.py" or not _only_a_step(target, imports(file), files)
            ):
                graph.add_edge(name, target)
    return graph


def _only_a_step(package: str, names: frozenset[str], files: dict[str, Path]) -> bool:
    return len(parsed(files[package]).body) <= 1 or any(name.startswith(f"{package}.") for name in names & files.keys())


def part_of(module: str) -> str:
    """The package of ARCHITECTURE.md's table that a module belongs to."""
    first, *rest = module.split(".")
    return rest[0] if first == "prover" and rest else first


# --- arrows ---


@cache
def arrows() -> dict[str, set[str]]:
    """The allowed imports, as the table in ARCHITECTURE.md has them."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|[^|\n]*\|([^|\n]*)\|$", text, re.M)
    return {name: set(re.findall(r"\w+", allowed)) for name, allowed in rows}


def test_there_is_something_to_read() -> None:
    assert len(list(sources(*PACKAGES))) > 20
    assert len(arrows()) > 10


def test_imports_inside_functions_and_relative_ones_are_seen() -> None:
    text = "def f():\n    import torch.nn\nfrom . import session\nfrom .pool import Pool\n"
    found = set(imported(ast.walk(ast.parse(text)), ROOT / "prover" / "lean" / "x.py"))
    assert {"torch.nn", "prover.lean.session", "prover.lean.pool.Pool"} <= found


def test_every_package_is_in_the_table() -> None:
    assert {part_of(module) for module in import_graph()} - {"prover"} == set(arrows())


def test_packages_import_what_the_table_allows() -> None:
    found = {
        f"{a} -> {b}"
        for a, b in import_graph().edges
        if part_of(a) != part_of(b) and "prover" not in (part_of(a), part_of(b))
        if part_of(b) not in arrows()[part_of(a)]
    }
    assert found == set()


def test_the_arrows_of_the_table_make_no_cycle() -> None:
    assert list(nx.simple_cycles(nx.DiGraph({name: sorted(allowed) for name, allowed in arrows().items()}))) == []


def test_the_package_prover_imports_its_public_interface_only() -> None:
    assert {part_of(target) for target in import_graph().successors("prover")} <= {"app", "progress"}


def test_the_trusted_base_is_as_large_as_it_is_said_to_be() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    said = {name: int(lines) for name, lines in re.findall(r"^\| `([\w/.]+)` \| (\d+) \|", text, re.M)}
    assert len(said) > 5
    found = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in said}
    assert {name: found[name] for name, lines in said.items() if abs(found[name] - lines) > lines / 5} == {}


def test_files_that_architecture_md_names_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8") + (ROOT / "docs" / "glossary.md").read_text("utf-8")
    named = re.findall(r"`((?:prover|curriculum|retrieval|tests|benchmarks)/[\w/.]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert [sorted(each) for each in nx.strongly_connected_components(import_graph()) if len(each) > 1] == []


def test_the_packages_of_the_curriculum_make_no_cycle() -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    for a, b in import_graph().edges:
        if a.startswith("curriculum.") and b.startswith("curriculum."):
            graph.add_edge(*(".".join(each.split(".")[:2]) for each in (a, b)))
    graph.remove_edges_from(nx.selfloop_edges(graph))
    assert list(nx.simple_cycles(graph)) == []


# --- libraries ---


@pytest.mark.parametrize("library", sorted(HOMES))
def test_large_libraries_stay_in_their_homes(library: str) -> None:
    assert offenders(outside(*HOMES[library]), library) == {}


@pytest.mark.parametrize("library", LAZY)
def test_large_libraries_are_imported_when_first_needed(library: str) -> None:
    assert {shown(file) for file in sources(*PACKAGES) if within(eager_imports(file), library)} == set()


@pytest.mark.parametrize("package", ["subprocess", "os", "socket", "psutil", "pathlib"])
def test_search_and_tactics_do_no_input_or_output(package: str) -> None:
    assert offenders(sources("prover/search", "prover/tactics"), package) == {}


def test_search_and_tactics_know_no_processes() -> None:
    assert offenders(sources("prover/search", "prover/tactics"), "prover.lean.process", "prover.lean.pool") == {}


def test_search_knows_no_language_models() -> None:
    assert offenders(sources("prover/search"), "prover.tactics.language") == {}


def test_only_the_command_line_prints() -> None:
    printing = [
        shown(file)
        for file in outside("prover/cli/")
        for node in nodes(file)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_only_one_file_of_the_application_layer_reads_the_environment() -> None:
    reading = [
        shown(file)
        for file in sources("prover/app")
        if file.name != "environment.py" or file.parent.name != "app"
        for node in nodes(file)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]
    assert reading == []


def test_the_prover_is_put_together_in_one_place() -> None:
    calls = {
        shown(file)
        for file in sources(*TREES)
        for node in nodes(file)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Prover"
    }
    assert calls == {"prover/app/assembly.py"}


def test_importing_everything_says_nothing_and_loads_nothing_heavy() -> None:
    modules = [module_name(file) for file in sources("prover") if not file.name.startswith("__main__")]
    heavy = sorted({*LAZY, "sqlalchemy", "alembic", "psycopg"})
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
        f"loaded = [m for m in {sorted({*LAZY, 'sqlalchemy', 'alembic', 'psycopg'})!r} if m in sys.modules]\n"
        "print('loaded', loaded, 'status', status)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "loaded [] status 0" in done.stdout
    assert "prove" in done.stdout


# --- names and docstrings ---


def test_no_class_name_is_defined_twice() -> None:
    defined: dict[str, list[str]] = {}
    for file in sources(*TREES):
        for node in parsed(file).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                defined.setdefault(node.name, []).append(shown(file))
    assert {name: files for name, files in defined.items() if len(files) > 1} == {}


def public_definitions(body: list[ast.stmt], above: str = "") -> Iterator[tuple[str, str]]:
    """Yields the qualified name and the docstring of each public class, function and method."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield above + node.name, ast.get_docstring(node) or ""
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{above}{node.name}.")


def test_docstrings_stand_alone() -> None:
    found = {
        f"{shown(file)}:{name}"
        for file in sources(*PACKAGES)
        for name, text in public_definitions(parsed(file).body)
        if text.startswith(FRAGMENTS)
    }
    assert found == set()
