"""The table of what modules declare, and what `import Mathlib` stands for."""

from pathlib import Path

import pytest

from prover.project.layout import Repository
from prover.project.package import Module, Package
from prover.project.provided import Provided, needs_of, needs_of_error, provided_by, table_of
from prover.project.stand_in import imports_module, stand_in_for, umbrellas, with_stand_in

TEXTS = {
    "Lib": "module\n\npublic import Lib.Real\npublic import Lib.Sqrt\npublic import Lib.Tactic\nimport Lib.Far\n",
    "Lib.Basic": "module\nprelude\n/-! import Lib.Wrong -/\npublic section\nnamespace Lib\ndef base := 1\nend Lib\n",
    "Lib.Real": """\
public import Lib.Basic -- a comment
/-- import Lib.Far
theorem commented : True -/
structure Real where
  value : Nat
@[inherit_doc] notation "ℝ" => Real
namespace Real
section Inner
@[simp, to_additive]
protected noncomputable def prod (x : Real) := x
private theorem hidden : True := trivial
end Inner
noncomputable instance : Inhabited ℝ := ⟨⟨0⟩⟩
scoped notation "π" => Real.pi
end Real
theorem outside : True := trivial
""",
    "Lib.Sqrt": "import Lib.Real\ndef Real.sqrt (x : ℝ) := x\nprefix:100 \"√\" => Real.sqrt\n",
    "Lib.Tactic.Core": "import Lib.Basic\nelab \"crush\" : tactic => pure ()\n",
    "Lib.Tactic.More": "import Lib.Tactic.Core\n@[norm_num Lib.base _] def extension := 1\n",
    "Lib.Tactic": "import Lib.Tactic.Core\nimport Lib.Tactic.More\n",
    "Lib.Far": "import Lib.Sqrt\ntheorem far.away : True := trivial\n",
    "Lib.Apart": "theorem apart : True := trivial\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> Provided:
    return table_of(TEXTS)


def needed(table: Provided, text: str) -> dict[str, tuple[str, ...]]:
    return {need.name: need.modules for need in needs_of(table, text)}


def test_only_a_header_imports(table: Provided) -> None:
    assert table.imports["Lib"] == ("Lib.Real", "Lib.Sqrt", "Lib.Tactic", "Lib.Far")
    assert table.imports["Lib.Basic"] == ()
    assert table.imports["Lib.Real"] == ("Lib.Basic",)


def test_names_have_the_namespaces_around_them(table: Provided) -> None:
    assert table.names["Lib.base"] == "Lib.Basic"
    assert table.names["Real.prod"] == table.names["Real.sum"] == table.names["outside"] == "Lib.Real"
    assert not {"Real.hidden", "hidden", "commented", "Real.outside"} & table.names.keys()


def test_a_text_needs_names_and_notations(table: Provided) -> None:
    assert needed(table, "theorem t (x : ℝ) : outside = outside") == {
        "ℝ": ("Lib.Real",), "outside": ("Lib.Real",),
    }  # fmt: skip
    assert needed(table, "example : √4 = 2")["√"] == ("Lib.Sqrt",)
    assert needed(table, "-- Real.sqrt") == {}


def test_open_namespaces_count(table: Provided) -> None:
    assert needed(table, "example := sqrt 2 + π") == {}
    assert needed(table, "open Real in\nexample := sqrt 2 + π") == {
        "π": ("Lib.Real",), "Real": ("Lib.Real",), "Real.sqrt": ("Lib.Sqrt",),
    }  # fmt: skip


def test_fields_belong_to_the_types_in_use(table: Provided) -> None:
    assert needed(table, "example (x : ℝ) := x.sqrt")["Real.sqrt"] == ("Lib.Sqrt",)
    assert "Real.sqrt" not in needed(table, "example (x : Nat) := x.sqrt")


def test_errors_name_what_is_missing(table: Provided) -> None:
    found = [
        *needs_of_error(table, "Unknown identifier `sqrt`", ["Real"]),
        *needs_of_error(table, "failed to synthesize instance of type class\n  Inhabited ℝ\n\nHint: …", []),
    ]
    assert [(need.name, need.modules) for need in found] == [
        ("Real.sqrt", ("Lib.Sqrt",)), ("Inhabited ℝ", ("Lib.Real",)),
    ]  # fmt: skip


def module(name: str) -> Module:
    return Module(name, Path(f"/lib/{name}.lean"), package="lib", content=TEXTS[name])


def test_what_files_use_is_imported_with_the_tactics(table: Provided) -> None:
    found = stand_in_for(table, module("Lib"), ["import Lib\nexample := Real.sqrt 2"], ["crush", "missing"])
    assert set(found.imports) == {"Lib.Sqrt", "Lib.Tactic"}
    assert found.module.content == "".join(f"import {name}\n" for name in found.imports)
    assert found.closure == {"Lib.Sqrt", "Lib.Real", "Lib.Basic", "Lib.Tactic", "Lib.Tactic.Core", "Lib.Tactic.More"}
    assert (found.whole, found.left_out) == (7, ())
    assert found.summary() == "6 of the 7 modules of Lib"


def test_only_what_is_available_is_imported_and_the_rest_is_named(table: Provided) -> None:
    text = "import Lib\nexample := Real.sqrt 2 + apart"
    found = stand_in_for(table, module("Lib"), [text], ["crush"], lambda name: name not in ("Lib.Sqrt", "Lib.Tactic"))
    assert "Lib.Tactic.Core" in found.closure
    assert "Lib.Sqrt" not in found.closure
    assert [need.name for need in found.left_out] == ["Real.sqrt"]  # `apart` is not in what Lib imports
    assert [need.modules for need in found.missing_for(text)] == [("Lib.Sqrt",)]
    assert [need.name for need in found.missing_for("", ["Unknown constant `far.away`"])] == ["far.away"]
    assert [need.name for need in found.missing_for("", ["failed to synthesize\n  Inhabited ℝ"])] == ["Inhabited ℝ"]
    assert not found.missing_for("example := Lib.base", ["Unknown identifier `nowhere`"])


def test_modules_that_would_not_fit_are_left_out(table: Provided, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prover.project.stand_in.MAX_MODULES", 2)
    found = stand_in_for(table, module("Lib"), ["example := Real.sqrt 2 + Lib.base"], [])
    assert [need.name for need in found.left_out] == ["Real.sqrt"]
    assert found.closure == {"Lib.Basic"}


def test_a_stand_in_takes_the_place_of_the_package_s_module(table: Provided, monkeypatch: pytest.MonkeyPatch) -> None:
    package = Package("lib", Path("/lib"), modules={name: module(name) for name in TEXTS})
    repository = Repository(Path("/r"), {}, None, dependencies=(package,))
    assert list(umbrellas(repository, table)) == []
    monkeypatch.setattr("prover.project.stand_in.MIN_MODULES", 7)
    (umbrella,) = umbrellas(repository, table)
    found = stand_in_for(table, umbrella, ["example := Lib.base"], [])
    replaced = with_stand_in(repository, found).find("Lib")
    assert replaced is not None
    assert replaced.written() == "".join(f"import {name}\n" for name in found.imports)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import Lib\n", True),
        ("module\npublic import Lib\n", True),
        ("import Lib.Real\n", False),
        ("-- import Lib is enough\n", False),
        ("import  Lib  \nimport Other\n", True),
    ],
)
def test_files_that_import_a_module_are_recognised(text: str, says: bool) -> None:
    assert imports_module(text, "Lib") is says


def test_the_table_is_made_once(tmp_path: Path) -> None:
    notes: list[str] = []
    modules = [module(name) for name in TEXTS]
    first = provided_by(modules, tmp_path, notes.append)
    assert provided_by(list(reversed(modules)), tmp_path, notes.append) == first
    assert len(notes) == 1
