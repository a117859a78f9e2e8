"""The policy: its features, its trees, its file, the order that it gives to suggestions, its training from logs."""

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from curriculum.database.database import Database
from curriculum.database.search_logs import SearchLogRecord, record_search_log
from curriculum.learn.policy import (
    PolicySettings,
    by_policy,
    by_prior,
    examples_of,
    order_quality,
    train_policy,
)
from prover.app.assembly import ProverOptions, assemble
from prover.app.policies import policy_named, save_policy
from prover.check.gate import Judge
from prover.cli.main import run
from prover.errors import UsageError
from prover.lean.protocol import Definition, Goal, Hypothesis
from prover.lean.scripted import opened
from prover.lean.session import Advanced
from prover.search.engine import Strategy
from prover.search.tactic_cost import TacticCostModel
from prover.tactics.generator import StatelessGenerator, Suggestion, TheoremRef
from prover.tactics.policy.features import (
    FEATURE_VERSION,
    ROOT,
    GoalPath,
    Rates,
    feature_count,
    rows_of,
    shape_of_tactic,
)
from prover.tactics.policy.log import ADVANCED, SearchLog, TriedTactic
from prover.tactics.policy.model import PolicyModel, PolicyRefused, policy_of
from prover.tactics.policy.policy import Judged, NamedPolicy
from prover.tactics.policy.trees import MalformedTrees, Trees, trees_of

THEOREM = TheoremRef("M", "M.t", 0, "key")
QUICK = PolicySettings(rounds=30, fewest=5)
TACTICS = ("omega", "simp", "rfl", "induction n", "cases n", "grind", "exact h", "apply h", "constructor", "intro x")


def goal(key: str, arithmetic: bool) -> Goal:
    """A goal about numbers, or one about a list."""
    variable = Hypothesis("n", "Nat" if arithmetic else "List α", "Nat" if arithmetic else "List", recursive=True)
    fact = Hypothesis("h", "n = n", "Eq", prop=True)
    definition = Definition("f", "definition", True, False, False)
    target = "n ≤ n + 1" if arithmetic else "f n = n"
    head = "LE.le" if arithmetic else "Eq"
    return Goal(key, ("n", "h"), (), target, head, "", "", (variable, fact), (definition,))


def log(seed: int) -> SearchLog:
    """A log in which `omega` proves goals about numbers, and `induction n` those about lists."""
    rng = random.Random(seed)
    goals, trials = [], []
    for number in range(6):
        arithmetic = rng.random() < 0.5
        goals.append(goal(f"{seed} {number}", arithmetic))
        order = list(TACTICS)
        rng.shuffle(order)
        for rank, tactic in enumerate(order):
            succeeds = tactic == ("omega" if arithmetic else "induction n")
            cost = 30_000 if tactic in ("grind", "induction n") else 2_000
            outcome = ADVANCED if succeeds else "elaboration"
            trials.append(TriedTactic(number, tactic, -0.2 * rank, rank, ("automation",), outcome, cost))
    return SearchLog(tuple(goals), {n: (len(TACTICS), 0.0) for n in range(6)}, tuple(trials))


@pytest.fixture(scope="module")
def model() -> PolicyModel:
    """A policy trained on forty logs."""
    pytest.importorskip("lightgbm")
    return train_policy([log(seed) for seed in range(40)], QUICK, {"repositories": ["a"]})


def suggested(*tactics: str) -> list[Suggestion]:
    return [Suggestion(tactic, -0.1 * rank, ("automation",)) for rank, tactic in enumerate(tactics)]


def test_a_row_for_each_suggestion_of_the_same_width() -> None:
    rows = rows_of(goal("g", True), suggested("omega", "rw [h, f]\nsimp", "induction n <;> grind [f]"), ROOT, Rates())
    assert rows.shape == (3, feature_count())
    assert np.isfinite(rows).all()
    assert rows_of(goal("g", True), [], ROOT, Rates()).shape[0] == 0


def test_names_are_no_features_only_their_roles() -> None:
    def row(value: str, fact: str, definition: str) -> object:
        hypotheses = (
            Hypothesis(value, "Nat", "Nat", recursive=True),
            Hypothesis(fact, f"{value} = 0", "Eq", prop=True),
        )
        made = Goal("k", (), (), f"{definition} {value} = 0", "Eq", "Nat", "", hypotheses, (
            Definition(definition, "definition", True, False, False),))  # fmt: skip
        tactic = f"induction {value} <;> simp [{definition}, {fact}]"
        return rows_of(made, [Suggestion(tactic, -1.0)], ROOT, Rates()).tolist()

    assert row("n", "h", "f") == row("m", "k", "g")


def test_a_fact_and_a_variable_are_told_apart() -> None:
    about_fact, about_variable = rows_of(goal("g", True), suggested("cases h", "cases n"), ROOT, Rates()).tolist()
    assert about_fact != about_variable


def test_the_shape_of_a_tactic_is_remembered() -> None:
    assert shape_of_tactic("simp [f, g]") is shape_of_tactic("simp [f, g]")
    assert shape_of_tactic("induction n <;> simp_all").last == "simp_all"


def test_trees_are_evaluated_as_their_library_does() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 6)).astype(np.float32)
    values = rows[:, 0] * (rows[:, 1] > 0) + rng.normal(size=500) * 0.1
    booster = lightgbm.train({"verbose": -1, "num_leaves": 9, "num_threads": 1}, lightgbm.Dataset(rows, values), 25)
    trees = trees_of([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]])
    assert np.allclose(trees.scores(rows), booster.predict(rows), atol=1e-6)
    again = Trees.of_arrays(trees.arrays("t"), "t", 6)
    assert np.allclose(again.scores(rows), booster.predict(rows), atol=1e-4)


@pytest.mark.parametrize("change", ["left", "right", "features", "roots"])
def test_trees_that_point_nowhere_are_refused(change: str) -> None:
    leaf = {"leaf_value": 1.0}
    trees = trees_of([{"split_feature": 0, "threshold": 0.5, "left_child": leaf, "right_child": leaf}])
    arrays = trees.arrays("t")
    arrays[f"t_{change}"] = arrays[f"t_{change}"] + 100
    with pytest.raises(MalformedTrees):
        Trees.of_arrays(arrays, "t", 6)


def test_it_learns_which_tactic_proves_which_goals(model: PolicyModel) -> None:
    for arithmetic, wanted in ((True, "omega"), (False, "induction n")):
        shares, _ = model.judged(goal("new", arithmetic), suggested(*TACTICS))
        assert TACTICS[int(np.argmax(shares))] == wanted
        assert np.exp(shares).sum() == pytest.approx(1.0)


def test_it_learns_what_tactics_cost(model: PolicyModel) -> None:
    _, costs = model.judged(goal("new", True), suggested("grind", "rfl"))
    assert costs[0] > costs[1] + 1


def test_the_order_on_other_logs_is_better_than_the_generators(model: PolicyModel) -> None:
    held_out = [example for seed in range(100, 105) for example in examples_of(log(seed))]
    ours, theirs = order_quality(held_out, by_policy(model)), order_quality(held_out, by_prior)
    assert ours.goals == theirs.goals == 30
    assert ours.tactics < 1.5 < 3 < theirs.tactics


def test_training_is_the_same_for_a_seed(model: PolicyModel) -> None:
    again = train_policy([log(seed) for seed in range(40)], QUICK, {"repositories": ["a"]})
    assert again.stored() == model.stored()


def test_logs_without_successes_are_refused() -> None:
    pytest.importorskip("lightgbm")
    one = log(0)
    failed = tuple(TriedTactic(t.goal, t.tactic, t.prior, t.rank, t.sources, "elaboration", 5) for t in one.trials)
    with pytest.raises(UsageError, match="no goal that one suggestion proves"):
        train_policy([SearchLog(one.goals, one.suggested, failed)], QUICK, {})


def test_a_stored_policy_judges_alike(model: PolicyModel) -> None:
    again = policy_of(model.stored())
    rows = [
        model.judged(goal("g", True), suggested(*TACTICS))[0],
        again.judged(goal("g", True), suggested(*TACTICS))[0],
    ]
    assert np.allclose(*rows, atol=1e-3)
    assert again.trained_on["repositories"] == ["a"]


def test_sixty_four_suggestions_are_judged_quickly(model: PolicyModel) -> None:
    """A generous bound: the time is measured on a machine that does other things too."""
    many = suggested(*(f"simp [f, h{number}]" for number in range(32)), *(f"rw [h{number}]" for number in range(32)))
    about = goal("g", False)
    model.judged(about, many)
    times = []
    for _ in range(10):
        began = time.process_time()
        model.judged(about, many)
        times.append(time.process_time() - began)
    assert min(times) < 0.01


@pytest.mark.parametrize("damage", [lambda c: c[: len(c) // 2], lambda _: b"", lambda _: b"PK\x03\x04nothing"])
def test_damaged_files_are_refused(model: PolicyModel, damage) -> None:  # type: ignore[no-untyped-def]  # lambdas
    with pytest.raises(PolicyRefused):
        policy_of(damage(model.stored()))


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", head=np.array([object()], dtype=object))
    with pytest.raises(PolicyRefused, match="damaged, or no policy"):
        policy_of((tmp_path / "evil.npz").read_bytes())


def test_another_version_of_features_is_refused_and_the_default_used(
    model: PolicyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prover.tactics.policy.model.FEATURE_VERSION", FEATURE_VERSION + 1)
    content = model.stored()
    monkeypatch.undo()
    with pytest.raises(PolicyRefused, match=f"version {FEATURE_VERSION + 1} of the features"):
        policy_of(content)
    said: list[str] = []
    (tmp_path / "old.npz").write_bytes(content)
    found = policy_named(str(tmp_path / "old.npz"), said.append)
    assert found is None or found.name == "default"
    assert "is not used: it was trained for version" in said[0]


def test_policies_by_name(model: PolicyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path))
    assert policy_named("none", print) is None
    with pytest.raises(UsageError, match="There is no policy mine"):
        policy_named("mine", print)
    save_policy(model, tmp_path / "policies" / "mine.npz")
    found = policy_named("mine", print)
    assert found is not None
    assert (found.name, len(found.digest)) == ("mine", 12)


class Fixed(StatelessGenerator):
    """Suggests every tactic, in an order that helps nobody."""

    name = "fixed"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        return suggested(*reversed(TACTICS))


def test_suggestions_are_judged_in_the_one_place_that_every_prover_comes_from(model: PolicyModel) -> None:
    strategy = Strategy(policy=NamedPolicy("test", model, weight=1.0))
    gate: Judge = None  # type: ignore[assignment]  # nothing is proved
    bound = assemble(Fixed(), gate, ProverOptions(strategy=strategy)).generator.for_theorem(THEOREM)
    best = max(bound.suggest(goal("g", True)), key=lambda each: each.log_probability)
    assert best.tactic == "omega"
    assert best.log_milliseconds is not None
    plain = assemble(Fixed(), gate, ProverOptions()).generator.for_theorem(THEOREM)
    assert plain.suggest(goal("g", True)) == suggested(*reversed(TACTICS))


def test_the_path_to_a_goal_is_remembered(model: PolicyModel) -> None:
    bound = Judged(Fixed(), NamedPolicy("test", model))
    states = (opened("a"), opened("b"))
    bound.on_result(goal("g", True), Suggestion("constructor", -1.0), Advanced(states, None, 5))
    bound.on_result(Goal("a"), Suggestion("intro x", -1.0), Advanced((opened("a"), opened("c")), None, 5))
    assert bound._paths == {
        "a": GoalPath(1, "constructor", 1),
        "b": GoalPath(1, "constructor", 1),
        "c": GoalPath(2, "intro x", 1),
    }


def test_an_expected_cost_takes_the_place_of_that_of_its_kind() -> None:
    costs = TacticCostModel()
    expensive = Suggestion("rfl", -1.0, (), log_milliseconds=5.0)
    assert costs.penalty_of(expensive) > costs.penalty_of(Suggestion("rfl", -1.0))


def test_logs_become_a_policy_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lightgbm")
    monkeypatch.setenv("PROVER_HOME", str(tmp_path))
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path}/prover.db")
    assert run(["train", "policy"]) == 2
    assert "no logs of searches" in capsys.readouterr().err
    here, there, nowhere = (tmp_path / name for name in ("here", "there", "nowhere"))
    for place in (here, there, nowhere):
        place.mkdir()
    with Database(tmp_path / "prover.db") as db:
        for seed in range(20):
            place = there if seed % 4 == 0 else here
            record = SearchLogRecord(str(place), "M", f"t{seed}", "k", True, 6, 60, log(seed).packed(), uid=f"{seed}")
            db.perform(lambda work, record=record: record_search_log(work.connection, record, 1.0))  # type: ignore[misc]
        broken = SearchLogRecord(str(here), "M", "broken", "k", True, 6, 60, b"broken", uid="broken")
        db.perform(lambda work: record_search_log(work.connection, broken, 1.0))
    assert run(["train", "policy", "--hold-out", str(nowhere)]) == 2
    assert f"There are no logs of {nowhere}" in capsys.readouterr().err
    assert run(["train", "policy", "--hold-out", str(there), "--name", "ours", "--json"]) == 0
    said = capsys.readouterr()
    trained = json.loads(said.out)
    assert "the log of broken is left out" in said.err
    assert (trained["trained_on"]["searches"], trained["by_policy"]["goals"], trained["skipped"]) == (15, 30, 1)
    assert policy_named("ours", print) is not None


def test_the_policy_that_comes_with_the_program_can_be_used() -> None:
    said: list[str] = []
    found = policy_named("default", said.append)
    assert said == []
    assert found is not None
    assert not any("/tmp" in name or "/home" in name for name in found.model.trained_on["repositories"])
    shares, _ = found.model.judged(goal("g", True), suggested(*TACTICS))
    assert np.exp(shares).sum() == pytest.approx(1.0)
