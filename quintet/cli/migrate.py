"""The command `quintet migrate`: pythae configurations as quintet calls."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.cli import options as o
from quintet.cli import printing


def migrate(
    configs: Annotated[
        list[Path], typer.Argument(metavar="CONFIG.json...", help="Configuration files of pythae, JSON only.")
    ],
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Read pythae's model, training and sampler configurations, and print the equivalent Python and command lines."""
    from quintet.studies.migrate import migrate as read

    migrated = read(configs)
    if as_json:
        figures: dict[str, Any] = {
            "variant": migrated.variant,
            "options": migrated.options,
            "latent_dim": migrated.latent_dim,
        }
        figures |= {
            "epochs": migrated.epochs,
            "training": migrated.training,
            "seed": migrated.seed,
            "sampler": migrated.sampler,
        }
        figures |= {"python": migrated.python(), "command": migrated.command(), "notes": migrated.notes}
        printing.say(figures, as_json=True)
        return
    typer.echo(migrated.python())
    typer.echo(f"\n{migrated.command()}")
    for note in migrated.notes:
        printing.note(note, quiet)
