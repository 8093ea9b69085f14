"""quintet migrate: pythae's configurations as ours."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.cli import options as o
from quintet.cli import output


def migrate(
    configs: Annotated[
        list[Path], typer.Argument(metavar="CONFIG.json...", help="pythae's configurations, JSON only.")
    ],
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Read pythae's model, training and sampler configurations, and print the line that does the same here."""
    from quintet.studies.migrate import migrate as read

    moved = read(configs)
    if as_json:
        said: dict[str, Any] = {"variant": moved.variant, "options": moved.options, "latent_dim": moved.latent_dim}
        said |= {"epochs": moved.epochs, "training": moved.training, "seed": moved.seed, "sampler": moved.sampler}
        said |= {"python": moved.python(), "command": moved.command(), "notes": moved.notes}
        output.say(said, as_json=True)
        return
    typer.echo(moved.python())
    typer.echo(f"\n{moved.command()}")
    for note in moved.notes:
        output.note(note, quiet)
