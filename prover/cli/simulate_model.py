"""`prover simulate-model`: serves a model of known skill, for measurements without a model."""

import click

from prover.app.simulation import simulated_model
from prover.app.workspace import Workspace
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import reporter
from prover.lean.toolchain.choose import ToolchainChoice

NAME = "simulated"


@click.command("simulate-model")
@repo_option
@click.option(
    "--skill", type=click.FloatRange(0, 1), default=0.6, show_default=True, help="How good it is, from 0 to 1."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides which of its answers are wrong, and how.")
@click.option("--latency", type=click.FloatRange(min=0), default=0.0, help="Seconds before each answer.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The local port.")
@jobs_option
@toolchain_option
def command(
    repo: str, skill: float, seed: int, latency: float, port: int, jobs: int, toolchain_choice: ToolchainChoice
) -> int:
    """Serve a model that plays a model of known skill, over OpenAI's protocol, on a port of this computer.

    It answers from the finished proofs of the repository, and spoils them as its skill and the seed decide: steps
    left out or left to `sorry`, other lemmas, wrong arguments and indentation, outdated tactics, answers cut off.
    It sees only what a model would be sent. SIGINT or SIGTERM ends it.
    """
    from prover.server.serving import local_port, serve
    from prover.server.simulated import simulated_application

    reporting = reporter()
    with local_port(port) as opened:
        with Workspace.open(repo, toolchain_choice, reporting, jobs) as workspace:
            model = simulated_model(workspace, skill, seed)
        reporting.notify(f"{len(model.proofs)} proofs are known")
        number = opened.getsockname()[1]
        app = simulated_application(model, NAME, latency)
        serve(app, opened, lambda: click.echo(f"listening: --model http://localhost:{number}/v1#{NAME}"))
    return 0
