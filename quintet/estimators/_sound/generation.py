"""The question ``generate`` about sound: new recordings."""

from __future__ import annotations

import numpy as np

from quintet.arguments import Condition, Count, NotNegative, RandomState
from quintet.data.sequences.sound.clips import ClipShape
from quintet.data.sequences.sound.recording import Recording
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._sound.sound_estimator import SoundEstimator


@public
def generate(
    self: SoundEstimator,
    n: Count = 1,
    condition: Condition | None = None,
    *,
    temperature: NotNegative = 0.7,
    random_state: RandomState | None = None,
) -> list[Recording]:
    """New short recordings: spectrograms drawn from the model, and samples that have them.

    Parameters
    ----------
    condition : the class of all clips, or of each; None: drawn as in the training recordings.
    temperature : scale of the spread of the latents; the default trades variety for clarity.
    """
    known = self.description_
    shape = ClipShape(known.rate, known.clip_frames, known.clip_bands)
    seed = seed_for(self.clips, random_state)
    rows = self.clips.generate(n, condition, temperature=temperature, random_state=seed)
    random = np.random.default_rng((seed, 6))
    return [shape.recording(row, random, known.longest) for row in rows]
