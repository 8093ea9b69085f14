"""quintet compare: the study of variants and sizes."""

from pathlib import Path
from typing import Annotated

import typer

from quintet.arguments.rules import Number
from quintet.cli import options as o
from quintet.cli import output
from quintet.errors import InputError


def compare(
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder of the study; a study in it goes on.")],
    variants: Annotated[str | None, typer.Option(metavar="A,B,..", help="Variants (ae,vae,cvae).")] = None,
    latent_dims: Annotated[str | None, typer.Option(metavar="N,M,..", help="Sizes (2,5,10,20,50,100).")] = None,
    preset: Annotated[str, typer.Option(help="ae-vae-cvae, or vae-vs-gan.")] = "ae-vae-cvae",
    seeds: Annotated[int | None, typer.Option(min=1, help="Trainings of each.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each training.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Limit on the whole study."), Number(above=0)] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at a time; one for each core.")] = None,
    limit: o.Limit = None,
    answers: Annotated[bool, typer.Option(help="Ask each variant the five questions, too.")] = True,
    label: o.Label = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Train variants at several sizes of the latent space on DATA, and write one page that compares them.

    Interrupted, or asked for more, the same call goes on: what is finished in FOLDER is kept.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; give the name of a folder.")
    from quintet.studies.compare import compare as run
    from quintet.studies.compare import plan

    study = plan.preset(
        preset,
        variants=None if variants is None else tuple(part.strip() for part in variants.split(",")),
        latent_dims=None if latent_dims is None else _numbers(latent_dims),
        seeds=seeds,
        epochs=epochs,
        minutes=minutes,
        rows=limit,
        answers=answers,
    )

    def tell(sentence: str) -> None:
        if not quiet:
            typer.echo(sentence, err=True)

    results = run(data, out, study, label=label, jobs=jobs, tell=tell)
    from quintet.studies.compare.words import findings

    said = findings(results)
    if as_json:
        figures = {r.name: {k: v for k, v in f.items() if k != "history"} for r, f in results.figures.items()}
        output.say({"findings": said, "runs": figures, "answers": results.answers, "out": out}, as_json=True)
    elif not quiet:
        typer.echo("\n".join(said))
        typer.echo(f"\nLook at {out / 'compare.html'}.")


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--latent-dims {text} came; it takes whole numbers, such as 2,5,10.") from None
