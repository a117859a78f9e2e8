"""The daemon's TOML file: defaults that work, and faults that are named with their line."""

from pathlib import Path

import pytest

from curriculum.daemon.configuration import DaemonConfig, ExclusionRule, read_configuration
from prover.errors import UsageError

ROOT = Path(__file__).parents[2]


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "prover.toml"
    file.write_text(text)
    return file


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    assert read_configuration(written(tmp_path, "# nothing\n")) == DaemonConfig()


def test_nothing_is_published_by_default() -> None:
    assert DaemonConfig().publish.command == ()


def test_what_is_written_counts(tmp_path: Path) -> None:
    text = """
[daemon]
jobs = 3
poll_minutes = 5
[limits]
nice = 0
[publish]
command = ["sh", "-c", "true"]
[[leave]]
repository = "exercises"
[[leave]]
repository = "https://example.org/r"
theorems = ["R.false_*"]
reason = "false"
"""
    read = read_configuration(written(tmp_path, text))
    assert (read.daemon.jobs, read.daemon.poll_minutes, read.limits.nice) == (3, 5.0, 0)
    assert read.publish.command == ("sh", "-c", "true")
    assert read.leave == (ExclusionRule("exercises"), ExclusionRule("https://example.org/r", ("R.false_*",), "false"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[daemon]\njobs = \n", "at line 2"),
        ("\n[demon]\n", "line 2: there is no section or setting 'demon'"),
        ("jobs = 2\n", "line 1: there is no section or setting 'jobs'"),
        ("[limits]\nnice = 0\n[daemon]\nseconds = 9\njob = 2\n", "line 5: there is no setting 'job': choose from"),
        ("[daemon]\n\njobs = 'two'\n", "line 3: jobs must be a whole number, and is 'two'"),
        ("[daemon]\njobs = true\n", "line 2: jobs must be a whole number"),
        ("[daemon]\njobs = 2.5\n", "line 2: jobs must be a whole number"),
        ("[daemon]\njobs = 0\n", "line 2: jobs must be from 1 to 64, and is 0"),
        ("[daemon]\nseconds = nan\n", "line 2: seconds must be from"),
        ("[daemon]\ntoolchain = 'both'\n", 'line 2: toolchain must be one of "auto", "native", "embedded"'),
        (f"[daemon]\nseconds = {'9' * 400}\n", "line 2: seconds must be from"),
        (f"[daemon]\ntactics = {'9' * 400}\n", "line 2: tactics must be from"),
        (f"[daemon]\ntactics = {'9' * 5000}\n", "is not valid TOML"),
        ("daemon.poll_minutes = 5\ndaemon.batch = 'x'\n", "line 2: batch must be a whole number"),
        ("[server]\nport = 99999\n", "line 2: port must be from 0 to 65535"),
        ("[publish]\ncommand = 'gh pr create'\n", "line 2: command must be a list of strings"),
        ("[publish]\ndisclosure = ' '\n", "line 2: disclosure must not be empty"),
        ("[learning]\nlearners = 'memory'\n", "line 2: learners must be a list of strings"),
        ("[learning]\nstrategy = 'best'\n", "line 2: strategy must be one of"),
        ("[[leave]]\nrepository = 'a'\n[[leave]]\ntheorems = ['x']\n", "line 3: repository is missing"),
        ("[[leave]]\nrepository = 'a'\n[[leave]]\nrepository = 'b'\nwhy = 1\n", "line 5: there is no setting 'why'"),
        ("leave = 3\n", "line 1: there is no section or setting 'leave'"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_configuration(written(tmp_path, text))
    assert message in str(caught.value)


COURSE = "https://example.org/x/course"
WAYS = ("course", "x/course", COURSE, f"{COURSE}/", f"{COURSE}.git", "git@example.org:x/course.git")


@pytest.mark.parametrize("rule", WAYS)
@pytest.mark.parametrize("location", [*WAYS[2:], f"{COURSE}#sub"])
def test_a_rule_is_about_a_repository_however_its_address_is_written(rule: str, location: str) -> None:
    assert ExclusionRule(rule).is_about(location)


def test_a_rule_is_about_a_directory_or_a_repository_on_this_computer() -> None:
    assert all(ExclusionRule(rule).is_about("/home/me/course") for rule in ("course", "/home/me/course/", "me/course"))
    assert ExclusionRule(f"{COURSE}#sub").is_about(f"{COURSE}.git#sub")
    assert not ExclusionRule(f"{COURSE}#sub").is_about(f"{COURSE}#other")


@pytest.mark.parametrize("rule", ["", "cours", "ourse", "sub", "y/course", "https://example.com/x/course"])
def test_a_rule_is_not_about_others(rule: str) -> None:
    assert not ExclusionRule(rule).is_about(f"{COURSE}#sub")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_configuration(tmp_path / "no.toml")


def test_the_documented_file_is_the_defaults() -> None:
    text = (ROOT / "docs" / "prover.toml").read_text()
    read = read_configuration(ROOT / "docs" / "prover.toml")
    assert read == DaemonConfig()
    for section in ("daemon", "learning", "limits", "server", "publish"):
        for name in vars(getattr(DaemonConfig(), section)):
            assert f"\n{name} = " in text, f"docs/prover.toml does not show {name}"
