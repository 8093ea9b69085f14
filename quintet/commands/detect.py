"""quintet detect: which rows are strange, how much, and where."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from quintet.commands import conditions, inputs, output, patched, pictures
from quintet.commands import options as o


def detect(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="SCORES", help="A .csv of scores, or an .npz that also says where.")],
    fdr: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="The share of false alarms allowed among the alarms.")
    ] = 0.05,
    score: Annotated[str, typer.Option(help="default, or one of its components by name.")] = "default",
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
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
    """Score the rows of DATA: higher is stranger; a p-value against normal rows held out of training."""
    output.target(out, force, (".csv", ".npz"))
    vae = inputs.model(model, quiet)
    given = pictures.larger(data, vae, limit, only=only, except_=except_, condition_images=condition_images)
    if given is not None:
        told = patched.detect(vae, given, out, fdr=fdr, score=score, batch_rows=batch_rows)
        output.say(told, as_json=as_json, quiet=quiet)
        return
    found, numbers = inputs.asked(data, vae, split=split, label=label, only=only, except_=except_, limit=limit)
    images = conditions.asked(condition_images, vae, len(found), chosen=only or except_, split=split, limit=limit)
    answer = vae.detect(
        found.x,
        fdr=fdr,
        score=score,
        condition=images,
        mask=inputs.missing(found),
        effort=effort,
        batch_rows=batch_rows,
        random_state=seed,
    )
    table: dict[str, output.Array] = {"row": numbers, **inputs.files(found)}
    if found.y is not None and found.y.ndim == 1:
        table["label"] = np.asarray(found.y)
    table |= {"score": answer.scores, "p_value": answer.p_values, "is_anomaly": answer.is_anomaly}
    if out.suffix.lower() == ".csv":
        output.write_table(out, table)
    else:
        output.write_arrays(out, table | {"where": answer.where} | answer.components)
    figures = {
        "rows": len(found.x),
        **inputs.trained_on(found, vae, "their p-values are too large, --split held-out leaves them out", quiet),
        "anomalies": int(answer.is_anomaly.sum()),
        "fdr": fdr,
        "strangest_row": int(numbers[answer.scores.argmax()]),
        "out": out,
    }
    output.say(figures, as_json=as_json, quiet=quiet)
