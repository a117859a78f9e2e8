"""The files of a run are written together or not at all."""

from pathlib import Path

import pytest

from prover.app import writing
from prover.app.joining import JoinedFile
from prover.app.writing import write_files
from prover.errors import NotWritable
from prover.lean.session import SourceText
from prover.project.layout import Module


def joined(root: Path, name: str, before: str, after: str) -> JoinedFile:
    path = root / f"{name}.lean"
    path.write_bytes(before.encode())
    read, made = before.replace("\r\n", "\n"), after.replace("\r\n", "\n")
    sources = [SourceText(text, path.name, name, written=written) for text, written in ((read, before), (made, after))]
    return JoinedFile(Module(name, path), *sources)


def test_files_are_written_as_they_are_on_the_disk(tmp_path: Path) -> None:
    said: list[str] = []
    write_files([joined(tmp_path, "A", "sorry\r\n", "rfl\r\n"), joined(tmp_path, "B", "sorry", "simp")], said.append)
    assert (tmp_path / "A.lean").read_bytes() == b"rfl\r\n"
    assert (tmp_path / "B.lean").read_bytes() == b"simp"
    assert said == ["wrote A.lean", "wrote B.lean"]


def test_a_file_that_changed_during_the_run_keeps_all_from_being_written(tmp_path: Path) -> None:
    files = [joined(tmp_path, "A", "sorry", "rfl"), joined(tmp_path, "B", "sorry", "simp")]
    (tmp_path / "B.lean").write_text("sorry -- mine")
    with pytest.raises(NotWritable, match=r"B\.lean has changed since it was read: nothing was written"):
        write_files(files, lambda _: None)
    assert (tmp_path / "A.lean").read_text() == "sorry"


def test_files_that_were_written_before_one_that_cannot_be_are_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [joined(tmp_path, "A", "sorry", "rfl"), joined(tmp_path, "B", "sorry", "simp")]
    write = writing.write_patched

    def full(path: Path, text: str) -> None:
        if path.name == "B.lean":
            raise NotWritable("B.lean cannot be written")
        write(path, text)

    monkeypatch.setattr(writing, "write_patched", full)
    with pytest.raises(NotWritable, match=r"B\.lean cannot be written"):
        write_files(files, lambda _: None)
    assert (tmp_path / "A.lean").read_text() == "sorry"
