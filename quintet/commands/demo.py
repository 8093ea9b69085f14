"""quintet demo: everything at once, on real digits."""

from pathlib import Path
from typing import Annotated

import typer

from quintet.commands import options as o
from quintet.commands import output


def demo(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder of the answers.")] = Path("demo"),
    data: Annotated[str, typer.Option(metavar="DATA", help="digits (embedded), mnist, or any other DATA.")] = "digits",
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Train on real digits, ask all five questions of held-out rows, and write a page that shows the answers."""
    output.target_folder(out, force)
    from quintet.studies.demo import run_demo

    run_demo(data, out, seed=seed)
