"""Options that commands share: `--json` as a flag and with a file, and one meaning for each name."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from prover.cli.options import JsonCommand, json_option, with_json_file
from prover.cli.output import print_result
from prover.errors import NotWritable


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
    assert with_json_file(given, words=False) == parsed


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
    assert with_json_file(given, words=True) == parsed


@click.command(cls=JsonCommand)
@json_option
def listing(json_file: Path | None) -> None:
    print_result({"goals": ["⊢ p"]}, json_file, lambda: click.echo("one goal"))


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
