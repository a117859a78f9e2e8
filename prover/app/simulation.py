"""A model of known skill that knows the proofs of a repository, for measurements without a model."""

from collections.abc import Iterator

from prover.app.workspace import Workspace
from prover.lean.traced import TracedModule
from prover.project.build import NotCompiled
from prover.tactics.language.simulated import HumanProof, SimulatedModel, human_proof

THEOREM = "theorem"


def simulated_model(workspace: Workspace, skill: float, seed: int) -> SimulatedModel:
    """Returns a model that knows the finished proofs of a repository, which is traced first if it is not yet."""
    proofs: list[HumanProof] = []
    goals: dict[str, str] = {}
    names: list[str] = []
    for module, text in traced_modules(workspace):
        names += [each.name for each in module.declarations]
        for each in module.declarations:
            if each.kind == THEOREM and not each.incomplete and (known := human_proof(each.text, each.name)):
                proofs.append(known)
        finished = {each.name for each in module.declarations if not each.incomplete}
        for step in module.steps:
            if step.declaration in finished:
                goals.setdefault(step.before.split("\n\n")[0], rest_of_block(text, step.start))
    return SimulatedModel(proofs, goals, skill, seed, names)


def traced_modules(workspace: Workspace) -> Iterator[tuple[TracedModule, bytes]]:
    """Yields the trace and the text of each module of a repository that can be compiled; traces those that are new."""
    for outcome in workspace.builder.build(list(workspace.repository.modules), traced=True):
        if not isinstance(outcome, NotCompiled) and not outcome.module.package:
            yield workspace.builder.traced_module(outcome.module), outcome.module.text().encode()


def rest_of_block(text: bytes, start: int) -> str:
    """Returns the lines of a block of tactics from the byte on at which one of them starts."""
    line_start = text.rfind(b"\n", 0, start) + 1
    column = len(text[line_start:start].decode())
    first, *below = text[start:].decode().split("\n")
    lines = [first]
    for line in below:
        if line.strip() and len(line) - len(line.lstrip()) < column:
            break
        lines.append(line[column:] if line.strip() else "")
    return "\n".join(lines).rstrip()
