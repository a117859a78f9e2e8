"""What lakefiles say, in TOML, in Lean's forms, and as Lake translates them."""

import stat
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import RepositoryError
from prover.lean.module_name import name_of, parts_of, spelling
from prover.project.lakefile import (
    FromGit,
    FromRegistry,
    Glob,
    InDirectory,
    Lakefile,
    LeanLibrary,
    Requirement,
    from_lean,
    from_toml,
    read_lakefile,
)
from prover.project.lakefile_lean import forms_of

TOML = Path("lakefile.toml")


# --- names ---


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("A", ("A",)),
        ("A.B.c'", ("A", "B", "c'")),
        ("«doc-gen4»", ("doc-gen4",)),
        ("A.«b.c».D", ("A", "b.c", "D")),
        ("«2024».Day01", ("2024", "Day01")),
        ("Σ_x₁.α", ("Σ_x₁", "α")),
    ],
)
def test_names_and_their_parts(name: str, parts: tuple[str, ...]) -> None:
    assert parts_of(name) == parts
    assert parts_of(name_of(parts)) == parts


def test_a_name_has_one_spelling() -> None:
    assert spelling("«A».«B»") == "A.B"
    assert spelling("A.b-c") == "A.«b-c»"


@pytest.mark.parametrize("text", ["", ".", "A.", ".A", "A..B", "«A", "A«B»"])
def test_what_is_no_name_has_no_parts(text: str) -> None:
    assert parts_of(text) == ()


@given(st.lists(st.text(st.characters(exclude_characters="«»", exclude_categories=["C"]), min_size=1), min_size=1))
def test_any_parts_can_be_written_and_read(parts: list[str]) -> None:
    assert parts_of(name_of(parts)) == tuple(parts)


# --- what a library holds ---


@pytest.mark.parametrize(
    ("text", "itself", "below"),
    [("A.B", True, False), ("A.B.+", False, True), ("A.B.*", True, True)],
)
def test_the_three_forms_of_a_glob(text: str, itself: bool, below: bool) -> None:
    (library,) = from_toml(f'[[lean_lib]]\nname = "X"\nglobs = ["{text}"]\n', TOML).libraries
    assert library.holds(("A", "B")) is itself
    assert library.holds(("A", "B", "C")) is below
    assert not library.holds(("A",))
    assert not library.holds(("A", "BC"))
    assert library.holds(("X", "Y"))


def test_roots_take_the_place_of_the_name() -> None:
    (library,) = from_toml('[[lean_lib]]\nname = "X"\nroots = ["A.B"]\n', TOML).libraries
    assert library.holds(("A", "B", "C"))
    assert not library.holds(("X",))


def test_a_program_holds_its_root_alone() -> None:
    (program,) = from_toml('[[lean_exe]]\nname = "x-y"\nroot = "Main"\n', TOML).libraries
    assert program.holds(("Main",))
    assert not program.holds(("Main", "A"))
    (program,) = from_toml('[[lean_exe]]\nname = "x-y"\n', TOML).libraries
    assert program.holds(("x-y",))


# --- TOML ---


def test_every_way_to_require_in_toml() -> None:
    text = """
        [[require]]
        name = "a"
        scope = "owner"
        rev = "v1"
        [[require]]
        name = "b"
        git = "https://host/b"
        rev = "v1"
        subDir = "lean"
        [[require]]
        name = "c"
        path = "../c"
        [[require]]
        name = "d"
        rev = "v2"
        git = { url = "https://host/d", subDir = "x" }
        [[require]]
        name = "e"
        source = { type = "git", url = "https://host/e", rev = "v3" }
        [[require]]
        name = "f"
        source = { type = "path", dir = "f" }
    """
    assert from_toml(text, TOML).requires == (
        Requirement("a", FromRegistry()),
        Requirement("b", FromGit("https://host/b", "v1", "lean")),
        Requirement("c", InDirectory("../c")),
        Requirement("d", FromGit("https://host/d", "v2", "x")),
        Requirement("e", FromGit("https://host/e", "v3")),
        Requirement("f", InDirectory("f")),
    )


def test_sources_are_seen_from_the_package() -> None:
    lakefile = from_toml('srcDir = "src"\n[[lean_lib]]\nname = "A"\nsrcDir = "a/../b"\n', TOML)
    assert lakefile.sources() == ("src/b",)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("lean_lib = 3", "lean_lib"),
        ("[lean_lib]\nx = 1", "lean_lib"),
        ("srcDir = 3", "srcDir"),
        ('[[lean_lib]]\nname = "A"\nsrcDir = ["a"]', "srcDir"),
        ('[[lean_lib]]\nname = "A"\nroots = ["A."]', "roots"),
        ('[[lean_lib]]\nname = "A"\nglobs = [3]', "globs"),
        ('[[lean_lib]]\nname = "A"\nglobs = [".+"]', "globs"),
        ("[[require]]\nscope = 'x'", "require"),
        ("[[require]]\nname = 'x'\ngit = {}", "require"),
    ],
)
def test_a_wrong_shape_names_the_key(text: str, key: str) -> None:
    with pytest.raises(RepositoryError, match=f"lakefile.toml does not have the layout that Lake expects: fix `{key}`"):
        from_toml(text, TOML)


def test_options_of_lean_are_read_by_their_dotted_names() -> None:
    text = """
        moreLeanArgs = ["-DmaxRecDepth=600", "-q"]
        [leanOptions]
        autoImplicit = false
        linter.missingDocs = true
        [[lean_lib]]
        name = "A"
        leanOptions = { weak.linter.x = "all" }
    """
    found = from_toml(text, TOML)
    assert found.options == (("autoImplicit", False), ("linter.missingDocs", True), ("maxRecDepth", 600))
    assert found.libraries[0].options == (("weak.linter.x", "all"),)
    with pytest.raises(RepositoryError, match="leanOptions"):
        from_toml("[leanOptions]\na = [1]", TOML)


# --- Lean ---


def test_a_package_and_its_libraries_with_where() -> None:
    text = """
        import Lake
        open Lake DSL
        package «my-package» where
          version := v!"0.1.0"
          srcDir := "src"
          leanOptions := #[⟨`pp.unicode.fun, true⟩, ⟨`autoImplicit, false⟩]

        @[default_target] lean_lib First where
          srcDir := "one" / "two"
          roots := #[`First, `Second.«a-b»]
          leanOptions := #[⟨`weak.linter, .ofNat 3⟩]

        lean_lib Plain
        lean_lib «Third.Tests» where
          globs := #[.submodules `Third.Tests, .one `Third.Test]

        @[test_driver]
        lean_exe «run-it» where
          root := `Main
          srcDir := "app"
          supportInterpreter := true
    """
    assert from_lean(text) == Lakefile(
        "my-package",
        "src",
        (
            LeanLibrary(
                "First", source="one/two", roots=(("First",), ("Second", "a-b")), options=(("weak.linter", 3),)
            ),
            LeanLibrary("Plain", roots=(("Plain",),)),
            LeanLibrary(
                "Third.Tests",
                roots=(("Third", "Tests"),),
                globs=(Glob(("Third", "Tests"), False, True), Glob(("Third", "Test"))),
            ),
            LeanLibrary("run-it", "executable", "app", (("Main",),)),
        ),
        options=(("pp.unicode.fun", True), ("autoImplicit", False)),
    )


def test_options_that_libraries_share_are_read() -> None:
    text = """
        abbrev linters : Array LeanOption := #[⟨`linter.a, true⟩]
        abbrev shared := #[
            ⟨`pp.unicode.fun, true⟩, -- a remark
            ⟨`maxSynthPendingDepth, .ofNat 3⟩
          ] ++ linters.map fun s ↦ { s with name := `weak ++ s.name }
        lean_lib A where
          leanOptions := shared
        lean_lib B
    """
    a, b = from_lean(textwrap.dedent(text)).libraries
    assert a.options == (("pp.unicode.fun", True), ("maxSynthPendingDepth", 3))
    assert b.options == ()


def test_the_older_forms_with_braces() -> None:
    text = """
package old {
  srcDir := "lib", -- where it is
  moreLeanArgs := #["-Dx={y}"]
}
@[defaultTarget]
lean_lib A := {
  name := `A
  roots := #[`A, `B],
  globs := #[`A.*, `B.+, Glob.andSubmodules `C, Glob.submodules `D, `E]
}
lean_exe a {
  root := `Main
}
"""
    assert from_lean(text) == Lakefile(
        "old",
        "lib",
        (
            LeanLibrary(
                "A",
                roots=(("A",), ("B",)),
                globs=(
                    Glob(("A",), True, True),
                    Glob(("B",), False, True),
                    Glob(("C",), True, True),
                    Glob(("D",), False, True),
                    Glob(("E",)),
                ),
            ),
            LeanLibrary("a", "executable", roots=(("Main",),)),
        ),
        options=(("x", "{y}"),),
    )


@pytest.mark.parametrize(
    ("text", "name", "source"),
    [
        ('require a from git "https://h/a" @ "v1"', "a", FromGit("https://h/a", "v1")),
        ('require a from git\n  "https://h/a"@"v1"', "a", FromGit("https://h/a", "v1")),
        ('require «a-b» from git "https://h/a"', "a-b", FromGit("https://h/a", None)),
        ('require a from git "https://h/a" @ "v1" / "x" / "y"', "a", FromGit("https://h/a", "v1", "x/y")),
        ('require a from git "https://h/a" / "x"', "a", FromGit("https://h/a", None, "x")),
        ('def v := "v2"\nrequire a from git "https://h/a" @ v', "a", FromGit("https://h/a", "v2")),
        ('def u : String := "https://h/a"\nrequire a from git u @ "v1"', "a", FromGit("https://h/a", "v1")),
        ('require a from git "https://h/a" @ s!"v{x}"', "a", FromGit("https://h/a", None)),
        ('require a from git url @ "v1"', "a", FromRegistry()),
        ('require a from "../a"', "a", InDirectory("../a")),
        ('require a from __dir__ / ".." / "a" with NameMap.empty', "a", InDirectory("../a")),
        ('require a from "x" with NameMap.empty.insert `k "v"', "a", InDirectory("x")),
        ('require "owner" / "a" @ git "main"', "a", FromRegistry()),
        ('require "owner" / "a" @ "1.2" -- why\n  with NameMap.empty', "a", FromRegistry()),
        ('require "owner" / a from git "https://h/a"', "a", FromGit("https://h/a", None)),
        ('meta if get_config? env = some "dev" then\nrequire a from "x"', "a", InDirectory("x")),
        ('meta if get_config? env = some "dev" then require a from "x"', "a", InDirectory("x")),
    ],
)
def test_every_way_to_require_in_lean(text: str, name: str, source: object) -> None:
    found = from_lean(f'import Lake\npackage p\n{text}\n@[default_target]\nlean_lib P where\n  srcDir := "s"\n')
    assert found.requires == (Requirement(name, source),)
    assert found.libraries == (LeanLibrary("P", source="s", roots=(("P",),)),)


def test_what_only_looks_like_a_form_is_passed_over() -> None:
    text = """
-- lean_lib A
/- lean_lib B /- lean_lib C -/ lean_lib D -/
/-- `lean_lib E` is not
lean_lib F -/
def text := "
lean_lib G
"
def raw := r#"
lean_lib H "quoted"
"#
def quoted := '"'
script run do
  let package := "lean_lib I"
  IO.println s!"{text ++ "}"} lean_lib \\" {"
lean_lib J
"}"
  return 0
target lean_lib.x : Unit := do
  let lean_lib := 3
lean_lib Real
"""
    found = from_lean(text)
    assert [library.name for library in found.libraries] == ["Real"]
    assert found.name == ""


def test_what_is_computed_leaves_the_default() -> None:
    text = """
package p where
  srcDir := if x then "a" else "b"
lean_lib A where
  srcDir := f "a"
  globs := #[.submodules "A".toName]
"""
    assert from_lean(text) == Lakefile("p", ".", (LeanLibrary("A", roots=(("A",),)),))


def test_a_doc_comment_on_the_same_line_hides_nothing() -> None:
    assert [form.name for form in forms_of("/-- x -/ lean_lib A\n@[test_driver]\n/-- y -/ lean_lib B")] == ["A", "B"]


PIECES = (
    "lean_lib",
    "package",
    "require",
    "from",
    "git",
    "where",
    "def",
    ":=",
    "/-",
    "-/",
    "s!",
    'r#"',
    "A",
    ".",
    *"{}()[]\"'`«»@/\\\n ",
)


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_text_is_too_broken(text: str) -> None:
    from_lean(text)


# --- Lake's own word ---


def lake(directory: Path, script: str) -> Path:
    """A program that is called as `lake` is."""
    program = directory / "lake"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / "package"
    root.mkdir()
    (root / "lakefile.lean").write_text('package p\nlean_lib A where\n  srcDir := computed "a"\n')
    (root / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    return root


def test_lake_is_believed(tmp_path: Path, package: Path) -> None:
    translated = '[[lean_lib]]\\nname = "A"\\nsrcDir = "real"\\n'
    check = '[ "$1 $2" = "translate-config toml" ] && [ -f lakefile.lean ] && [ -f lean-toolchain ] || exit 1'
    program = lake(tmp_path, f"{check}\nprintf '{translated}' > $3")
    before = sorted(package.rglob("*"))
    assert read_lakefile(package, program).libraries == (LeanLibrary("A", source="real", roots=(("A",),)),)
    assert sorted(package.rglob("*")) == before


@pytest.mark.parametrize("script", ["exit 1", "echo 'not = [toml' > $3", "rm lakefile.lean"])
def test_where_lake_fails_the_forms_are_read(tmp_path: Path, package: Path, script: str) -> None:
    assert read_lakefile(package, lake(tmp_path, script)).libraries == (LeanLibrary("A", roots=(("A",),)),)


def test_lean_is_preferred_to_toml_where_it_says_something(package: Path) -> None:
    (package / "lakefile.toml").write_text('[[lean_lib]]\nname = "B"\n')
    assert [library.name for library in read_lakefile(package).libraries] == ["A"]
    (package / "lakefile.lean").write_text("import Lake\n")
    assert [library.name for library in read_lakefile(package).libraries] == ["B"]


@pytest.mark.parametrize("source", ["..", "../x", "/etc", "a/../../b"])
def test_a_source_directory_outside_is_refused(tmp_path: Path, source: str) -> None:
    (tmp_path / "lakefile.toml").write_text(f'[[lean_lib]]\nname = "A"\nsrcDir = "{source}"\n')
    with pytest.raises(RepositoryError, match="outside of it"):
        read_lakefile(tmp_path)
