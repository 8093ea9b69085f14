"""Training: the stages of a recipe, one after the other, to the end or to the next Ctrl-C."""

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
from quintet.training.extra_encoder_steps import with_encoder_steps
from quintet.training.history import History
from quintet.training.interrupt import patient
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
    """Train a recipe's weights in place, from the values that they have.

    The same seed, rows and weights on the same machine with the same number of threads give the same weights, bit for
    bit on a CPU, however often the run was killed and resumed; runs that a limit on the time ends excepted.

    Parameters
    ----------
    recipe : Recipe
    rows : the rows to train on.
    validation : rows to watch the bound on; None: a share of ``rows`` where ``training.validation`` asks for one.
    training : Training
    seed : int
    checkpoint : file that is written now and then and at Ctrl-C, and from which ``resume`` goes on.
    resume : go on from the checkpoint; where there is none, start afresh and note it in the history.
    progress : told the stage, the steps done and to do, and the loss.
    callbacks : called with each epoch's row of the history.
    device : "auto", "cpu", "cuda", "cuda:1", "mps".
    about : what else must agree with the checkpoint on resuming, such as the variant's options; JSON-able.
    history : filled while training runs and given back, so that it is there where training halts; None: a new one.
    began : value of ``time.perf_counter`` from which ``training.max_minutes`` count; None: now.
    reserve : share of those minutes, 0..1, that is kept for what follows training.

    Returns
    -------
    History

    Raises
    ------
    Diverged
        The loss ran away, or the weights at a stage's end are not sane; the weights are the last good ones.
    Interrupted
        After Ctrl-C; the checkpoint is written, and without one the weights are those of this moment.
    """
    training = training or Training()
    recipe = with_encoder_steps(recipe, training.encoder_steps)
    if not len(rows):
        raise InputError("no rows came to train on; at least one is needed.")
    if validation is None:
        rows, validation = split_validation(rows, training.validation, seed)
    if training.patience and validation is None:
        raise InputError(f"patience={training.patience} needs held-out rows: give X_val, or validation=0.1.")
    if resume and checkpoint is None:
        raise InputError("resume=True needs the file of the checkpoint; give checkpoint=FILE, in both runs.")
    where = find_device(device)
    _one_process()
    for part in recipe_modules(recipe).values():
        part.to(where)
    precision = find_precision(training.precision, where)
    held = None if validation is None else Loader(validation, where)
    journey = Trainer(recipe, Loader(rows, where), held, training, seed, precision)
    journey.progress, journey.callbacks, journey.reserve = progress, callbacks, reserve
    if history is not None:
        journey.history = history
    if began is not None:
        journey.began = began
    if checkpoint is not None:
        journey.path = Path(checkpoint)
        journey.about = _about(recipe, rows, validation, training, seed, precision, where, about)
        _begin_or_go_on(journey, resume)
    try:
        with patient() as wish:
            journey.travel(wish)
    finally:
        draw_from(recipe_modules(recipe).values(), None)
    return journey.history


def _begin_or_go_on(journey: Trainer, resume: bool) -> None:
    path = journey.path
    assert path is not None
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be the checkpoint: there is no folder {path.parent}; make it first.")
    disk.remove_partial_files(path)
    if resume and path.exists():
        journey.go_on(*disk.read_checkpoint(path, journey.about))
    elif resume:
        journey.history.notes.append(f"There is no checkpoint at {path} yet: training started afresh.")


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
    """What must agree for a run to be resumed."""
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
        raise InputError(f"{count} processes were launched; training on several is not there yet: launch one.")
