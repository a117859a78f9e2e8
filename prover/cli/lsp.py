"""`prover lsp`: code actions on `sorry`s and theorems, for editors."""

import click

from prover.app.service import Service, ServiceLimits
from prover.cli.output import notifier
from prover.cli.serve import permitted, processes_option, served_option


@click.command("lsp")
@served_option
@processes_option
def command(directories: tuple[str, ...], processes: int) -> int:
    """Offer code actions to an editor: prove, what is missing, check, refute.

    Speaks the Language Server Protocol over standard input and output, beside Lean's own server. docs/editors.md says
    how to register it.
    """
    from prover.server.identity import own_identity
    from prover.server.lsp import language_server

    limits = ServiceLimits(processes=processes)
    with Service(permitted(directories, ()), limits, notify=notifier()) as service:
        language_server(service, own_identity().version).start_io()
    return 0
