"""The command `quintet fit` of lines of text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quintet.cli import fit_options as f
from quintet.cli import option_values, printing
from quintet.cli import options as o
from quintet.cli import text_options as t
from quintet.cli.interruption import naming_checkpoint
from quintet.cli.several_processes import leave_files_to_first
from quintet.cli.training_files import TrainingFiles


def fit(
    data: o.Data,
    out: f.ModelOut,
    variant: f.Variant = "auto",
    set_: f.Settings = None,
    latent_dim: f.LatentDim = "auto",
    network: f.Network = "auto",
    preset: f.Preset = "fast",
    context: f.Context = "auto",
    epochs: f.Epochs = None,
    minutes: f.Minutes = None,
    label: o.Label = None,
    limit: o.Limit = None,
    calibration: f.Calibration = None,
    false_alarms: f.FalseAlarms = None,
    training_anomalies: f.TrainingAnomalies = 0.0,
    device: f.Device = "auto",
    seed: o.Seed = 0,
    history: f.History = None,
    resume: f.Resume = False,
    tokens: t.Tokens = "characters",
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    force: o.Force = False,
) -> None:
    """Train a model on the lines of DATA."""
    files = TrainingFiles.of(out, history, force)
    with naming_checkpoint(files.checkpoint, resume) as run:
        chosen = option_values.settings(variant, set_ or [])
        from quintet.data.readers.labels import read_labels
        from quintet.data.sequences.text.reading import read_lines
        from quintet.estimators import VAE, Text

        lines = read_lines(Path(data)).all
        classes = None if label is None else read_labels(label, len(lines))
        if limit is not None:
            lines, classes = lines[:limit], None if classes is None else classes[:limit]
        if classes is not None and variant == "auto":
            variant = "cvae"
        options: dict[str, Any] = {"preset": preset, "epochs": epochs, "max_minutes": minutes, "device": device}
        shares = {"calibration": calibration, "false_alarms": false_alarms}
        options |= {"context": context, **{name: share for name, share in shares.items() if share is not None}}
        vae = VAE(
            variant=variant,
            latent_dim=option_values.latent_dim(latent_dim),
            network=network,
            training_anomalies=training_anomalies,
            verbose=not quiet,
            **options,
        ).set_params(**chosen)
        text = Text(vae, tokens=tokens, random_state=seed)
        with printing.log_shown(quiet):
            text.fit(lines, classes, checkpoint=files.checkpoint, resume=resume)
        leave_files_to_first()
        for sentence in text.vae_.history_.notes:
            printing.note(sentence, quiet)
        files.write(text, text.vae_.history_)
        files.remove_checkpoint()
        run.written = out
        description = text.description_
        figures: dict[str, Any] = {
            "lines": len(lines),
            "tokens": description.vocabulary().size,
            "steps": description.steps,
        }
        epochs_run = text.vae_.history_.rows
        seconds = sum(row.get("seconds", 0.0) for row in epochs_run)
        figures |= {"latent_dim": text.vae_.latent_dim_, "epochs": len(epochs_run), "seconds": seconds, "out": out}
        printing.say(figures, as_json=as_json, quiet=quiet)
