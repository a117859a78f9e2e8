"""A run's directory: gone on with after a kill, never mixed with another, never lost."""

import gzip
from pathlib import Path

import msgspec
import pytest

from prover.errors import RunError
from prover.evaluate.journal import MAX_NAME_CHARS, PROOFS, TRIALS, RunLog, file_name, read_proofs
from prover.evaluate.results import read_run
from tests.unit.evaluated_runs import make_run, manifest, problems, survey, trial


def test_a_run_is_gone_on_with_where_it_was(tmp_path: Path) -> None:
    with RunLog(tmp_path / "run", manifest(), problems()) as journal:
        survey(journal)
        journal.tried(trial("a", "proved"), [], "theorem a := by omega")
    with RunLog(tmp_path / "run", manifest(), problems(), resume=True) as journal:
        assert journal.done == {("a", "prover", 1)}
        assert journal.survey["reals"].reason == "Unknown identifier `ℝ`"
        journal.tried(trial("b", "open"), [])
    assert [t.problem for t in read_run(tmp_path / "run").trials] == ["a", "b"]


def test_what_a_kill_cut_short_is_tried_again(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"prover": ["proved", "open"]})
    whole = (root / TRIALS).read_bytes()
    (root / TRIALS).write_bytes(whole + b'{"problem":"c","system":"pro')
    assert len(read_run(root).trials) == 2
    with RunLog(root, manifest(), problems(), resume=True) as journal:
        assert ("c", "prover", 1) not in journal.done
        journal.tried(trial("c", "proved"), [], "x")
    assert (root / TRIALS).read_bytes().startswith(whole)
    assert [t.problem for t in read_run(root).trials] == ["a", "b", "c"]


def test_another_run_is_not_overwritten(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"prover": ["proved"]})
    before = {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}
    for resume in (False, True):
        with pytest.raises(RunError, match="another run: it differs in digest, seed"):
            RunLog(root, manifest(seed=1, digest="4567"), problems(), resume)
    with pytest.raises(RunError, match="--resume"):
        RunLog(root, manifest(), problems())
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunError, match=r"not empty \(thesis\.tex\)"):
        RunLog(tmp_path, manifest(), problems(), resume=True)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_two_at_once_are_refused_and_the_lock_is_given_back(tmp_path: Path) -> None:
    with (
        RunLog(tmp_path / "run", manifest(), problems()),
        pytest.raises(RunError, match="in use by another"),
    ):
        RunLog(tmp_path / "run", manifest(), problems(), resume=True)
    RunLog(tmp_path / "run", manifest(), problems(), resume=True).__exit__()


def test_a_file_where_a_directory_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        RunLog(tmp_path / "run", manifest(), problems())


def test_logs_and_proofs_are_kept_for_each_trial(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"prover": ["proved"]})
    log = gzip.decompress((root / "logs" / "a" / "prover-1.jsonl.gz").read_bytes())
    assert msgspec.json.decode(log) == ["goal", "omega", "closed", 5]
    assert read_proofs(root) == {("a", "prover", 1): "theorem a := by omega"}


def test_a_directory_of_a_run_has_no_blanks_in_its_names_and_few_files(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"prover": ["proved"] * 4, "fixed list": ["proved", "open"] * 2})
    assert not [file for file in root.rglob("*") if " " in file.name]
    assert not list(root.rglob("*.lean"))
    assert len(read_proofs(root)) == 6


def test_proofs_of_earlier_versions_are_read_and_stay_with_later_ones(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"fixed list": ["proved"]})
    (root / PROOFS).unlink()
    earlier = root / "proofs" / "fixed list-1" / "a.lean"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("theorem a := by simp")
    assert read_proofs(root) == {("a", "fixed list", 1): "theorem a := by simp"}
    with RunLog(root, manifest(), problems(), resume=True) as journal:
        journal.tried(trial("b", "proved"), [], "theorem b := by omega")
    assert read_proofs(root)["b", "prover", 1] == "theorem b := by omega"
    assert len(read_proofs(root)) == 2


def test_a_run_of_an_earlier_version_is_gone_on_with(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"prover": ["proved"]})
    known = msgspec.json.decode((root / "run.json").read_bytes())
    for field in ("axioms", "sampled_from", "sample_seed"):
        del known[field]
    (root / "run.json").write_bytes(msgspec.json.encode(known))
    with RunLog(root, manifest(), problems(), resume=True) as journal:
        assert journal.done == {("a", "prover", 1)}


def test_the_axioms_that_are_allowed_are_a_setting_of_the_run(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"prover": ["proved"]})
    with pytest.raises(RunError, match="it differs in axioms"):
        RunLog(root, manifest(axioms=("Game.ax",)), problems(), resume=True)


def test_goals_are_kept_by_the_keys_of_the_log(tmp_path: Path) -> None:
    with RunLog(tmp_path / "run", manifest(), problems()) as journal:
        survey(journal)
        journal.tried(trial("a", "open"), [("k", "simp", "elaboration", 5)], goals=[("k", "⊢ 1 = 2")])
    goals = gzip.decompress((tmp_path / "run" / "logs" / "a" / "prover-1.goals.jsonl.gz").read_bytes())
    assert msgspec.json.decode(goals) == ["k", "⊢ 1 = 2"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "x" * 400, "né : ℕ", "con|pipe"])
def test_names_stay_inside(name: str) -> None:
    assert not {"/", " "} & set(file_name(name))
    assert len(file_name(name)) <= MAX_NAME_CHARS


def test_damage_is_said(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"prover": ["proved", "open"]})
    content = (root / TRIALS).read_bytes().split(b"\n")
    (root / TRIALS).write_bytes(b"\n".join([content[0][:20], *content[1:]]))
    with pytest.raises(RunError, match=r"trials\.jsonl, line 1, is damaged"):
        read_run(root)
    (root / "run.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        read_run(root)
    with pytest.raises(RunError, match="is no run"):
        read_run(tmp_path)
    (root / "run.json").write_bytes(msgspec.json.encode(manifest(version=99)))
    with pytest.raises(RunError, match="newer version"):
        read_run(root)
