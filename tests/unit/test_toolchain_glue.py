"""The edits of the JavaScript glue: each made once, or refused."""

import pytest

from prover.lean.toolchain.glue import EDITS, Edit, GlueError, apply, repair

INNER = Edit("x grows", "var x=", ";", "var x=2;")
NAMES = "var _main,_l_a,_l_b,_malloc;"
ASSIGN = "function assignWasmExports(wasmExports){"
DROPPED = '_l_a=Module["_l_a"]=wasmExports["l_a"];_l_b=Module["_l_b"]=wasmExports["l_b"].value;'
KEPT = '_malloc=Module["_malloc"]=wasmExports["malloc"]}'
NOISE = 'console.log("[DEBUG] here");'


def glue() -> str:
    return NAMES + ASSIGN + DROPPED + KEPT + NOISE + "".join(f"{edit.start}/*old*/{edit.end}\n" for edit in EDITS)


def test_an_edit_replaces_from_its_start_to_its_end() -> None:
    assert apply(INNER, "a;var x=1;b;") == "a;var x=2;;b;"


def test_an_edit_without_end_replaces_its_start_alone() -> None:
    assert apply(Edit("", "one", "", "two"), "(one)") == "(two)"


@pytest.mark.parametrize("text", ["", "var x=1;var x=1;"])
def test_an_edit_whose_place_is_not_the_only_one_is_refused(text: str) -> None:
    with pytest.raises(GlueError, match="x grows"):
        apply(INNER, text)


def test_exports_that_nobody_uses_go_and_others_stay() -> None:
    repaired = repair(glue())
    assert repaired.startswith("var _main,_malloc;" + ASSIGN + KEPT)
    assert "l_a" not in repaired


def test_debugging_prints_go() -> None:
    assert "console.log" not in repair(glue())


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.purpose)
def test_every_edit_is_made(edit: Edit) -> None:
    assert repair(glue()).count(edit.new) == 1


def test_glue_that_is_mended_already_is_refused() -> None:
    with pytest.raises(GlueError):
        repair(repair(glue()))
