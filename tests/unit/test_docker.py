"""The container files: pinned, not root, watched over; and their entry script, run outside of a container."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCKER = Path(__file__).parents[2] / "docker"
ROOT = DOCKER.parent
PINNED = re.compile(r"\S+:\d+(\.\d+)+[\w.-]*")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, continued lines joined and comments left out."""
    text = "\n".join(line for line in (DOCKER / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    lines = [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def stages() -> dict[str, list[tuple[str, str]]]:
    """By name; one that begins from another has what that one has."""
    found: dict[str, list[tuple[str, str]]] = {}
    mine: list[tuple[str, str]] = []
    for word, rest in instructions():
        if word == "FROM":
            base, name = re.fullmatch(r"(\S+) AS (\S+)", rest).groups()  # type: ignore[union-attr]
            mine = found.setdefault(name, [*found.get(base, []), ("FROM", base)])
        else:
            mine.append((word, rest))
    return found


def test_the_images_stand_on_pinned_ones() -> None:
    names = set(stages())
    bases = [rest for stage in stages().values() for word, rest in stage if word == "FROM"]
    assert all(base in names or PINNED.fullmatch(base) for base in bases)


@pytest.mark.parametrize("target", ["slim", "native"])
def test_nobody_is_root_and_health_is_asked_for(target: str) -> None:
    stage = stages()[target]
    assert [rest for word, rest in stage if word == "USER"][-1] == "10001"
    assert any(word == "HEALTHCHECK" and "entry" in rest for word, rest in stage)
    assert ("STOPSIGNAL", "SIGTERM") in stage


def test_every_package_is_pinned_and_nothing_is_left_of_the_lists() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN" and "apt-get install" in rest]
    assert runs
    for run in runs:
        assert "--no-install-recommends" in run
        assert "rm -rf /var/lib/apt/lists/*" in run
        packages = re.search(r"install --no-install-recommends -y ([^&]+)", run)
        assert packages is not None
        assert all("=" in package for package in packages[1].split())
    assert all("-c constraints.txt" in rest for word, rest in instructions() if "pip install" in rest)
    assert not [rest for word, rest in instructions() if word == "ADD"], "nothing is downloaded unseen"


def test_what_is_copied_is_there() -> None:
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source


def composed() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return loaded


def test_the_services_are_pinned_healthy_and_have_no_secrets() -> None:
    services = composed()["services"]
    assert set(services) == {"database", "daemon"}
    assert PINNED.fullmatch(services["database"]["image"])
    assert services["database"]["healthcheck"]["test"][0] == "CMD"
    assert services["daemon"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert services["daemon"]["security_opt"] == ["no-new-privileges:true"]
    assert services["daemon"]["cap_drop"] == ["ALL"]
    assert all("ports" not in service for service in services.values()), "nothing is open to the world by default"
    for service in services.values():
        for name, value in service["environment"].items():
            assert "PASSWORD" not in name or value.startswith("${"), name
    for line in services["daemon"]["volumes"]:
        source = line.split(":")[0]
        assert not source.startswith("./") or (DOCKER / source).exists()


def test_the_configuration_of_the_container_is_one() -> None:
    from curriculum.daemon.configuration import read_configuration

    read = read_configuration(DOCKER / "prover.toml")
    assert (read.server.port, read.publish.command) == (8642, ())
    assert f"EXPOSE {read.server.port}" in (DOCKER / "Dockerfile").read_text()


def entered(tmp_path: Path, url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """The entry script, with `prover` as these tests have it."""
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "prover"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from prover.cli.main import main; main()" "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PROVER_HOME": str(tmp_path / "home"),
        "PROVER_DATABASE": url,
        "PROVER_TOOLCHAIN": "native",
        "PROVER_CONFIG": str(tmp_path / "prover.toml"),
    }
    (tmp_path / "prover.toml").write_text("[limits]\nfree_disk_gb = 0\nfree_memory_gb = 0\n")
    script = [str(DOCKER / "entry"), *words]
    return subprocess.run(script, env=environment, capture_output=True, text=True, timeout=300, cwd=tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_the_entry_script_runs_the_daemon_on_either_database(tmp_path: Path, url: str) -> None:
    done = entered(tmp_path, url, "daemon", "run", "--until-idle")
    assert done.returncode == 0, done.stderr
    assert "made" in done.stdout, "the tables are made first"
    assert entered(tmp_path, url, "healthy").returncode == 1, "none is running any more"


@pytest.mark.slow
def test_the_entry_script_passes_other_commands_on(tmp_path: Path) -> None:
    done = entered(tmp_path, f"sqlite:///{tmp_path}/p.db", "db", "status")
    assert (done.returncode, "not there yet" in done.stdout) == (0, True)
