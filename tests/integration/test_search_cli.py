"""The index and the search as people use them, with a real Lean: what is found, and what a damaged index costs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from prover.app import premises
from prover.cli.main import run
from prover.lean.toolchain.home import Home

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

FILES = {
    "lakefile.toml": 'name = "small"\n[[lean_lib]]\nname = "Small"\n',
    "Small.lean": """\
namespace Small
/-- Twice a number, as a bird would say it. -/
def Zwitscherdoppelt (n : Nat) : Nat := n + n
theorem zwitscher_eq (n : Nat) : Zwitscherdoppelt n = 2 * n := by
  simp only [Zwitscherdoppelt]
  omega
theorem «α ⊕ β» (n : Nat) : Zwitscherdoppelt n = n + n := by rw [Zwitscherdoppelt]
theorem uses (n : Nat) : Zwitscherdoppelt n = n * 2 := by rw [zwitscher_eq, Nat.mul_comm]
end Small
""",
}
Said = Callable[[], str]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    for name, text in FILES.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(autouse=True)
def little_library(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for indexes of its own, and one module of the library."""
    root = tmp_path_factory.mktemp("home")
    monkeypatch.setattr(premises, "home", lambda: Home(root))
    monkeypatch.setattr(premises, "roots_of", lambda _: ("Init.Data.Option.Basic",))
    return root


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def both() -> str:
        captured = capsys.readouterr()
        return " ".join((captured.out + captured.err).split())

    return both


def test_an_index_is_built_searched_damaged_and_built_again(small: Path, little_library: Path, said: Said) -> None:
    at = ["--repo", str(small)]
    assert run(["search", "bird", *at]) == 2
    assert "prover index build" in said()
    assert run(["index", "status", *at]) == 2
    assert run(["index", "build", *at]) == 0
    assert run(["index", "status", *at]) == 0
    assert "up to date" in said()

    for words in ("bird twice", "zwitscherdoppelt"):
        assert run(["search", words, *at, "-k", "3", "--json"]) == 0
        assert "Small.Zwitscherdoppelt" in {each["name"] for each in json.loads(said())}
    assert run(["search", "--goal", "x : Nat\n⊢ Small.Zwitscherdoppelt x = 2 * x", *at, "-k", "3"]) == 0
    assert "Small.zwitscher_eq" in said()
    assert run(["search", "--goal", "⊢ " + "Small.Zwitscherdoppelt x + " * 4000 + "x = 0", *at, "-k", "1"]) == 0
    assert run(["search", "α ⊕ β", *at, "-k", "3"]) == 0
    assert "«α ⊕ β»" in said()
    assert run(["search", "  ", *at]) == 2
    assert "Say what to look for" in said()
    assert run(["eval", "retrieval", *at, "--split", "all"]) == 0
    assert "R@10" in said()

    (index,) = (little_library / "indexes").iterdir()
    (index / "vectors.faiss").write_bytes((index / "vectors.faiss").read_bytes()[:40])
    assert run(["search", "bird", *at]) == 2
    assert "prover index build" in said()
    assert run(["index", "status", *at]) == 2
    assert "damaged" in said()
    assert run(["index", "update", *at]) == 0
    assert run(["search", "bird", *at, "-k", "1"]) == 0
    assert "Zwitscherdoppelt" in said()


def test_an_index_follows_the_repository(small: Path, said: Said) -> None:
    at = ["--repo", str(small)]
    assert run(["index", "build", *at]) == 0
    file = small / "Small.lean"
    before = file.read_text(encoding="utf-8")
    file.write_text(before + "theorem hinzugekommen : True := trivial\n", encoding="utf-8")
    try:
        said()
        assert run(["search", "hinzugekommen", *at, "-k", "1"]) == 0
        assert "of another revision" in said()
        assert run(["index", "update", *at]) == 0
        assert run(["search", "hinzugekommen", *at, "-k", "1"]) == 0
        assert "hinzugekommen Small" in said()
    finally:
        file.write_text(before, encoding="utf-8")


@pytest.mark.parametrize("text", ["theorem nonsense : 1 = := by", "-- nothing here\n"])
def test_what_has_nothing_to_teach_says_so(tmp_path: Path, said: Said, text: str) -> None:
    (tmp_path / "lakefile.toml").write_text(FILES["lakefile.toml"], encoding="utf-8")
    (tmp_path / "Small.lean").write_text(text, encoding="utf-8")
    at = ["--repo", str(tmp_path)]
    assert run(["index", "build", *at]) == 0
    assert run(["search", "option", *at, "-k", "1"]) == 0
    said()
    assert run(["eval", "retrieval", *at]) == 2
    assert "names a premise of the index: is it traced" in said()
    assert run(["index", "build", *at, "--encoder", str(tmp_path / "no-model")]) == 2
    assert "no-model" in said()
