"""The command `quintet compare`: a study of variants and latent dimensions."""

from pathlib import Path
from typing import Annotated

import typer

from quintet.arguments.rules import Number
from quintet.cli import options as o
from quintet.cli import printing
from quintet.errors import InputError


def compare(
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the study; resumes a study that is there.")],
    variants: Annotated[
        str | None, typer.Option(metavar="A,B,..", help="Variants to compare; ae,vae,cvae unless given.")
    ] = None,
    latent_dims: Annotated[
        str | None, typer.Option(metavar="N,M,..", help="Latent dimensions; 2,5,10,20,50,100 unless given.")
    ] = None,
    preset: Annotated[str, typer.Option(help="The study: ae-vae-cvae or vae-vs-gan.")] = "ae-vae-cvae",
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Seeds, each one training run, per variant and latent dimension.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each training run.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Time limit for the whole study, in minutes."), Number(above=0)
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Parallel processes; one per core unless given.")] = None,
    limit: o.Limit = None,
    answers: Annotated[bool, typer.Option(help="Also evaluate each variant on the five questions.")] = True,
    label: o.Label = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Train several variants at several latent dimensions on DATA, and write one page that compares them.

    The same call resumes an interrupted study, and finished runs in FOLDER are kept.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"--out must be a folder, got the file {out}.")
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

    def show(sentence: str) -> None:
        if not quiet:
            typer.echo(sentence, err=True)

    results = run(data, out, study, label=label, jobs=jobs, tell=show)
    from quintet.studies.compare.words import findings

    sentences = findings(results)
    if as_json:
        figures = {r.name: {k: v for k, v in f.items() if k != "history"} for r, f in results.figures.items()}
        printing.say({"findings": sentences, "runs": figures, "answers": results.answers, "out": out}, as_json=True)
    elif not quiet:
        typer.echo("\n".join(sentences))
        typer.echo(f"\nThe page is {out / 'compare.html'}.")


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--latent-dims must be whole numbers such as 2,5,10, got {text}.") from None
