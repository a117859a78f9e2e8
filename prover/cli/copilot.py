"""`prover copilot`: tactics for Lean Copilot, premises for leanpremise, checks for Kimina's clients."""

from contextlib import ExitStack
from pathlib import Path

import click

from prover.app.assembly import generators_named, mixture, stored_statistics
from prover.app.premises import build_index, load_index, query_of, text_encoder
from prover.app.snippets import SnippetChecker
from prover.app.workspace import Workspace
from prover.cli.options import generators_option, jobs_option, toolchain_option
from prover.cli.output import reporter
from prover.lean.toolchain.choose import ToolchainChoice

DEFAULT_PORT = 23337
NAME = "prover"


@click.command("copilot")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="The local port.")
@click.option("--repo", help="A repository, for /retrieve and /api/check.")
@click.option("--token-file", type=click.Path(path_type=Path), help="With --repo: offer /api/check to who has it.")
@click.option("--encoder", help="An encoder of premises for /encode: a name or a directory; see docs/retrieval.md.")
@generators_option()
@jobs_option
@toolchain_option
def command(
    port: int,
    repo: str | None,
    token_file: Path | None,
    encoder: str | None,
    generators: str,
    jobs: int,
    toolchain_choice: ToolchainChoice,
) -> int:
    """Serve the protocols of other tools on a port of this computer.

    POST /generate answers Lean Copilot's external generators, POST /retrieve leanpremise, POST /api/check clients of
    Kimina. docs/editors.md shows each. SIGINT or SIGTERM ends it.
    """
    from prover.server.copilot import CheckSnippet, Models, Retrieve, copilot_application
    from prover.server.serving import local_port, serve, token_in

    reporting = reporter()
    named = generators_named(generators, reporting)
    models = Models({NAME: mixture(named, stored_statistics(), frozen=True), **{each.name: each for each in named}})
    token = token_in(token_file) if token_file is not None else None
    retrieve: Retrieve | None = None
    check: CheckSnippet | None = None
    encoders = dict.fromkeys((encoder, NAME), text_encoder(encoder)) if encoder is not None else {}
    with local_port(port) as opened, ExitStack() as stack:
        if repo is not None:
            workspace = stack.enter_context(Workspace.open(repo, toolchain_choice, reporting, jobs))
            build_index(workspace, reporting)
            index = load_index(workspace, reporting.notify)

            def found(state: str, count: int) -> list[str]:
                return [each.premise.name for each in index.search(query_of("", state), count)]

            retrieve = found
            if token is not None:
                check = SnippetChecker(workspace, stack.enter_context(workspace.pool(jobs))).check
        app = copilot_application(models, retrieve, check, token, encoders)
        number = opened.getsockname()[1]
        serve(app, opened, lambda: click.echo(f"listening on http://localhost:{number}"))
    return 0
