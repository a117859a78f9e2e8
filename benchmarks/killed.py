"""Kills an evaluation at random times and compares its results with those of an undisturbed one.

    python -m benchmarks.killed DATA [KILLS]

`DATA` is a JSON Lines file of miniF2F. The budget does not depend on the clock: expansions, one worker.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from prover.evaluate.results import Run, read_run

RESULTS = Path(__file__).parent / "results" / "killed.json"
BUDGET = ["--expansions", "1", "--timeout", "900", "--tactic-timeout", "30", "--jobs", "1"]
SYSTEMS = ["--generators", "fixed", "--baselines", "closers"]
LONGEST_S = 40.0
"""The longest time before a kill, in seconds."""


def main(data: Path, kills: int) -> int:
    """Runs both evaluations; the exit status is 0 if their results are equal."""
    with tempfile.TemporaryDirectory() as scratch:
        undisturbed = finished(command(data, Path(scratch) / "undisturbed"), Path(scratch) / "undisturbed")
        out, chance, killed = Path(scratch) / "killed", random.Random(0), 0
        while killed < kills:
            resume = ["--resume"] if (out / "run.json").is_file() else []
            process = subprocess.Popen(
                [*command(data, out), *resume], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                process.wait(chance.uniform(1.0, LONGEST_S))
                print("it ended before it could be killed as often as wanted", file=sys.stderr)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
        after = finished([*command(data, out), *(["--resume"] if (out / "run.json").is_file() else [])], out)
    same = undisturbed.verdicts() == after.verdicts() and undisturbed.digest() == after.digest()
    figures = {
        "problems": len(undisturbed.problems),
        "trials": len(undisturbed.trials),
        "proved": sum(trial.outcome == "proved" for trial in undisturbed.trials),
        "kills": killed,
        "same": same,
        "outcomes": [undisturbed.digest(), after.digest()],
        "when": time.strftime("%Y-%m-%d"),
        "toolchain": undisturbed.manifest.toolchain,
    }
    print(json.dumps(figures, indent=1))
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if same else 1


def command(data: Path, out: Path) -> list[str]:
    """The evaluation, of a part of the valid split."""
    program = "from prover.cli.main import main; main()"
    what = ["eval", "minif2f", "--split", "valid", "--data", str(data), "--limit", "24", "--out", str(out)]
    return [sys.executable, "-c", program, *what, *BUDGET, *SYSTEMS]


def finished(words: list[str], out: Path) -> Run:
    """Runs an evaluation undisturbed and returns the run."""
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return read_run(out)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10))
