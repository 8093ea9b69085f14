"""The command `quintet tune`: a search for options on rows held out of DATA."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.arguments.rules import Number, OneOf
from quintet.cli import fit_options as f
from quintet.cli import inputs, option_values, printing
from quintet.cli import options as o
from quintet.cli.training_inputs import training_table
from quintet.errors import InputError

SEARCH = "Search"


def tune(
    data: o.Data,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the study; continues a study that is there.")],
    objective: Annotated[
        str,
        typer.Option(
            metavar="bits|denoise|detect|impute",
            help="Figure of held-out rows to improve: the bound in bits a cell, or that of a question.",
            rich_help_panel=SEARCH,
        ),
        OneOf(("bits", "denoise", "detect", "impute")),
    ] = "bits",
    search: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            metavar="NAME[=VALUES]",
            help="Option to search, with a range such as learning_rate=1e-4..1e-2 or values such as "
            "variant=vae,ladder; may be repeated. Unless given: variant, latent_dim, width, depth, learning_rate, "
            "batch_size, rate.",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Time limit, in minutes; each fit takes at most an eighth of it.  [default: 10, or none with "
            "--trials]",
            show_default=False,
            rich_help_panel=SEARCH,
        ),
        Number(above=0),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Number of trials of the whole study.", rich_help_panel=SEARCH)
    ] = None,
    held_out: Annotated[
        float,
        typer.Option(help="Share of DATA that judges the trials and trains none.", rich_help_panel=SEARCH),
        Number(0.05, 0.5),
    ] = 0.2,
    anomalies: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="Anomalous rows for --objective detect.", rich_help_panel=SEARCH),
    ] = None,
    kind: f.Kind = "auto",
    schema: o.SchemaFile = None,
    columns: o.Columns = None,
    drop: o.Drop = None,
    variant: f.Variant = "auto",
    set_: f.Settings = None,
    latent_dim: f.LatentDim = "auto",
    network: f.Network = "auto",
    preset: f.Preset = "fast",
    context: f.Context = "auto",
    epochs: f.Epochs = None,
    device: f.Device = "auto",
    query: o.Query = None,
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    size: o.Size = None,
    limit: o.Limit = None,
    pages: o.Pages = None,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Search for the options of a model of DATA that are best on rows held out of it, and keep the best model.

    A test split of DATA is not read. The same call continues an interrupted study.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"--out must be a folder, got the file {out}.")
    which: dict[str, Any] = {"label": label, "only": only, "except_": except_, "size": size, "limit": limit}
    found, declared = training_table(
        data, kind, schema, columns, drop, split="train", query=query, pages=pages, **which
    )
    strange = None
    if anomalies is not None:
        strange = inputs.cells(inputs.read_rows(anomalies, split="train", table=found.is_table, size=size))
    from quintet.estimators import VAE
    from quintet.studies.tune import tune as run

    estimator = VAE(
        variant=variant,
        latent_dim=option_values.latent_dim(latent_dim),
        network=network,
        preset=preset,
        context=context,
        epochs=epochs,
        device=device,
        kind=kind,
        schema=declared,
    ).set_params(**option_values.settings(variant, set_ or []))

    def show(sentence: str) -> None:
        if not quiet:
            typer.echo(sentence, err=True)

    tuned = run(
        inputs.cells(found),
        found.y,
        out=out,
        estimator=estimator,
        objective=objective,
        search=_wanted(search),
        minutes=10.0 if minutes is None and trials is None else minutes,
        trials=trials,
        held_out=held_out,
        anomalies=strange,
        seed=seed,
        tell=show,
    )
    if as_json:
        about = {name: value for name, value in vars(tuned).items() if name != "trials"}
        printing.say({**about, "trials": len(tuned.trials)}, as_json=True)
    elif not quiet:
        typer.echo("\n".join(tuned.sentences()))
        typer.echo(f"\nThe best model is {tuned.path}.")


def _wanted(pairs: list[str] | None) -> dict[str, str | None] | None:
    """``learning_rate=1e-4..1e-2`` -> {"learning_rate": "1e-4..1e-2"}; a name alone -> None."""
    if pairs is None:
        return None
    found: dict[str, str | None] = {}
    for pair in pairs:
        name, equals, values = pair.partition("=")
        if not name.strip() or (equals and not values.strip()):
            raise InputError(f"--search must be NAME or NAME=VALUES, such as learning_rate=1e-4..1e-2, got {pair}.")
        found[name.strip().replace("-", "_")] = values.strip() if equals else None
    return found
