"""The extension points: the package of docs/extending.md is installed and used; faulty packages are named."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from curriculum.learn.learner import EvaluationTask, TrainingTask
from curriculum.lifelong.registry import LEARNERS, LearnerOptions, learners_named
from prover.app.assembly import GENERATORS, generators_named, mixture
from prover.errors import ExtensionFailed, UsageError
from prover.evaluate.loading import BENCHMARKS, load
from prover.evaluate.problem import WrittenProblem
from prover.extensions import Registry
from prover.lean.protocol import Goal
from prover.lean.scripted import Fails, ScriptedSession, leaves, opened
from prover.progress import Reporter
from prover.search.budget import Budget
from prover.search.engine import Open, Proved, Strategy
from prover.search.engines import ENGINES
from prover.tactics.generator import TheoremRef
from prover.tactics.language.formats import FORMATS, PromptFields, format_named
from tests.traced_modules import module, theorem

pytestmark = pytest.mark.slow  # a package is installed by pip

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "extending.md"
FILE = re.compile(r"^`(?P<path>[\w./]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
THEOREM = TheoremRef("A", "a", 0, "k")
EQUATION = Goal("root", target="1 + 1 = 2")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package of the documentation, installed into a directory on the path."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for found in FILE.finditer(DOCUMENTATION.read_text(encoding="utf-8")):
        file = source / found["path"]
        file.parent.mkdir(exist_ok=True)
        file.write_text(found["text"], encoding="utf-8")
    (source / "prover_example" / "__init__.py").touch()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", target, source], check=True, timeout=120)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(target))
        yield target


def test_names_of_extensions_follow_those_that_are_built_in(installed: Path) -> None:
    assert GENERATORS.names()[-1] == "reflexivity"
    assert ENGINES.names() == ("best_first", "one_step")
    assert BENCHMARKS.names()[-1] == "sums"
    assert FORMATS.names()[-1] == "terse"
    assert LEARNERS.names() == ("memory", "ranker", "generator", "favourites")


def test_a_generator_of_a_package_is_part_of_the_mixture(installed: Path) -> None:
    generators = generators_named("automation, reflexivity", Reporter())
    bound = mixture(generators, frozen=True).for_theorem(THEOREM)
    sources = {suggestion.tactic: suggestion.sources for suggestion in bound.suggest(EQUATION)}
    assert "reflexivity" in sources["rfl"]


def test_an_engine_of_a_package_proves_a_goal(installed: Path) -> None:
    (generator,) = generators_named("reflexivity", Reporter())
    bound = generator.for_theorem(THEOREM)
    with ScriptedSession({"root": {"rfl": leaves()}}) as session:
        engine = ENGINES.named("one_step")(session, opened(EQUATION), bound, Strategy(), Budget())
        result = engine.run()
        assert isinstance(result, Proved)
        assert result.scripts == (("rfl",),)
        assert [step.tactic for step in result.steps] == ["rfl"]
        engine.refuse()
        assert engine.graft("rfl", ("drafts",)).held == []
        assert engine.run() == Open("no tactic is left to try", engine.meter)
    with ScriptedSession({"root": {"rfl": Fails()}}) as session:
        engine = ENGINES.named("one_step")(session, opened(EQUATION), bound, Strategy(), Budget(tactics=1))
        assert isinstance(engine.run(), Open)


def test_a_benchmark_of_a_package_is_loaded_by_name(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "sums.txt").write_text("1 + 1 = 2\n2 + 2 = 4\n", encoding="utf-8")
    assert load("sums", tmp_path, "").problems == (
        WrittenProblem("sum_1", "theorem sum_1 : 1 + 1 = 2"),
        WrittenProblem("sum_2", "theorem sum_2 : 2 + 2 = 4"),
    )


def test_a_prompt_format_of_a_package_is_found_by_name(installed: Path) -> None:
    assert format_named("terse").prompt(PromptFields(state="⊢ 1 = 1")).text == "⊢ 1 = 1\n-- next tactic:\n"


def test_a_learner_of_a_package_learns_is_measured_and_stored(installed: Path, tmp_path: Path) -> None:
    (learner,) = learners_named(["favourites"], LearnerOptions())
    traced = module("A", theorem("a"), theorem("b"))
    evaluation = EvaluationTask("r", (traced,))
    assert set(learner.performance(evaluation)) == {0.0}
    learner.train(TrainingTask("r", (traced,)))
    learner.save(tmp_path)
    assert set(learner.performance(evaluation)) == {1.0}
    (again,) = learners_named(["favourites"], LearnerOptions())
    again.load(tmp_path)
    (generator,) = again.generators()
    assert {suggestion.tactic for suggestion in generator.for_theorem(THEOREM).suggest(EQUATION)} == {"intro h", "simp"}
    again.reset()
    assert list(generator.for_theorem(THEOREM).suggest(EQUATION)) == []


# --- faults ---


def offer(directory: Path, package: str, entry: str) -> None:
    """Writes the metadata of an installed package with one entry point of the group `test.numbers`."""
    information = directory / f"{package}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[test.numbers]\n{entry}\n")


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[int]:
    """A registry of numbers; what is written into `tmp_path` is installed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return Registry("number", "test.numbers", {"one": 1}, int)


def test_an_unknown_name_lists_the_known_ones(numbers: Registry[int], tmp_path: Path) -> None:
    offer(tmp_path, "more", "two = math:tau")
    assert numbers.find("three") is None
    with pytest.raises(UsageError, match="There is no number 'three': choose from one, two"):
        numbers.named("three")


def test_what_is_built_in_cannot_be_replaced(numbers: Registry[int], tmp_path: Path) -> None:
    offer(tmp_path, "more", "one = sys:maxsize")
    assert numbers.named("one") == 1
    assert numbers.names() == ("one",)


def test_an_object_of_a_package_is_loaded(numbers: Registry[int], tmp_path: Path) -> None:
    offer(tmp_path, "more", "largest = sys:maxsize")
    assert numbers.named("largest") == sys.maxsize


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("two = nowhere_at_all:two", r"number 'two' of the package more cannot be loaded \(ModuleNotFoundError"),
        ("two = sys:two", r"number 'two' of the package more cannot be loaded \(AttributeError"),
        ("two = math:tau", r"number 'two' of the package more is of the type float, not int"),
    ],
)
def test_an_extension_that_cannot_be_loaded_is_named(
    numbers: Registry[int], tmp_path: Path, entry: str, message: str
) -> None:
    offer(tmp_path, "more", entry)
    with pytest.raises(ExtensionFailed, match=message):
        numbers.named("two")


def test_two_packages_that_offer_one_name_are_named(numbers: Registry[int], tmp_path: Path) -> None:
    offer(tmp_path, "first", "two = sys:maxsize")
    offer(tmp_path, "second", "two = sys:maxsize")
    with pytest.raises(ExtensionFailed, match="'two' is offered by first and second: uninstall one of them"):
        numbers.named("two")
