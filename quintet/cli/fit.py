"""The command `quintet fit`: training of a model, and its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from quintet.cli import conditions, inputs, option_values, pictures, printing, series_fit
from quintet.cli import fit_options as f
from quintet.cli import options as o
from quintet.cli.interruption import naming_checkpoint
from quintet.cli.several_processes import leave_files_to_first
from quintet.cli.training_files import TrainingFiles
from quintet.cli.training_inputs import training_table, without_weights
from quintet.errors import Diverged, InputError

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.estimators import VAE


def fit(
    data: o.Data,
    out: f.ModelOut,
    as_: f.As = "auto",
    time: f.Time = None,
    series: f.SeriesColumn = None,
    window: f.Window = None,
    kind: f.Kind = "auto",
    schema: o.SchemaFile = None,
    columns: o.Columns = None,
    drop: o.Drop = None,
    weights: f.Weights = None,
    variant: f.Variant = "auto",
    set_: f.Settings = None,
    latent_dim: f.LatentDim = "auto",
    network: f.Network = "auto",
    preset: f.Preset = "fast",
    context: f.Context = "auto",
    augmentation: f.Augmentation = None,
    epochs: f.Epochs = None,
    minutes: f.Minutes = None,
    holdout: f.Holdout = 0.0,
    query: o.Query = None,
    split: o.TrainSplit = "train",
    label: o.Label = None,
    condition_images: o.ConditionImages = None,
    only: o.Only = None,
    except_: o.Except = None,
    size: o.Size = None,
    patch: f.Patch = None,
    patches: f.Patches = 20_000,
    limit: o.Limit = None,
    pages: o.Pages = None,
    calibration: f.Calibration = None,
    false_alarms: f.FalseAlarms = None,
    training_anomalies: f.TrainingAnomalies = 0.0,
    device: f.Device = "auto",
    seed: o.Seed = 0,
    history: f.History = None,
    resume: f.Resume = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Train a model on DATA and write it to a file.

    During training, MODEL.checkpoint stores the state that --resume continues from; it is removed at the end.
    """
    files = TrainingFiles.of(out, history, force)
    with naming_checkpoint(files.checkpoint, resume) as run:
        chosen = option_values.settings(variant, set_ or []) | option_values.augmentation(augmentation)
        common: dict[str, Any] = {
            "variant": variant,
            "latent_dim": option_values.latent_dim(latent_dim),
            "network": network,
            "preset": preset,
            "epochs": epochs,
            "max_minutes": minutes,
            "device": device,
            "random_state": seed,
            "context": context,
            "verbose": not quiet,
        }
        unused: dict[str, Any] = {"kind": kind, "schema": schema, "columns": columns, "drop": drop, "weights": weights}
        unused |= {"augmentation": augmentation, "holdout": holdout, "query": query, "split": split}
        unused |= {"label": label, "condition_images": condition_images, "only": only, "except_": except_, "size": size}
        unused |= {"patch": patch, "limit": limit, "pages": pages, "training_anomalies": training_anomalies}
        named = {"time": time, "series": series, "window": window}
        if series_fit.is_series(as_, data, unused, named):
            model = series_fit.unfitted(common, named, calibration, false_alarms).set_params(**chosen)
            series_fit.fit(data, files, series=model, as_=as_, resume=resume, as_json=as_json, quiet=quiet)
            run.written = out
            return
        groups, declared = None, None
        if patch is None:
            which: dict[str, Any] = {"label": label, "only": only, "except_": except_, "size": size, "limit": limit}
            which["pages"] = pages
            found, declared = training_table(data, kind, schema, columns, drop, split=split, query=query, **which)
        else:
            found, groups = pictures.training_patches(
                data,
                patch,
                patches,
                seed,
                pages,
                label=label,
                only=only,
                except_=except_,
                condition_images=condition_images,
            )
        found, weight = (found, None) if weights is None else without_weights(found, declared, weights, data)
        images = conditions.training_condition_images(
            condition_images, variant, len(found), chosen=only or except_, split=split, size=size, limit=limit
        )
        condition = found.y if images is None else images
        aside = 0
        if holdout:
            training = _training_rows(len(found), holdout, seed, patch)
            aside = len(found) - len(training)
            found, condition = found.take(training), None if condition is None else condition[training]
            weight = None if weight is None else weight[training]
        from quintet.estimators import VAE

        vae = VAE(
            **common,
            kind=kind,
            schema=declared,
            calibration=0.1 if calibration is None else calibration,
            false_alarms=0.05 if false_alarms is None else false_alarms,
            training_anomalies=training_anomalies,
        ).set_params(**chosen)
        if files.checkpoint.exists() and not resume:
            printing.note(
                f"{files.checkpoint} of an earlier run will be replaced; --resume would continue from it.", quiet
            )
        try:
            with printing.log_shown(quiet):
                about = {"mask": inputs.missing(found), "groups": groups, "sample_weight": weight}
                vae.fit(found.x, condition, checkpoint=files.checkpoint, resume=resume, **about)
        except Diverged as error:
            leave_files_to_first()
            _save(vae, found, files)
            raise Diverged(f"{str(error).rstrip('.')}; {out} has the last good weights.") from None
        leave_files_to_first()
        for sentence in vae.history_.notes:
            printing.note(sentence, quiet)
        _save(vae, found, files)
        files.remove_checkpoint()
        run.written = out
        printing.say(_summary(vae, len(found), aside, out), as_json=as_json, quiet=quiet)


def _save(vae: VAE, found: Loaded, files: TrainingFiles) -> None:
    """Write the model's file with the column names of DATA, and the history."""
    if found.names is not None and not vae.schema_.columns:
        vae.fitted_.schema = vae.schema_.model_copy(update={"feature_names": tuple(found.names)})
    if found.label_names is not None and vae.schema_.condition is not None:
        named = vae.schema_.condition.renamed(found.label_names)
        vae.fitted_.schema = vae.schema_.model_copy(update={"condition": named})
    files.write(vae, vae.history_)


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
