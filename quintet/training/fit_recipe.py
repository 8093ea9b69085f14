"""Function ``fit``, which trains the stages of a recipe in order until they end or the user presses Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from quintet.arguments import Device, File, Seed, Share
from quintet.data.dataset import Rows
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.models.recipe import Recipe
from quintet.networks.dropout import draw_from
from quintet.training import checkpoint as disk
from quintet.training.augmentation import refuse_unmovable
from quintet.training.extra_encoder_steps import with_encoder_steps
from quintet.training.history import History
from quintet.training.interrupt import defer_interrupt
from quintet.training.loader import Loader, rows_fingerprint, split_validation
from quintet.training.options import Training
from quintet.training.precision import find_device, find_precision
from quintet.training.progress import Progress
from quintet.training.trainer import Trainer
from quintet.training.weights import recipe_modules, weights

Callback = Callable[[Mapping[str, Any]], object]


@public
def fit(
    recipe: Recipe,
    rows: Rows,
    validation: Rows | None = None,
    training: Training | None = None,
    seed: Seed = 0,
    *,
    checkpoint: File | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
    device: Device = "auto",
    about: Mapping[str, Any] | None = None,
    history: History | None = None,
    began: float | None = None,
    reserve: Share = 0.0,
) -> History:
    """Train a recipe's weights in place, from their current values.

    On a CPU, the same seed, rows and initial weights with the same number of threads give the same weights bit for bit,
    however often the run was killed and resumed, unless a time limit ends it.

    Parameters
    ----------
    recipe : Recipe
    rows : the rows to train on.
    validation : rows of the validation loss; None: the share ``training.validation`` of ``rows``.
    training : Training
    seed : int
    checkpoint : file that is written periodically and at Ctrl-C, for ``resume``.
    resume : resume from the checkpoint; without one, start from the beginning and note it in the history.
    progress : called with the stage, the steps done, the total steps, and the loss.
    callbacks : called with each epoch's row of the history.
    device : "auto", "cpu", "cuda", "cuda:1", "mps".
    about : further settings that must agree with the checkpoint on resuming, such as the variant's options; JSON-able.
    history : history that training fills and returns, so that it is available if training stops; None: a new one.
    began : value of ``time.perf_counter`` from which ``training.max_minutes`` count; None: now.
    reserve : share of those minutes, 0..1, reserved for the work after training.

    Returns
    -------
    History

    Raises
    ------
    Diverged
        If the loss diverged, or the weights at the end of a stage are not finite; the last good weights are restored.
    Interrupted
        After Ctrl-C; the checkpoint is written, and the model has the current weights.
    """
    training = training or Training()
    refuse_unmovable(recipe.model.schema, training.augmentation)
    recipe = with_encoder_steps(recipe, training.encoder_steps)
    if not len(rows):
        raise InputError("rows must hold at least one row, got none.")
    if validation is None:
        rows, validation = split_validation(rows, training.validation, seed)
    if training.patience and validation is None:
        raise InputError(f"patience={training.patience} requires held-out rows: give X_val, or validation=0.1.")
    if resume and checkpoint is None:
        raise InputError("resume=True requires checkpoint: give checkpoint=FILE in both runs.")
    where = find_device(device)
    _one_process()
    for part in recipe_modules(recipe).values():
        part.to(where)
    precision = find_precision(training.precision, where)
    held_out = None if validation is None else Loader(validation, where)
    trainer = Trainer(recipe, Loader(rows, where), held_out, training, seed, precision)
    trainer.progress, trainer.callbacks, trainer.reserve = progress, callbacks, reserve
    if history is not None:
        trainer.history = history
    if began is not None:
        trainer.began = began
    if checkpoint is not None:
        trainer.path = Path(checkpoint)
        trainer.about = _about(recipe, rows, validation, training, seed, precision, where, about)
        _start_or_resume(trainer, resume)
    try:
        with defer_interrupt() as request:
            trainer.run(request)
    finally:
        draw_from(recipe_modules(recipe).values(), None)
    return trainer.history


def _start_or_resume(trainer: Trainer, resume: bool) -> None:
    path = trainer.path
    assert path is not None
    if not path.parent.is_dir():
        raise InputError(
            f"checkpoint must be a file in an existing folder, got {path}: create the folder {path.parent} first."
        )
    disk.remove_partial_files(path)
    if resume and path.exists():
        trainer.resume(*disk.read_checkpoint(path, trainer.about))
    elif resume:
        trainer.history.notes.append(f"There is no checkpoint at {path} yet: training started from the beginning.")


def _about(
    recipe: Recipe,
    rows: Rows,
    validation: Rows | None,
    training: Training,
    seed: int,
    precision: str,
    device: torch.device,
    about: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Settings that must agree for a run to be resumed."""
    shapes = {name: list(t.shape) for name, t in weights(recipe_modules(recipe)).items()}
    return {
        "data": rows_fingerprint(rows),
        "validation data": rows_fingerprint(validation),
        "seed": seed,
        **training.as_dict(),
        "precision": precision,
        "device": device.type,
        "the model's weights": shapes,
        **(about or {}),
    }


def _one_process() -> None:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        count = torch.distributed.get_world_size()
    else:
        count = int(os.environ.get("WORLD_SIZE") or 1)  # torchrun and accelerate launch set it
    if count > 1:
        raise InputError(f"Training must run in one process, got {count} processes: launch one.")
