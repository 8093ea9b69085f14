"""Options of `quintet fit`: types, help texts and allowed values."""

from pathlib import Path
from typing import Annotated

import typer

from quintet.arguments.rules import Number, OneOf
from quintet.cli import options as o
from quintet.variants import names


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
ModelOut = Annotated[Path, typer.Option(metavar="MODEL", help="Model file to write, such as digits.safetensors.")]
Kind = Annotated[
    str,
    typer.Option(
        help="Kind of the cells: auto, image8, unit, binary, binarised (probabilities of a one), count, real, or "
        "columns (a table).",
        rich_help_panel=o.DATA,
    ),
]
As = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="auto|table|series",
        help="What DATA is: rows, or series (a .csv or .parquet file with time stamps); auto: series where the time "
        "stamps run on in equal steps and the other columns are numbers, or text of 2 to 12 levels.",
        rich_help_panel=o.SERIES,
    ),
    OneOf(("auto", "table", "series")),
]
Time = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Of series: the column of time stamps.", rich_help_panel=o.SERIES),
]
SeriesColumn = Annotated[
    str | None,
    typer.Option(
        "--series", metavar="COLUMN", help="Of series: the column that names each of them.", rich_help_panel=o.SERIES
    ),
]
Window = Annotated[
    int | None,
    typer.Option(min=2, help="Of series: steps of a window, by the period unless given.", rich_help_panel=o.SERIES),
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Column of DATA that says how much each row counts; it is no column of the model.",
        rich_help_panel=o.TRAINING,
    ),
]
Holdout = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=0.9,
        help="Share of DATA to hold out of training; other commands read it with --split held-out.",
        rich_help_panel=o.TRAINING,
    ),
    Number(0, 0.9),
]
Patch = Annotated[
    str | None,
    typer.Option(
        metavar="16x16",
        help="Train on random patches of this size, cut from the images of DATA.",
        rich_help_panel=o.DATA,
    ),
]
Patches = Annotated[int, typer.Option(min=1, help="Number of training patches of --patch.", rich_help_panel=o.TRAINING)]
LatentDim = Annotated[str, typer.Option(metavar="N|auto", help="Number of latent dimensions.", rich_help_panel=o.MODEL)]
Network = Annotated[
    str, typer.Option(help="mlp, conv, folded, or auto (by preset and shape of the rows).", rich_help_panel=o.MODEL)
]
Preset = Annotated[
    str,
    typer.Option(
        help="fast (ten minutes for 60,000 small images on two cores), best (an hour), or small (a small file).",
        rich_help_panel=o.MODEL,
    ),
]
Context = Annotated[
    str,
    typer.Option(
        help="Decoder that sees known cells: columns, none, or auto (columns for tables of columns).",
        rich_help_panel=o.MODEL,
    ),
]
Augmentation = Annotated[
    str | None,
    typer.Option(
        metavar="flip,shift,...",
        help="Transform training images in each step by flip, flip_vertical, shift (up to an eighth), crop (at least "
        "three quarters), several separated by commas.",
        rich_help_panel=o.TRAINING,
    ),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Number of passes over the data.", rich_help_panel=o.TRAINING)]
Minutes = Annotated[
    float | None,
    typer.Option(
        help="Time limit for training, in minutes; the model trained so far is saved.", rich_help_panel=o.TRAINING
    ),
    Number(above=0),
]
Device = Annotated[str, typer.Option(help="cpu, cuda, mps, or auto.", rich_help_panel=o.TRAINING)]
History = Annotated[
    Path | None, typer.Option(metavar="FILE.csv", help="Also write the training history, one row per epoch.")
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Resume an interrupted run from MODEL.checkpoint.", rich_help_panel=o.TRAINING),
]
Calibration = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=0.9,
        help="Share of the rows held out to calibrate the p-values of detect (50 to 5,000 rows).  [default: 0.1; of "
        "the steps of series 0.2]",
        show_default=False,
        rich_help_panel=o.DETECTION,
    ),
    Number(0, 0.9),
]
TrainingAnomalies = Annotated[
    float,
    typer.Option(
        help="Share of anomalous rows in DATA, at most 0.4: detect then compares a row with more neighbours.",
        rich_help_panel=o.DETECTION,
    ),
    Number(0, 0.4),
]
FalseAlarms = Annotated[
    float | None,
    typer.Option(
        help="False alarm rate of detect on normal rows, unless detect is given another.  [default: 0.05; of the steps "
        "of series 0.01]",
        show_default=False,
        rich_help_panel=o.DETECTION,
    ),
    Number(above=0, below=1),
]
