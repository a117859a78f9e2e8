"""The command line on input that is wrong before any Lean is needed: one sentence, and the right status."""

import io
from pathlib import Path

import pytest

from prover.app.assembly import GENERATORS, generators_named
from prover.check.audit import FileAudit
from prover.cli.main import COMMANDS, run
from prover.errors import UsageError
from prover.progress import Reporter


@pytest.fixture(autouse=True)
def no_toolchain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may come as far as starting, or installing, a Lean."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the toolchain was asked for")

    monkeypatch.setattr("prover.app.workspace.choose_toolchain", refuse)
    monkeypatch.setattr("prover.app.messages.choose_toolchain", refuse)
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "A.lean").write_text("theorem t : True := sorry\n")
    return tmp_path / "repo"


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


def test_a_repository_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--repo", str(tmp_path / "nowhere"), "--all"]) == 2
    assert f"There is no directory {tmp_path / 'nowhere'}" in said(capsys)


def test_a_directory_without_lean_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--repo", str(tmp_path), "--all"]) == 2
    assert "has no Lean files" in said(capsys)


def test_a_file_in_place_of_a_repository_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--repo", str(repository / "A.lean"), "--all"]) == 2
    assert "There is no directory" in said(capsys)


@pytest.mark.parametrize("chosen", [[], ["--theorem", "t", "--all"]], ids=["neither", "both"])
def test_either_a_theorem_or_all_must_be_asked_for(
    repository: Path, capsys: pytest.CaptureFixture[str], chosen: list[str]
) -> None:
    assert run(["prove", "--repo", str(repository), *chosen]) == 2
    assert "NAME, FILE#LINE, --file FILE [--line LINE], or --all" in said(capsys)


def test_an_unknown_generator_is_named_with_the_known_ones(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prove", "--repo", str(repository), "--all", "--generators", "automation,magic"]) == 2
    message = said(capsys)
    assert "'magic'" in message
    assert all(name in message for name in GENERATORS.names())


def test_no_generator_at_all_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--repo", str(repository), "--all", "--generators", " , "]) == 2
    assert "at least one generator" in said(capsys)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--timeout", "0"),
        ("--timeout", "soon"),
        ("--jobs", "0"),
        ("--jobs", "65"),
        ("--expansions", "0"),
        ("--toolchain", "wasm"),
    ],
)
def test_a_value_out_of_range_is_refused(
    repository: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert run(["prove", "--repo", str(repository), "--all", option, value]) == 2
    assert option in said(capsys)


def test_an_unknown_option_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--everything"]) == 2
    assert "--everything" in said(capsys)


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["disprove"]) == 2
    assert "disprove" in said(capsys)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lean", str(tmp_path / "No.lean")]) == 2
    assert f"There is no {tmp_path / 'No.lean'}" in said(capsys)


def test_a_file_that_is_no_module_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "notes.txt").write_text("")
    assert run(["lean", str(repository / "notes.txt")]) == 2
    assert "is not a module" in said(capsys)


def test_a_broken_lakefile_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "lakefile.toml").write_text("name = ")
    assert run(["prove", "--repo", str(repository), "--all"]) == 2
    assert "lakefile.toml cannot be read" in said(capsys)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert f"Usage: prover {command}" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {command} " in printed for command in COMMANDS)


def test_generators_are_made_in_the_order_of_their_names() -> None:
    assert [g.name for g in generators_named("structure, automation", Reporter())] == ["structure", "automation"]


def test_an_unknown_generator_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="choose from automation"):
        generators_named("nothing", Reporter())


def test_a_keyboard_interrupt_is_status_130(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prover.app.workspace.open_repository", interrupt)
    assert run(["prove", "--repo", str(repository), "--all"]) == 130
    assert "interrupted" in said(capsys)


def test_an_error_of_the_system_is_one_sentence(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    monkeypatch.setattr("prover.app.workspace.open_repository", full)
    assert run(["prove", "--repo", str(repository), "--all"]) == 2
    assert "No space left on device (/somewhere)" in said(capsys)


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--tokens", "100"], "give one with --model"), (["--model", "x", "--cost", "1"], "PROVER_MODEL_PRICE_IN")],
)
def test_limits_that_could_never_bind_are_refused(
    repository: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run(["prove", "--repo", str(repository), "--all", *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "audited", "printed"),
    [
        (["A.lean"], "A.lean", False),
        (["--json", "A.lean"], "A.lean", True),
        (["A.lean", "--json"], "A.lean", True),
        (["A.lean", "--json", "-"], "A.lean", True),
        (["--json", "-"], "Pasted.lean", True),
        (["-", "--json"], "Pasted.lean", True),
        (["--json=-", "A.lean"], "A.lean", True),
        (["A.lean", "--json", "out.json"], "A.lean", False),
    ],
)
def test_a_file_after_json_is_audited_as_it_was_when_that_was_a_flag(
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    audited: str,
    printed: bool,
) -> None:
    text = (repository / "A.lean").read_text()
    monkeypatch.chdir(repository)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"theorem t : True := trivial")))
    monkeypatch.setattr(
        "prover.cli.audit.audit_file", lambda path, *_: (FileAudit(path.name, (), 1, compiled=True), "a Lean")
    )
    assert run(["audit", *arguments]) == 0
    output = capsys.readouterr().out
    assert output.startswith("{") == printed
    assert audited in output
    assert (repository / "A.lean").read_text() == text
    assert (repository / "out.json").exists() == ("out.json" in arguments)


def test_an_audit_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--json"]) == 2
    assert "Missing argument 'FILE'" in said(capsys)
