"""The command `quintet fit`: training of a model, and its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quintet.arguments.rules import Number
from quintet.cli import conditions, inputs, output, pictures, printing
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
        help=f"Variant of the model: auto (the preset chooses), {', '.join(names())}.",
        autocompletion=_variant_names,
        rich_help_panel=o.MODEL,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Option of the variant or of the training plan; may be repeated.",
        rich_help_panel=o.MODEL,
    ),
]


def fit(
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="MODEL", help="Model file to write, such as digits.safetensors.")],
    kind: Annotated[
        str,
        typer.Option(
            help="Kind of the cells: auto, image8, unit, binary, binarised (probabilities of a one), count or real.",
            rich_help_panel=o.DATA,
        ),
    ] = "auto",
    variant: Variant = "auto",
    set_: Settings = None,
    latent_dim: Annotated[
        str, typer.Option(metavar="N|auto", help="Number of latent dimensions.", rich_help_panel=o.MODEL)
    ] = "auto",
    network: Annotated[
        str, typer.Option(help="mlp, conv, folded, or auto (by preset and shape of the rows).", rich_help_panel=o.MODEL)
    ] = "auto",
    preset: Annotated[
        str,
        typer.Option(
            help="fast (ten minutes for 60,000 small images on two cores), or best (an hour).", rich_help_panel=o.MODEL
        ),
    ] = "fast",
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Number of passes over the data.", rich_help_panel=o.TRAINING)
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Time limit for training, in minutes; the model trained so far is saved.", rich_help_panel=o.TRAINING
        ),
        Number(above=0),
    ] = None,
    holdout: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=0.9,
            help="Share of DATA to hold out of training; other commands read it with --split held-out.",
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
            help="Train on random patches of this size, cut from the images of DATA.",
            rich_help_panel=o.DATA,
        ),
    ] = None,
    patches: Annotated[int, typer.Option(min=1, help="Number of patches.", rich_help_panel=o.DATA)] = 20_000,
    limit: o.Limit = None,
    calibration: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=0.9,
            help="Share of the rows held out to calibrate the p-values of detect (50 to 5,000 rows).",
            rich_help_panel=o.DETECTION,
        ),
        Number(0, 0.9),
    ] = 0.1,
    false_alarms: Annotated[
        float,
        typer.Option(
            help="False alarm rate of detect on normal rows, unless detect is given another.",
            rich_help_panel=o.DETECTION,
        ),
        Number(above=0, below=1),
    ] = 0.05,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps, or auto.", rich_help_panel=o.TRAINING)] = "auto",
    seed: o.Seed = 0,
    history: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Also write the training history, one row per epoch.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Resume an interrupted run from MODEL.checkpoint.", rich_help_panel=o.TRAINING),
    ] = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Train a model on DATA and write it to a file.

    During training, MODEL.checkpoint stores the state that --resume continues from; it is removed at the end.
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
        training = _training_rows(len(found), holdout, seed, patch)
        aside = len(found) - len(training)
        found, condition = found.take(training), None if condition is None else condition[training]
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
        printing.note(f"{checkpoint} of an earlier run will be replaced; --resume would continue from it.", quiet)
    try:
        with printing.log_shown(quiet):
            vae.fit(found.x, condition, mask=inputs.missing(found), groups=groups, checkpoint=checkpoint, resume=resume)
    except Diverged as error:
        _save(vae, out, found, table, force)
        raise Diverged(f"{str(error).rstrip('.')}; {out} has the last good weights.") from None
    for sentence in vae.history_.notes:
        printing.note(sentence, quiet)
    _save(vae, out, found, table, force)
    checkpoint.unlink(missing_ok=True)
    printing.say(_summary(vae, len(found), aside, out), as_json=as_json, quiet=quiet)


def _save(vae: VAE, out: Path, found: Loaded, history: output.OutputPath | None, force: bool) -> None:
    """Write the model's file with the column names of DATA, and the history."""
    if found.names is not None:
        vae.fitted_.schema = vae.schema_.model_copy(update={"feature_names": tuple(found.names)})
    if found.label_names is not None and vae.schema_.condition is not None:
        named = vae.schema_.condition.renamed(found.label_names)
        vae.fitted_.schema = vae.schema_.model_copy(update={"condition": named})
    vae.save(out, force=force)
    if history is not None:
        output.write_file(history, vae.history_.csv().encode())


def _training_rows(n: int, holdout: float, seed: int, patch: str | None) -> Any:
    """Ascending indices of the training rows: all but the share ``holdout``, drawn with the seed."""
    if patch is not None:
        raise InputError(
            "--holdout cannot be combined with --patch, whose patches overlap: keep held-out images in a folder of "
            "their own."
        )
    aside = round(holdout * n)
    if not 0 < aside < n:
        raise InputError(
            f"--holdout must leave rows on both sides, got {holdout:g} of {n} rows, which holds out {aside}: change "
            "the share or give more rows."
        )
    import numpy as np

    return np.sort(np.random.default_rng((seed, 2)).permutation(n)[aside:])


def _summary(vae: VAE, rows: int, aside: int, out: Path) -> dict[str, Any]:
    """The figures that are printed after training; losses are those of the first stage's last epoch."""
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
