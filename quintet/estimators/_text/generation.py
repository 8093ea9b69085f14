"""The question ``generate`` about text: tokens drawn one by one, from latents of the prior or behind a prompt."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import BatchRows, Condition, Count, NotNegative, Prompt, RandomState, TopP
from quintet.data.dataset import Batch
from quintet.data.sequences.text.vocabulary import PAD
from quintet.distributions.chain import Chain
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._input.user_rows import refuse_condition
from quintet.estimators._text.drawing import LineRules, ruled
from quintet.estimators._text.text_estimator import TextEstimator, model_of
from quintet.estimators._text.token_rows import TextModel
from quintet.inference.samplers.selection import draw_conditions, latents_by, sampler_for
from quintet.noise import RowNoise
from quintet.numerics.memory import CELL, hold_room


@public
def generate(
    self: TextEstimator,
    n: Count = 1,
    *,
    prompt: Prompt = "",
    temperature: NotNegative = 1.0,
    top_p: TopP = 1.0,
    condition: Condition | None = None,
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
) -> list[str]:
    """New lines, at most as long as a row behind the prompt.

    Parameters
    ----------
    n : how many.
    prompt : what every line begins with.
    temperature : of the tokens: below 1 probable ones become more probable; 0: the most probable one.
    top_p : draw from the fewest tokens that have this probability together.
    condition : class of all lines, or of each; None: drawn as in the training lines.
    random_state : seed; None: the model's, so that the same call gives the same lines.
    """
    text = model_of(self, "generate")
    seed = seed_for(self.vae_, random_state)
    return _new_lines(text, n, prompt, condition, temperature, top_p, batch_rows, seed)


def _new_lines(
    text: TextModel, n: int, prompt: str, condition: Any, temperature: float, top_p: float, batch_rows: int, seed: int
) -> list[str]:
    """n lines that begin with ``prompt``; line i depends on the seed and on i."""
    schema, steps = text.vae.fitted_.schema, text.description.steps
    refuse_condition(schema, condition)
    hold_room("n", n, CELL * steps, "generate them in parts, each with another random_state")
    vocabulary = text.description.vocabulary()
    begun = vocabulary.encode(prompt)
    kept = begun[max(0, len(begun) - steps // 2) :] if len(begun) >= steps else begun
    known = np.full((n, steps), PAD, dtype=np.uint16)
    known[:, : len(kept)] = kept
    hidden = np.arange(steps) >= len(kept)
    encoded = None if schema.condition is None or condition is None else condition
    rows = text.rows(known, encoded, np.broadcast_to(hidden, known.shape) if kept else None)
    found = [
        _drawn(text, batch, (start, count), bool(kept), temperature, top_p, seed)
        for batch, start, count in text.batches(rows, batch_rows)
    ]
    drawn = torch.cat(found).numpy().astype(np.int64)
    before = begun[: len(begun) - len(kept)]
    return [vocabulary.decode([*before, *row.tolist()], "replace") for row in drawn]


@torch.no_grad()
def _drawn(
    text: TextModel,
    batch: Batch,
    which: tuple[int, int],
    prompted: bool,
    temperature: float,
    top_p: float,
    seed: int,
) -> Tensor:
    """Rows of tokens (count, steps), drawn behind those that are known; ``which``: the first one, and their count."""
    (start, count), fitted, size = which, text.vae.fitted_, len(batch.x)
    condition = batch.condition if batch.condition is not None else draw_conditions(fitted, size, start, seed)
    chain: Chain
    if prompted:
        visible = batch.observed.to(batch.x.dtype)
        chain = text.model.decode(None, condition, batch.x[None], visible[None])
    else:
        noise = RowNoise((seed, 61), start, device=text.device)
        z = latents_by(fitted, sampler_for(fitted, None))(size, noise, 1.0, condition)
        chain = text.model.decode(z, condition)
    tokens = text.description.vocabulary().size
    fresh = RowNoise((seed, 62), start, device=text.device)
    return ruled(chain, LineRules(), tokens, temperature, top_p, count).sample(fresh)[0, :count].cpu()
