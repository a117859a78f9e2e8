"""What is suggested for a misspelt option: options that are related to it, and nothing else."""

import pytest

from prover.cli.main import run
from prover.cli.related import related


@pytest.mark.parametrize(
    ("given", "suggested"),
    [
        ("--worker", ["--workers"]),
        ("--threads", ["--jobs", "--workers"]),
        ("--limit-time", ["--limit-seconds"]),
        ("--sampl", ["--sample"]),
        ("--time", ["--timeout"]),
        ("--output", ["--out"]),
        ("--axiom", ["--allow-axiom"]),
        ("--colour", []),
        ("--theorems", []),
    ],
)
def test_only_related_options_are_suggested(
    given: str, suggested: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", "minif2f", given]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    hint = f" Did you mean {' or '.join(suggested)}?" if suggested else ""
    assert said == f"Error: No such option {given}.{hint}"


def test_every_name_is_related_to_itself() -> None:
    assert related("--out", ["--out", "--repo"]) == ["--out"]
