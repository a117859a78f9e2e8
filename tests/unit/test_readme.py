"""Each `prover …` in the documentation is a command with options that exist; docs/commands.md is current."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from prover.cli.main import COMMANDS, cli
from prover.cli.reference import EXAMPLES, leaf_commands, reference

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
REFERENCE = ROOT / "docs" / "commands.md"
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.M | re.S)
INLINE = re.compile(r"`(prover [^`\n]+)`")


def commands_in(text: str) -> list[str]:
    """The command lines that call `prover`: those in the text, then those in code blocks, continued lines joined."""
    found = INLINE.findall(FENCE.sub("", text))
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.strip().removeprefix("$ ")
            if re.match(r"([A-Z_]+=\S+ )*(\S*/)?prover\s", words):
                found.append(words)
    return found


def words_of(line: str) -> list[str]:
    """The arguments of the call, without variables before it and pipes or comments after it."""
    words = shlex.split(line, comments=True)
    start = next(i for i, word in enumerate(words) if word == "prover" or word.endswith("/prover"))
    ends = [i for i, word in enumerate(words) if word in ("|", ">", ">>", "&&", ";", "2>", "||")]
    return words[start + 1 : min(ends, default=len(words))]


def complaint(arguments: list[str]) -> str | None:
    """What click says against the arguments, parsed down to the last subcommand and never run."""
    group: click.Command = cli
    context = click.Context(cli, info_name="prover")
    try:
        while isinstance(group, click.Group):
            wanted = next((word for word in arguments if not word.startswith("-")), None)
            if wanted is None:
                return None if set(arguments) <= {"--help", "-h", "--version"} else f"unknown options {arguments}"
            subcommand = group.get_command(context, wanted)
            if subcommand is None:
                return f"no command {wanted}"
            arguments = arguments[arguments.index(wanted) + 1 :]
            group, context = subcommand, click.Context(subcommand, context, wanted)
        if "--help" not in arguments:
            group.parse_args(context, list(arguments))
    except click.ClickException as error:
        return error.format_message()
    return None


def lines() -> Iterator[str]:
    for document in (README, REFERENCE):
        yield from commands_in(document.read_text(encoding="utf-8"))


LINES = sorted(set(lines()))


def test_the_readme_shows_how_to_prove() -> None:
    assert any(words_of(line)[:1] == ["prove"] for line in commands_in(README.read_text(encoding="utf-8")))


def test_the_reference_is_what_the_command_line_says() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(), "python -m prover.cli.reference > docs/commands.md"


def test_every_command_has_an_example() -> None:
    assert set(EXAMPLES) == {name for name, _ in leaf_commands()}
    assert {name.split()[0] for name in EXAMPLES} == set(COMMANDS)
    for name, examples in EXAMPLES.items():
        assert examples
        assert all(line.startswith(f"prover {name}") for line, _ in examples)


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_documentation_exists(line: str) -> None:
    assert complaint(words_of(line)) is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("prover disprove", "disprove"),
        ("prover prove --al", "--al"),
        ("prover prove --everything", "--everything"),
        ("prover prove --timeout soon", "soon"),
        ("prover toolchain uninstall", "uninstall"),
        ("prover lean", "FILE"),
        ("prover --loud", "--loud"),
    ],
)
def test_a_command_that_does_not_exist_would_be_found(line: str, fault: str) -> None:
    message = complaint(words_of(line))
    assert message is not None
    assert fault in message


def test_commands_are_found_where_they_are_marked_as_code() -> None:
    prose = "prover no, `prover d --e`, `prover`\n"
    text = prose + "```sh\n$ prover a \\\n  --b\nX=1 .venv/bin/prover c | less\nprover_x\n```\nprover no\n"
    assert [words_of(line) for line in commands_in(text)] == [["d", "--e"], ["a", "--b"], ["c"]]


def test_an_honest_command_is_taken() -> None:
    assert complaint(words_of("prover prove --repo lean_projects/basics --all --json report.json  # all")) is None
