"""The command `quintet detect`: anomaly scores, p-values and heat maps."""

from typing import Annotated

import numpy as np
import typer

from quintet.arguments.rules import Number
from quintet.cli import conditions, inputs, output, output_rows, patched, pictures, printing, series_answers
from quintet.cli import options as o
from quintet.cli.fitting_size import refuse_other_size
from quintet.cli.output_table import OutputTable


def detect(
    model: o.ModelFile,
    data: o.Data,
    out: Annotated[
        str,
        typer.Option(
            metavar="SCORES",
            help="Output file: a .csv of scores, or an .npz of scores and heat maps; or a database with --out-table.",
        ),
    ],
    fdr: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            show_default=False,
            help="Upper bound on the false discovery rate, the expected share of normal rows among the flagged; "
            "replaces --false-alarms.",
        ),
        Number(0, 1),
    ] = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            show_default=False, help="Flag rows whose p-value is at most this; the model's own value unless given."
        ),
        Number(above=0, below=1),
    ] = None,
    score: Annotated[str, typer.Option(help="default, or the name of one component of the score.")] = "default",
    query: o.Query = None,
    out_table: o.OutTable = None,
    append: o.Append = False,
    split: o.Split = None,
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    limit: o.Limit = None,
    pages: o.Pages = None,
    size: o.Size = None,
    effort: Annotated[
        str,
        typer.Option(help="Calibration rows that a row with missing cells is compared with: low, normal or high."),
    ] = "normal",
    batch_rows: o.BatchRows = 256,
    seed: Annotated[int | None, typer.Option(hidden=True)] = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Score the rows of DATA for anomalies; p-values are relative to calibration rows held out of training."""
    place = output.rows_output(out, out_table, append, force, (".csv", ".npz"))
    if seed is not None:
        printing.note("--seed is deprecated and has no effect: detect is deterministic.", quiet)
    vae = inputs.any_model(model, quiet)
    if inputs.is_of_series(vae):
        unused = {"fdr": fdr, "query": query, "split": split, "label": label, "only": only, "except_": except_}
        unused |= {"condition_images": condition_images, "limit": limit, "pages": pages, "size": size}
        path = series_answers.located(data, **unused)
        answer = series_answers.detect(vae, path, place, false_alarms=false_alarms, batch_rows=batch_rows)
        printing.say(answer, as_json=as_json, quiet=quiet)
        return
    which = {"only": only, "except_": except_, "condition_images": condition_images}
    given = None if size is not None else pictures.larger(data, vae, limit, pages, **which)
    if given is not None:
        place = output.file_of(place)
        options = {"fdr": fdr, "false_alarms": false_alarms, "score": score, "effort": effort, "batch_rows": batch_rows}
        printing.say(patched.detect(vae, given, place, **options), as_json=as_json, quiet=quiet)
        return
    chosen = {"split": split, "label": label, "only": only, "except_": except_, "query": query, "pages": pages}
    chosen["size"] = size
    found, numbers, images = conditions.rows_with_images(data, vae, condition_images, limit=limit, **chosen)
    refuse_other_size(found, vae.schema_, data)
    answer = vae.detect(
        found.x,
        fdr=fdr,
        false_alarms=false_alarms,
        score=score,
        condition=images,
        mask=inputs.missing(found),
        effort=effort,
        batch_rows=batch_rows,
    )
    table: dict[str, output.Array] = {"row": numbers, **inputs.files(found)}
    if found.y is not None and found.y.ndim == 1:
        table["label"] = np.asarray(found.y)
    table |= {"score": answer.scores, "p_value": answer.p_values, "is_anomaly": answer.is_anomaly}
    names = answer.columns
    if names:
        table["strangest_column"] = answer.strangest_columns()
    if isinstance(place, OutputTable) or place.suffix == ".csv":
        output_rows.write_table(place, table)
    else:
        columns = {"columns": np.array(names)} if names else {}
        output_rows.write_arrays(place, table | {"where": answer.where} | columns | answer.components)
    level = vae.false_alarms if false_alarms is None else false_alarms
    figures = {
        "rows": len(found.x),
        **inputs.trained_on(found, vae, "their p-values are too large; --split held-out leaves them out", quiet),
        "anomalies": int(answer.is_anomaly.sum()),
        "rule": answer.rule,
        f"p at most {level:g}": int((answer.p_values <= level).sum()),
        "expected of normal rows": round(level * len(found.x)),
        "smallest p": float(answer.p_values.min(initial=1.0)),
        "calibration rows": answer.calibration_rows,
        "strangest_row": int(numbers[answer.scores.argmax()]),
        "out": place,
    }
    printing.say(figures, as_json=as_json, quiet=quiet)
