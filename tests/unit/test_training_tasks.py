"""The theorems on which a trained model is measured, and from which its preference pairs come."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from curriculum.learn.generator.examples import Example
from prover.app.training import _tasks, theorems_of
from prover.lean.protocol import Declaration
from prover.project.layout import open_repository
from prover.project.package import Module


def theorem(name: str) -> Declaration:
    return Declaration(name, "theorem", f"{name} : True", False, 0, 10, 8, False)


def test_only_modules_of_the_theorems_are_read(tmp_path: Path) -> None:
    for name in ("A", "B"):
        (tmp_path / f"{name}.lean").write_text("theorem t : True := trivial\ntheorem u : True := trivial\n")
    read: list[str] = []

    def prepare(module: Module) -> None:
        read.append(module.name)

    workspace: Any = SimpleNamespace(repository=open_repository(tmp_path), builder=SimpleNamespace(prepare=prepare))
    session: Any = SimpleNamespace(declarations=lambda source, detail: (theorem("t"), theorem("u")))
    wanted = theorems_of([Example("A", "t", "⊢ True", "trivial"), Example("A", "t", "⊢ p", "exact h")])
    tasks = list(_tasks(workspace, session, wanted))
    assert [(task.source.module, task.declaration.name) for task in tasks] == [("A", "t")]
    assert read == ["A"]
