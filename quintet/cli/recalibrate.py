"""The command `quintet recalibrate`: p-values calibrated on other normal rows, without training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quintet.arguments.model_endings import refuse_foreign_ending
from quintet.cli import conditions, inputs, output, printing
from quintet.cli import options as o


def recalibrate(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="MODEL", help="Model file to write.")],
    query: o.Query = None,
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    pages: o.Pages = None,
    batch_rows: o.BatchRows = 256,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Calibrate the p-values of `quintet detect` on the normal rows of DATA, which the model was not trained on.

    The weights stay as they are; the rows replace the calibration rows of MODEL.
    """
    refuse_foreign_ending(out, "--out")
    output.output_path(out, force)
    vae = inputs.model(model, quiet)
    chosen = {"split": split, "label": label, "only": only, "except_": except_, "query": query, "pages": pages}
    found, _, images = conditions.rows_with_images(data, vae, condition_images, limit=limit, **chosen)
    condition = None if vae.schema_.condition is None else found.y if images is None else images
    vae.recalibrate(found.x, condition, mask=inputs.missing(found), batch_rows=batch_rows)
    vae.save(out, force=force)
    printing.say({"calibration_rows": len(found), "out": out}, as_json=as_json, quiet=quiet)
