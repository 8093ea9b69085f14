"""The command `quintet generate`: new rows drawn from the model."""

from typing import Annotated

import typer

from quintet.arguments.rules import Number
from quintet.cli import conditions, inputs, option_values, output, output_rows, printing, series_answers
from quintet.cli import options as o
from quintet.cli.given import balanced_column, given_columns
from quintet.errors import InputError


def generate(
    model: o.ModelFile,
    out: o.RowsOut,
    n: Annotated[
        int | None,
        typer.Option("-n", "--number", min=1, help="Number of rows.  [default: 64, or one per condition image]"),
    ] = None,
    condition: Annotated[
        str | None, typer.Option(metavar="VALUE|NAME=VALUE,...", help="Condition of all rows, such as the label 7.")
    ] = None,
    condition_images: o.ConditionImages = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUES",
            help="What a column of a table shall be in all rows: sex=Female, degree=Masters,Doctorate or age=30..40; "
            "may be repeated.",
        ),
    ] = None,
    balance: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|COLUMN=LEVEL:SHARE,...",
            help="Equal shares of the levels of a column, or shares that add up to 1: income=<=50K:0.5,>50K:0.5.",
        ),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="prior, or a density fitted to the training latents: mixture, flow, two_stage, neighbours.  "
            "[default: prior or mixture, chosen on held-out rows during fit]",
        ),
    ] = None,
    temperature: Annotated[
        float,
        typer.Option(
            min=0.0, help="Scale of the spread of the latents; below 1, rows are more probable and less diverse."
        ),
        Number(0),
    ] = 1.0,
    missing: Annotated[
        bool, typer.Option("--missing", help="Leave cells of a table missing as the training rows did.")
    ] = False,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Of series: steps of each.  [default: a window]", show_default=False)
    ] = None,
    out_table: o.OutTable = None,
    append: o.Append = False,
    batch_rows: o.BatchRows = 256,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Generate new rows: z drawn from p(z), x from p(x|z)."""
    place = output.rows_output(out, out_table, append, force)
    vae = inputs.any_model(model, quiet)
    if inputs.is_of_series(vae):
        unused = {"condition_images": condition_images, "given": given, "balance": balance, "sampler": sampler}
        series_answers.refuse(**unused, missing=missing)
        of_all = option_values.condition(condition)
        options = {"temperature": temperature, "random_state": seed}
        figures = series_answers.generate(vae, place, 1 if n is None else n, of_all, steps, **options)
        printing.say(figures, as_json=as_json, quiet=quiet)
        return
    if steps is not None:
        raise InputError(f"--steps needs a model of series, got {steps} for a model of rows: leave it out.")
    output_rows.refuse_format(place, vae.schema_)
    images = conditions.condition_images(condition_images, vae, n)
    if images is not None and condition is not None:
        raise InputError("--condition cannot be combined with --condition-images: leave out one of them.")
    if n is None:
        n = 64 if images is None else len(images)
    rows, drawn = vae.generate(
        n,
        option_values.condition(condition) if images is None else images,
        given=given_columns(given or (), vae.schema_),
        balance=None if balance is None else balanced_column(balance, vae.schema_),
        temperature=temperature,
        sampler=sampler,
        missing=missing,
        return_condition=True,
        batch_rows=batch_rows,
        random_state=seed,
    )
    output_rows.write_model_rows(place, rows, vae.schema_, labels=drawn)
    printing.say({"rows": n, "out": place}, as_json=as_json, quiet=quiet)
