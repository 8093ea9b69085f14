"""quintet demo: everything at once, on real digits."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from quintet.cli import options as o
from quintet.cli import output


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

    def tell(sentence: str) -> None:
        if not quiet:
            typer.echo(sentence, err=True)

    lines = run_demo(data, out, seed=seed, tell=tell, verbose=not quiet, force=force)
    if as_json:
        output.say({line.question: asdict(line) for line in lines}, as_json=True)
    elif not quiet:
        head = ("question", "what was done", "figure", "quintet", "plain baseline", "its figure")
        body = [
            (line.question, line.done, line.unit, f"{line.figure:.4g}", line.baseline, f"{line.baseline_figure:.4g}")
            for line in lines
        ]
        output.columns([head, *body])
        typer.echo(f"\nLook at {out / 'report.html'}.")
