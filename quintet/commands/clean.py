"""quintet denoise and impute: rows mended where they are corrupted or missing."""

from pathlib import Path
from typing import Annotated

import typer

from quintet.commands import options as o
from quintet.commands import output


def denoise(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path, typer.Option(help="A .npz, .npy, .csv, or .png (a grid of images).")],
    noise: Annotated[str, typer.Option(help="uniform, salt, normal, masking, or auto: found and said.")] = "auto",
    rate: Annotated[
        float | None, typer.Option(min=0.0, help="The share of cells hit, or the noise's spread; found if absent.")
    ] = None,
    split: o.Split = None,
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    effort: o.Effort = "normal",
    batch_rows: o.BatchRows = 256,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Clean the rows of DATA: the mean of the clean row, given the corrupted one, under model and noise."""
    output.target(out, force, output.ROWS)


def impute(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path, typer.Option(help="A .npz, .npy, .csv, or .png (a grid of images).")],
    mask: Annotated[
        Path | None, typer.Option(help="A .npy or .npz of DATA's shape or a row's, True where a cell is missing.")
    ] = None,
    draws: Annotated[int, typer.Option(min=0, help="Draws beside the mean, as `draws` in the .npz.")] = 0,
    split: o.Split = None,
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    effort: o.Effort = "normal",
    batch_rows: o.BatchRows = 256,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Fill the missing cells of DATA: empty cells, NaN, or those that --mask names."""
    output.target(out, force, output.ROWS)
