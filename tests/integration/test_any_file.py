"""Whatever a file looks like, a proof of one of its theorems is accepted, and its patch changes nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import prover
from tests.generated_files import GeneratedFile, generated_files, handed_in

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

EXAMPLES = 3
"""Each takes Lean a minute; no failing example is made smaller, since that would take hours."""


def write(root: Path, file: GeneratedFile) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    place = root / f"{file.module}.lean"
    place.parent.mkdir(parents=True)
    place.write_bytes(file.written.encode())
    (root / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return place


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(generated_files(), st.data())
def test_every_proof_is_accepted_and_every_patch_applies(
    tmp_path: Path, file: GeneratedFile, data: st.DataObject
) -> None:
    root = tmp_path / "repository"
    place = write(root, file)
    with prover.open(str(root), jobs=1) as repository:
        for piece in file.pieces:
            proof = data.draw(handed_in(piece), label=piece.theorem)
            verdict = repository.check(piece.theorem, proof=proof, level=3)
            assert verdict.accepted, (verdict.reason, verdict.messages, proof)
            assert verdict.patch is not None
            patch = verdict.patch.encode()
            subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=root, input=patch, check=True)
            before, after = file.around(piece)
            changed = place.read_bytes().decode()
            assert changed.startswith(before)
            assert changed.endswith(after)
            place.write_bytes(file.written.encode())
