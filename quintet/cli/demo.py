"""The command `quintet demo`: training and the five questions on real digits."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from quintet.cli import options as o
from quintet.cli import output, printing


def demo(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Output folder.")] = Path("demo"),
    data: Annotated[
        str, typer.Option(metavar="DATA", help="digits (built in), mnist, or any other data set or path.")
    ] = "digits",
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Train on real digits, answer all five questions on held-out rows, and write a page of the results."""
    output.target_folder(out, force)
    from quintet.studies.demo import EXPLORED, run_demo
    from quintet.studies.demo_sound import SOUNDS

    def show(sentence: str) -> None:
        if not quiet:
            typer.echo(sentence, err=True)

    lines = run_demo(data, out, seed=seed, tell=show, verbose=not quiet, force=force)
    if as_json:
        printing.say({line.question: asdict(line) for line in lines}, as_json=True)
    elif not quiet:
        head = ("question", "task", "metric", "quintet", "baseline", "its value")
        body = [
            (line.question, line.done, line.unit, f"{line.figure:.4g}", line.baseline, f"{line.baseline_figure:.4g}")
            for line in lines
        ]
        printing.columns([head, *body])
        typer.echo(f"\nThe page is {out / 'report.html'}; sounds to hear are in {out / SOUNDS}.")
        if (out / EXPLORED).is_file():
            typer.echo(f"The model runs in the browser in {out / EXPLORED}.")
