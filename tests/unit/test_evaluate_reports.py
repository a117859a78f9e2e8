"""Figures, reports and comparisons of runs that are known."""

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from click.testing import CliRunner

from prover.cli.eval import RunCounter
from prover.cli.main import cli
from prover.errors import RunError
from prover.evaluate.compare import Side, compare, comparison_report
from prover.evaluate.journal import Outcome, RunLog, StuckGoal, SurveyLine
from prover.evaluate.literature import entries, obstacles, section
from prover.evaluate.markdown import report
from prover.evaluate.observe import Observation
from prover.evaluate.page import page
from prover.evaluate.plots import plots, proved_within
from prover.evaluate.record import record
from prover.evaluate.results import denominators, figures, is_unfinished, overhead, read_run
from prover.evaluate.statistics import mcnemar, wilson
from tests.unit.evaluated_runs import make_run, manifest, problems, survey, trial

OURS: Sequence[Outcome] = ("proved", "proved", "open", "crashed")
LIST: Sequence[Outcome] = ("proved", "open", "refused", "open")


def test_every_problem_is_accounted_for(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", {"prover": OURS, "fixed list": LIST}))
    counts = denominators(run)
    assert (counts.all, counts.runnable, counts.not_runnable, counts.crashed) == (5, 4, 1, 0)
    ours, other = figures(run, "prover"), figures(run, "fixed list")
    assert (ours.attempted, ours.proved, ours.crashed, ours.refused) == (4, 2, 1, 0)
    assert (other.attempted, other.proved, other.crashed, other.refused) == (4, 1, 0, 1)
    assert ours.of_runnable == wilson(2, 4)
    assert ours.of_all == wilson(2, 5)
    assert ours.by == {"automation": 2}
    assert ours.ended == {"the budget is spent": 1, "Lean crashed": 1}
    assert overhead(run) == pytest.approx(0.01)


def test_only_what_was_tried_counts(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", {"prover": ["proved", "proved"], "fixed list": ["open"]}))
    ours = figures(run, "prover")
    assert (ours.attempted, ours.not_tried) == (2, 2)
    assert (ours.of_runnable, ours.of_all) == (wilson(2, 2), wilson(2, 3))
    assert ours.pass_at == {1: 1.0}
    assert figures(run, "fixed list").of_runnable == wilson(0, 1)
    assert denominators(run).not_tried == 2
    text = report(run)
    assert "Not tried: 2 of the runnable problems" in text
    assert "fixed list has not tried 3 of the runnable problems" in text
    assert "| fixed list | 0 | 1 | 0 | 1 | none |" in text, "what only one of them tried is not compared"
    assert "Done: 3 of 5 problems; the rest takes about 67 s more" in text
    assert is_unfinished(run)
    assert not is_unfinished(run, survey_only=True)


def test_what_nobody_proved_is_listed_with_the_goals_that_remained(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"fixed list": LIST})
    with RunLog(root, manifest(), problems(), resume=True) as journal:
        goal = StuckGoal("n : Nat\n⊢ n + 1 = n", ("intro n", "· simp\n  done"))
        journal.tried(msgspec.structs.replace(trial("b", "open"), stuck=(goal,)), [])
    run = read_run(root)
    assert run.unproved() == ["b", "c", "d"]
    text = report(run)
    assert "3 of the 4 problems that were tried" in text
    assert "**b**: the budget is spent\n\nafter `intro n`; `· simp done`:\n\n```\nn : Nat\n⊢ n + 1 = n\n```" in text
    assert "**c**: not tried by the prover" in text
    assert record(run)["unproved"] == ["b", "c", "d"]


def test_further_axioms_stand_beside_every_figure(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", {"prover": OURS, "fixed list": LIST}, axioms=("Game.ax",)))
    plain = read_run(make_run(tmp_path / "plain", {"prover": OURS, "fixed list": LIST}))
    text = report(run)
    for name in ("Systems", "Beside the baselines"):
        assert f"## {name} (with the axioms `Game.ax`)" in text
    assert all("`Game.ax`" in caption for caption, _ in plots(run))
    assert record(run)["figures"][0]["axioms"] == ["Game.ax"]
    assert "with the axioms" not in report(plain)
    found = compare(Side(plain, "prover"), Side(run, "prover"))
    assert "axioms" in found.differing
    assert "run: prover (with the axioms `Game.ax`)" in comparison_report(found)
    assert all("proofs may use Game.ax" in list(obstacles(entry, run)) for entry in entries())


def test_splits_have_figures_of_their_own(tmp_path: Path) -> None:
    lines = [msgspec.structs.replace(line, split="test" if line.name in "ab" else "valid") for line in problems()]
    with RunLog(tmp_path / "run", manifest(split="all"), lines) as journal:
        survey(journal)
        journal.tried(trial("a", "proved"), [])
        journal.tried(trial("c", "open"), [])
    text = report(read_run(tmp_path / "run"))
    assert "| test | 2 | 2 | 100.0% [20.7%, 100.0%] | not tried |" in text
    assert "| valid | 3 | 2 | 0.0% [0.0%, 79.3%] | not tried |" in text


def test_options_that_a_header_implies_are_said(tmp_path: Path) -> None:
    with RunLog(tmp_path / "run", manifest(), problems()) as journal:
        journal.surveyed(SurveyLine("a", "not runnable", "Unknown identifier `α`", options=("autoImplicit false",)))
    run = read_run(tmp_path / "run")
    assert "`autoImplicit false` in 1 problems" in report(run)
    assert record(run)["problems"][0]["options"] == ("autoImplicit false",)


def test_a_proof_of_a_run_is_printed(tmp_path: Path) -> None:
    root = make_run(tmp_path / "run", {"fixed list": ["proved", "open"]})
    runner = CliRunner()
    shown = runner.invoke(cli, ["eval", "proof", str(root), "a", "--system", "fixed list"])
    assert shown.stdout == "theorem a := by omega"
    missing = runner.invoke(cli, ["eval", "proof", str(root), "b", "--system", "fixed list"])
    assert "has no proof of b by fixed list" in str(missing.exception)


def test_passes_are_estimated_without_bias(tmp_path: Path) -> None:
    passes: Sequence[Outcome] = (*("proved", "proved", "open", "open"), *("proved", "open", "open", "proved"))
    run = read_run(make_run(tmp_path / "run", {"prover": passes}, passes=2, temperature=0.5))
    found = figures(run, "prover")
    assert found.pass_at == {1: pytest.approx((1 + 0.5 + 0 + 0.5) / 4), 2: pytest.approx(3 / 4)}
    assert found.proved == 3
    assert found.of_runnable.low < 0.5 < found.of_runnable.high
    assert "## pass@k" in report(run)


def test_late_proofs_are_said(tmp_path: Path) -> None:
    systems = ({"name": "prover", "generators": [], "order": "", "width": 1, "seconds": 1.5, "expansions": None},)
    run = read_run(make_run(tmp_path / "run", {"prover": ["proved", "proved"]}, systems=systems))
    assert figures(run, "prover").late == 1
    assert "1 of the proofs of prover came after the budget" in report(run)


def test_runs_that_came_to_the_same_have_one_digest(tmp_path: Path) -> None:
    one, other, third = (
        read_run(make_run(tmp_path / name, {"prover": outcomes}))
        for name, outcomes in (("1", OURS), ("2", OURS), ("3", LIST))
    )
    assert one.digest() == other.digest() != third.digest()


def test_the_report_says_what_a_reader_asks(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", {"prover": OURS, "fixed list": LIST}))
    text = report(run, [section(run)])
    for part in (
        "commit 5746b7d6, digest `0123`",
        "| 5 | 5 | 4 | 1 | 0 |",
        "| prover | 4 | 1 | 0 | 2 | 50.0% [15.0%, 85.0%] | 40.0% [11.8%, 76.9%] |",
        "| fixed list | 1 | 1 | 0 | 1 | none |",
        "Unknown identifier `ℝ`",
        "| a | `digest of a` | proved | proved |",
        "theorem a : 1 = 1 := by\n  omega",
        "1 of our problems do not run without Mathlib",
        "ℕ: 4",
    ):
        assert part in text


def test_the_literature_is_beside_ours_only_where_it_may_be(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", {"prover": OURS}))
    known = entries()
    assert len(known) > 15
    assert all(entry.source and (entry.share is None) != (entry.solved is None) for entry in known)
    assert all(list(obstacles(entry, run)) for entry in known)


def test_pages_and_pictures_are_whole(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", {"prover": OURS, "fixed list": LIST}))
    drawn = plots(run)
    assert [ElementTree.fromstring(svg).tag.endswith("svg") for _, svg in drawn] == [True, True]
    assert drawn == plots(run)
    text = page("<miniF2F>", "# A\n\n## B\n\n<script>x</script>\n\n| a |\n|---|\n| b |\n", drawn)
    assert "<script>" not in text
    assert "&lt;miniF2F&gt;" in text
    assert text.count("<svg") == 2
    assert "<td>b</td>" in text


def test_a_curve_counts_up() -> None:
    assert proved_within([3.0, 1.0]) == ([0.0, 1.0, 3.0], [0, 1, 2])


def test_a_comparison_is_paired(tmp_path: Path) -> None:
    one = read_run(make_run(tmp_path / "1", {"prover": ["proved", "proved", "open", "open"]}))
    other = read_run(make_run(tmp_path / "2", {"prover": ["open", "proved", "proved", "proved"]}, seed=3))
    found = compare(Side(one, "prover"), Side(other, "prover"))
    assert (found.both, found.gained, found.lost, found.neither) == (("b",), ("c", "d"), ("a",), ())
    assert found.p == mcnemar(1, 2)
    assert found.difference.estimate == pytest.approx(0.25)
    assert found.differing == ("seed",)
    text = comparison_report(found)
    assert "Gained 2, lost 1" in text
    assert "## Lost\n\n- a" in text


def test_only_the_same_statements_are_compared(tmp_path: Path) -> None:
    one = read_run(make_run(tmp_path / "1", {"prover": ["proved"]}))
    other = read_run(make_run(tmp_path / "2", {"fixed list": ["proved"]}))
    with pytest.raises(RunError, match="have tried no problem"):
        compare(Side(one, "prover"), Side(other, "prover"))
    with pytest.raises(RunError, match="no system grind: choose from prover, fixed list"):
        compare(Side(one, "grind"), Side(other, "prover"))


def test_the_commands_write_what_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path))
    make_run(tmp_path / "evaluations" / "mine", {"prover": OURS, "fixed list": LIST})
    make_run(tmp_path / "other", {"prover": LIST})
    runner = CliRunner()
    assert "# minif2f valid" in runner.invoke(cli, ["eval", "report", "mine"]).stdout
    whole = json.loads(runner.invoke(cli, ["eval", "report", "mine", "--json"]).stdout)
    assert [each["outcome"] for each in whole["verdicts"][::2]] == list(OURS)
    assert whole["problems"][-1]["reason"] == "Unknown identifier `ℝ`"
    (tmp_path / "Seen.lean").write_text("theorem seen : 1 = 1 := by\n  rfl\n")
    split = runner.invoke(cli, ["eval", "report", "mine", "--against", str(tmp_path), "--memory"])
    assert "| exact | 5 | 4 | 50.0%" in split.stdout
    assert "what the database has proved" in split.stdout
    runner.invoke(cli, ["eval", "report", "mine", "--html"])
    assert "<svg" in (tmp_path / "evaluations" / "mine" / "report.html").read_text()
    compared = runner.invoke(cli, ["eval", "compare", "mine", str(tmp_path / "other"), "--json"])
    assert json.loads(compared.stdout)["lost"] == ["b"]
    paired = runner.invoke(cli, ["eval", "compare", "mine", "mine", "--system", "fixed list,prover"])
    assert "Gained 1, lost 0" in paired.stdout


def test_a_tactic_of_several_lines_is_credited_to_whom_it_is_from() -> None:
    seen = Observation()
    seen.proposed = {"have h : a := by\n  omega\nexact h": {"automation"}, "intro h": {"structure"}, "simp": {"memory"}}
    script = ["intro h", "· have h : a := by", "    omega", "  exact h"]
    assert seen.credited([script]) == ("automation", "structure")


def test_a_run_says_how_far_it_is_and_how_long_the_rest_takes() -> None:
    now, said = [0.0], list[str]()
    counter = RunCounter(10, said.append, lambda: now[0])
    counter.begun(2)
    counter.proved("a")
    counter.proved("a")
    for _ in range(8):
        now[0] += 6.0
        counter.attended()
    assert said == [
        "4 of 10 problems, 1 proved since it began; about 36 s left",
        "6 of 10 problems, 1 proved since it began; about 24 s left",
        "8 of 10 problems, 1 proved since it began; about 12 s left",
    ], "nothing is said when all are done"
