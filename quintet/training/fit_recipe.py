"""Function ``fit``, which trains the stages of a recipe in order until they end or the user presses Ctrl-C."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from quintet import storage
from quintet.arguments import Device, File, Seed, Share
from quintet.data.dataset import Rows
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.models.recipe import Recipe
from quintet.networks.dropout import draw_from
from quintet.networks.row_sharing import give_all_rows
from quintet.training import checkpoint as disk
from quintet.training.augmentation import refuse_unmovable
from quintet.training.extra_encoder_steps import with_encoder_steps
from quintet.training.history import History
from quintet.training.interrupt import defer_interrupt
from quintet.training.loader import Loader, rows_fingerprint, split_validation
from quintet.training.options import Training
from quintet.training.precision import find_device, find_precision
from quintet.training.process_group import processes_for
from quintet.training.processes import Processes
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
    processes: Processes | None = None,
) -> History:
    """Train a recipe's weights in place, from their current values.

    On a CPU, the same seed, rows and initial weights with the same number of threads give the same weights bit for bit,
    however often the run was killed and resumed, unless a time limit ends it.

    Several processes that a launcher started each compute a share of the rows of every batch. All of them end with the
    weights of one process, within float rounding; the first writes the checkpoint and calls ``progress`` and
    ``callbacks``.

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
    processes : the processes that train together; None: those that the launcher started.

    Returns
    -------
    History

    Raises
    ------
    Diverged
        If the loss diverged, or the weights at the end of a stage are not finite; the last good weights are restored.
    Interrupted
        After Ctrl-C; the checkpoint is written, and the model has the current weights.
    ProcessLost
        If another process ended, or did not answer within ``training.process_timeout``.
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
    with nullcontext(processes) if processes else processes_for(device, training.process_timeout) as together:
        _refuse_small_batches(recipe, training, together)
        for part in recipe_modules(recipe).values():
            part.to(where)
        precision = find_precision(training.precision, where)
        held_out = None if validation is None else Loader(validation, where, training.noise)
        trainer = Trainer(recipe, Loader(rows, where, training.noise), held_out, training, seed, precision, together)
        trainer.reserve = reserve
        if together.is_first:
            trainer.progress, trainer.callbacks = progress, callbacks
        if history is not None:
            trainer.history = history
        if began is not None:
            trainer.began = began
        if checkpoint is not None or together.count > 1:
            trainer.about = _about(recipe, rows, validation, training, seed, precision, where, about)
            together.check_equal(json.dumps(trainer.about, default=str))
        if checkpoint is not None:
            trainer.path = Path(checkpoint)
            _start_or_resume(trainer, resume)
        try:
            with defer_interrupt() as request:
                trainer.run(request)
        finally:
            draw_from(recipe_modules(recipe).values(), None)
            give_all_rows(recipe_modules(recipe).values())
    return trainer.history


def _start_or_resume(trainer: Trainer, resume: bool) -> None:
    path = trainer.path
    assert path is not None
    data = trainer.processes.from_first(lambda: _checkpoint(path, resume))
    if data:
        trainer.resume(*disk.read_checkpoint(data, path, trainer.about))
    elif resume:
        trainer.history.notes.append(f"There is no checkpoint at {path} yet: training started from the beginning.")


def _checkpoint(path: Path, resume: bool) -> bytes:
    """Content of the checkpoint to resume from; empty where there is none."""
    if not path.parent.is_dir():
        raise InputError(
            f"checkpoint must be a file in an existing folder, got {path}: create the folder {path.parent} first."
        )
    disk.remove_partial_files(path)
    return storage.read(path) if resume and path.exists() else b""


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


def _refuse_small_batches(recipe: Recipe, training: Training, processes: Processes) -> None:
    """Raise InputError if a batch has fewer rows than there are processes."""
    rows = min(stage.batch_rows or training.batch_size for stage in recipe.stages)
    if rows < processes.count:
        raise InputError(
            f"Batches of {rows} row{'' if rows == 1 else 's'} cannot be shared by {processes.count} processes: give a "
            f"batch_size of at least {processes.count}, or launch fewer processes."
        )
