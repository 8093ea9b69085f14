"""quintet fit: train a model on data and write its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quintet.arguments.rules import Number
from quintet.cli import conditions, inputs, output, pictures
from quintet.cli import options as o
from quintet.errors import Diverged, InputError
from quintet.variants import names

if TYPE_CHECKING:
    from quintet.data.readers.sources import Loaded
    from quintet.estimators import VAE


def _variant_names(incomplete: str = "") -> list[str]:
    return [name for name in names() if name.startswith(incomplete)]


Variant = Annotated[
    str,
    typer.Option(
        help=f"The kind of model: auto (as the preset chooses), {', '.join(names())}.",
        autocompletion=_variant_names,
        rich_help_panel=o.MODEL,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="An option of the variant or of the training plan.", rich_help_panel=o.MODEL
    ),
]


def fit(
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="MODEL", help="The model's file, such as digits.safetensors.")],
    kind: Annotated[
        str,
        typer.Option(
            help="What a cell is: auto, image8, unit, binary, binarised (chances of a one), count or real.",
            rich_help_panel=o.DATA,
        ),
    ] = "auto",
    variant: Variant = "auto",
    set_: Settings = None,
    latent_dim: Annotated[
        str, typer.Option(metavar="N|auto", help="Number of latents.", rich_help_panel=o.MODEL)
    ] = "auto",
    network: Annotated[
        str, typer.Option(help="mlp, conv, folded, or auto: as the preset and the rows ask.", rich_help_panel=o.MODEL)
    ] = "auto",
    preset: Annotated[
        str,
        typer.Option(
            help="fast (ten minutes for 60,000 small images on two cores), or best (an hour).", rich_help_panel=o.MODEL
        ),
    ] = "fast",
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data.", rich_help_panel=o.TRAINING)] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Stop after this time, with what is there.", rich_help_panel=o.TRAINING),
        Number(above=0),
    ] = None,
    holdout: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=0.9,
            help="A share of DATA that the fit does not see; --split held-out asks about it.",
            rich_help_panel=o.DATA,
        ),
        Number(0, 0.9),
    ] = 0.0,
    split: o.TrainSplit = "train",
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    size: o.Size = None,
    patch: Annotated[
        str | None,
        typer.Option(
            metavar="16x16",
            help="Train on patches of this size, cut at random from DATA's images.",
            rich_help_panel=o.DATA,
        ),
    ] = None,
    patches: Annotated[int, typer.Option(min=1, help="How many of them.", rich_help_panel=o.DATA)] = 20_000,
    limit: o.Limit = None,
    calibration: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=0.9,
            help="Share of the rows held out for the p-values of detect (50 to 5,000).",
            rich_help_panel=o.DETECTION,
        ),
        Number(0, 0.9),
    ] = 0.1,
    false_alarms: Annotated[
        float,
        typer.Option(
            help="Share of normal rows that detect may call, unless it is asked otherwise.", rich_help_panel=o.DETECTION
        ),
        Number(above=0, below=1),
    ] = 0.05,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps, or auto.", rich_help_panel=o.TRAINING)] = "auto",
    seed: o.Seed = 0,
    history: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write a row for each epoch here, too.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted run stopped.", rich_help_panel=o.TRAINING)
    ] = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Train a model on DATA and write it to one file.

    While it runs, MODEL.checkpoint holds what --resume goes on from; it is removed at the end.
    """
    output.output_path(out, force)
    table = None if history is None else output.output_path(history, force, (".csv",))
    checkpoint = out.with_name(f"{out.name}.checkpoint")
    output.output_path(checkpoint, force=True)
    chosen = inputs.settings(variant, set_ or [])
    groups = None
    if patch is None:
        found = inputs.read_rows(data, split=split, label=label, only=only, except_=except_, size=size, limit=limit)
    else:
        found, groups = pictures.training_patches(
            data, patch, patches, seed, label=label, only=only, except_=except_, condition_images=condition_images
        )
    images = conditions.training_condition_images(
        condition_images, variant, len(found), chosen=only or except_, split=split, size=size, limit=limit
    )
    condition = found.y if images is None else images
    aside = 0
    if holdout:
        kept = _kept(len(found), holdout, seed, patch)
        aside = len(found) - len(kept)
        found, condition = found.take(kept), None if condition is None else condition[kept]
    from quintet.estimators import VAE

    vae = VAE(
        variant=variant,
        latent_dim=inputs.latent_dim(latent_dim),
        network=network,
        preset=preset,
        epochs=epochs,
        max_minutes=minutes,
        device=device,
        random_state=seed,
        kind=kind,
        calibration=calibration,
        false_alarms=false_alarms,
        verbose=not quiet,
    ).set_params(**chosen)
    if checkpoint.exists() and not resume:
        output.note(f"{checkpoint} is of an earlier run and will be replaced; --resume would go on from it.", quiet)
    try:
        with output.told(quiet):
            vae.fit(found.x, condition, mask=inputs.missing(found), groups=groups, checkpoint=checkpoint, resume=resume)
    except Diverged as error:
        _save(vae, out, found, table, force)
        raise Diverged(f"{str(error).rstrip('.')}; {out} has the last good weights.") from None
    for sentence in vae.history_.notes:
        output.note(sentence, quiet)
    _save(vae, out, found, table, force)
    checkpoint.unlink(missing_ok=True)
    output.say(_summary(vae, len(found), aside, out), as_json=as_json, quiet=quiet)


def _save(vae: VAE, out: Path, found: Loaded, history: output.OutputPath | None, force: bool) -> None:
    """The file, with the names that the columns have in DATA."""
    if found.names is not None:
        vae.fitted_.schema = vae.schema_.model_copy(update={"feature_names": tuple(found.names)})
    if found.label_names is not None and vae.schema_.condition is not None:
        named = vae.schema_.condition.renamed(found.label_names)
        vae.fitted_.schema = vae.schema_.model_copy(update={"condition": named})
    vae.save(out, force=force)
    if history is not None:
        output.write_file(history, vae.history_.csv().encode())


def _kept(n: int, holdout: float, seed: int, patch: str | None) -> Any:
    """The numbers of the rows that the fit sees, ascending: all but a share, drawn by the seed."""
    if patch is not None:
        raise InputError("--holdout came with --patch, whose patches overlap: keep some images aside in a folder.")
    aside = round(holdout * n)
    if not 0 < aside < n:
        raise InputError(f"--holdout {holdout:g} of {n} rows keeps {aside} aside; give more rows or another share.")
    import numpy as np

    return np.sort(np.random.default_rng((seed, 2)).permutation(n)[aside:])


def _summary(vae: VAE, rows: int, aside: int, out: Path) -> dict[str, Any]:
    """What was made, with the last epoch of the joint's stage."""
    epochs = vae.history_.rows
    joint = [row for row in epochs if row["stage"] == epochs[0]["stage"]] if epochs else []
    last = {name: joint[-1][name] for name in ("loss", "distortion", "rate") if joint and name in joint[-1]}
    return {
        "rows": rows,
        **({"held_out": aside} if aside else {}),
        "latent_dim": vae.latent_dim_,
        "epochs": len(epochs),
        **{f"{name}_nats": value for name, value in last.items()},
        "seconds": sum(row.get("seconds", 0.0) for row in epochs),
        "out": out,
    }
