"""Options that several commands share, each with one meaning."""

import click

repo_option = click.option(
    "--repo",
    default=".",
    show_default=True,
    metavar="URL_OR_PATH[@REV]",
    help="A directory or git URL; URL[@REV]#DIR is a directory of it.",
)
jobs_option = click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Lean processes.")
toolchain_option = click.option(
    "--toolchain",
    "toolchain_choice",
    type=click.Choice(["auto", "native", "embedded"]),
    default="auto",
    show_default=True,
    help="Which Lean: the computer's own (elan, lake), the embedded one, or whichever fits.",
)
