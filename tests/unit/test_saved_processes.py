"""Saved processes of a cache: what is saved once, found by sessions, saved again after a change, and deleted."""

import os
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InstallFailed
from prover.lean.saved import header_digest, saved_process
from prover.lean.session import SourceText
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from prover.project import saved_processes
from prover.project.saved_processes import MOST_SAVED, SavedProcesses

TEXT = "import Mathlib.Tactic.Ring\nopen Nat\ntheorem t : True := by sorry\n"
TOOLCHAIN = EmbeddedToolchain(
    "lean", NodeRuntime(Path("node"), (22, 0, 0), ()), Path("lean"), Path("lib"), gateway=Path("gateway")
)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that processes have been saved for."""
    texts: list[str] = []

    def save(_toolchain: Any, text: str, _search_path: Any, place: Path) -> None:
        if "Broken" in text:
            raise InstallFailed("Lean failed 3 times.")
        texts.append(text)
        place.write_text("memory")
        place.with_name(place.name + ".json").write_text("{}")

    monkeypatch.setattr(saved_processes.gateway, "save_image_for", save)
    return texts


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("import Mathlib.Tactic.Ring\ntheorem u : 1 = 1 := rfl\n", True),
        ("/- about -/\n  import  Mathlib.Tactic.Ring\n", False),
        ("import Mathlib.Tactic.Ring  \n", True),
        ("import Mathlib.Tactic.Linarith\n", False),
        ("module\nimport Mathlib.Tactic.Ring\n", False),
        ("public import Mathlib.Tactic.Ring\n", False),
        ("", False),
    ],
)
def test_headers_are_compared_as_they_are_written(other: str, same: bool) -> None:
    assert (header_digest(other) == header_digest(TEXT)) is same


def test_a_process_is_saved_once_for_modules_of_one_content(tmp_path: Path, saved: list[str]) -> None:
    cache = SavedProcesses(tmp_path / "processes", lambda _: None)
    source = SourceText(TEXT, "A.lean", "A")
    first, second = [tmp_path / "first"], [tmp_path / "second"]
    assert saved_process(first, source) is None
    cache.provide(TOOLCHAIN, TEXT, ["key"], first)
    cache.provide(TOOLCHAIN, TEXT, ["key"], second)
    assert saved == [TEXT]
    found = saved_process(first, source)
    assert found is not None
    assert found == saved_process(second, source)
    assert saved_process(first, SourceText("import Lean\n", "A.lean", "A")) is None
    cache.provide(TOOLCHAIN, TEXT, ["another key"], second)
    assert len(saved) == 2


def test_those_that_were_wanted_last_are_kept_and_the_others_are_not_found(tmp_path: Path, saved: list[str]) -> None:
    cache = SavedProcesses(tmp_path / "processes", lambda _: None)
    path, texts = [tmp_path / "path"], [f"import Module{number}\n" for number in range(MOST_SAVED + 1)]
    for age, text in enumerate(texts):
        cache.provide(TOOLCHAIN, text, ["key"], path)
        place = saved_process(path, SourceText(text, "A.lean", "A"))
        assert place is not None
        os.utime(place, (age, age))
    assert [saved_process(path, SourceText(text, "A.lean", "A")) is None for text in texts] == [True] + MOST_SAVED * [
        False
    ]
    assert len(list((tmp_path / "processes").iterdir())) == 2 * MOST_SAVED
    cache.provide(TOOLCHAIN, texts[0], ["key"], path)  # the link is there, what it leads to is not
    assert saved_process(path, SourceText(texts[0], "A.lean", "A")) is not None


def test_without_one_processes_import_as_always(tmp_path: Path, saved: list[str]) -> None:
    notes: list[str] = []
    cache = SavedProcesses(tmp_path / "processes", notes.append)
    cache.provide(TOOLCHAIN, "import Broken\n", ["key"], [tmp_path])
    cache.provide(TOOLCHAIN, TEXT, ["key"], [tmp_path])  # it would fail again
    assert saved == []
    assert [note for note in notes if "Lean failed" in note] == notes[1:]
