"""Options that commands share: `--json` as a flag and with a file, and one meaning for each name."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from prover.cli.options import (
    JsonCommand,
    ProjectCommand,
    json_option,
    project_directory,
    repo_option,
    targets_argument,
    timeout_option,
    with_json_file,
)
from prover.cli.output import print_result
from prover.errors import NotWritable, UsageError


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        (["--json"], ["--json", "-"]),
        (["--json", "--repo", "."], ["--json", "-", "--repo", "."]),
        (["--json", "-"], ["--json", "-"]),
        (["--json", "report"], ["--json", "report"]),
        (["--json=report"], ["--json=report"]),
        (["--repo", "."], ["--repo", "."]),
        (["a", "--", "--json"], ["a", "--", "--json"]),
    ],
)
def test_json_without_a_file_means_standard_output(given: list[str], parsed: list[str]) -> None:
    assert with_json_file(given, lambda word: True) == parsed


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        (["--json", "A.lean"], ["--json", "-", "A.lean"]),
        (["--json", "out.json", "A.lean"], ["--json", "out.json", "A.lean"]),
        (["--json", "-", "A.lean"], ["--json", "-", "A.lean"]),
        (["A.lean", "--json"], ["A.lean", "--json", "-"]),
        (["--json=A.lean", "B.lean"], ["--json=A.lean", "B.lean"]),
    ],
)
def test_an_argument_after_the_flag_is_never_taken_for_its_file(given: list[str], parsed: list[str]) -> None:
    assert with_json_file(given, lambda word: word.endswith(".json")) == parsed


@click.command(cls=JsonCommand)
@json_option
def listing(json_file: Path | None) -> None:
    print_result({"goals": ["⊢ p"]}, json_file, lambda: click.echo("one goal"))


@click.command(cls=JsonCommand)
@json_option
@click.option("--theorem", "theorems", multiple=True)
@targets_argument
def proving(json_file: Path | None, theorems: tuple[str, ...]) -> None:
    click.echo(f"{json_file} {' '.join(theorems)}")


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (["--json", "report", "A:t"], "report A:t"),
        (["--json", "A:t"], "- A:t"),
        (["--json", "A.lean#L3", "--theorem", "t"], "- t A.lean#L3"),
        (["A.t", "--json"], "- A.t"),
    ],
)
def test_a_place_after_the_flag_is_a_theorem(given: list[str], printed: str) -> None:
    assert CliRunner().invoke(proving, given).output.strip() == printed


def test_text_is_printed_unless_the_json_is(tmp_path: Path) -> None:
    call = CliRunner().invoke
    file = tmp_path / "out.json"
    assert call(listing, []).output == "one goal\n"
    assert json.loads(call(listing, ["--json"]).output) == {"goals": ["⊢ p"]}
    assert json.loads(call(listing, ["--json", "-"]).output) == {"goals": ["⊢ p"]}
    assert call(listing, ["--json", str(file)]).output == "one goal\n"
    assert json.loads(file.read_text(encoding="utf-8")) == {"goals": ["⊢ p"]}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match="choose another place for --json"):
        print_result([], tmp_path / "gone" / "out.json", lambda: None)


# --- defaults of a project ---


@click.command("dig", cls=ProjectCommand)
@repo_option
@timeout_option()
@click.option("--generators", default="a")
@click.option("--allow-axiom", "axioms", multiple=True)
@click.option("--apply", is_flag=True)
def dig(repo: str, timeout: float, generators: str, axioms: tuple[str, ...], apply: bool) -> None:
    click.echo(f"{timeout:g} {generators} {','.join(axioms)}")


def dug(directory: Path, settings: str, *words: str) -> str:
    (directory / "prover.toml").write_text(settings)
    result = CliRunner().invoke(dig, ["--repo", str(directory), *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output.strip()


def test_a_project_has_defaults_of_its_own(tmp_path: Path) -> None:
    settings = '[dig]\ntimeout = 5\ngenerators = ["b", "c"]\nallow_axiom = ["X", "Y"]\n[daemon]\nseconds = 1\n'
    assert dug(tmp_path, settings) == "5 b,c X,Y"
    assert dug(tmp_path, settings, "--timeout", "7") == "7 b,c X,Y"
    assert dug(tmp_path, "[daemon]\nseconds = 1\n") == "60 a"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[dig]\ntimeuot = 5\n", r"unknown setting dig.timeuot: choose from allow-axiom, generators, timeout"),
        ("[dig]\napply = true\n", "unknown setting dig.apply"),
        ("[dig\n", "cannot be read"),
    ],
)
def test_wrong_settings_of_a_project_are_refused(tmp_path: Path, settings: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        dug(tmp_path, settings)


def test_a_setting_of_a_wrong_type_names_the_option(tmp_path: Path) -> None:
    assert "--timeout" in dug(tmp_path, '[dig]\ntimeout = "long"\n')


def test_the_project_is_that_of_the_repository(tmp_path: Path) -> None:
    assert project_directory([]) == Path(".")
    assert project_directory(["--all", "--repo", "a"]) == Path("a")
    assert project_directory(["--repo=b", "--", "--repo", "c"]) == Path("b")
