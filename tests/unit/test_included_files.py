"""Files that a Lean process includes as text are written below its scratch directory only."""

from pathlib import Path

from prover.lean.gateway_session import write_inside


def test_directories_that_a_path_passes_through_are_made(tmp_path: Path) -> None:
    write_inside(tmp_path, "p/A/B/../../js/x.js", b"text")
    assert (tmp_path / "p" / "A" / "B").is_dir()
    assert (tmp_path / "p" / "A" / "B" / ".." / ".." / "js" / "x.js").read_bytes() == b"text"


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    inside = tmp_path / "scratch"
    inside.mkdir()
    for name in ("../x", "a/../../y/../scratch/z", str(tmp_path / "w")):
        write_inside(inside, name, b"text")
    assert [file.name for file in tmp_path.rglob("*")] == ["scratch"]
