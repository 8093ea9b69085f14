"""Detect in pictures: how strange each is, how sure that is, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.patches.grid import Blend
from quintet.data.result_table import to_frame
from quintet.data.schema import Array
from quintet.estimators._patchwork.input import patch_chunks, seen_in, tiling_of
from quintet.tasks.detect.listing import detection_columns, print_detections

STRANGEST = 0.05
"""Share of a picture's patches whose mean is the picture's score: some part of a picture makes it strange."""


@dataclass(frozen=True, repr=False)
class PictureDetections:
    """The answer for n pictures.

    ``scores`` (n,): the mean score of each picture's strangest patches, higher is stranger. ``p_values`` (n,) and
    ``is_anomaly`` (n,), the decision at the given false discovery rate. Two maps of each picture's height and
    width: ``where``, the surprise of each pixel given its patches, in nats beyond the usual, as of ``VAE.detect``; and
    ``heat``, the patches' scores blended, coarser, by the given score.
    """

    scores: npt.NDArray[np.float64]
    p_values: npt.NDArray[np.float64]
    is_anomaly: npt.NDArray[np.bool_]
    where: Any
    heat: Any

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        """What was found in a line, and a table of the strangest pictures."""
        return print_detections(self._columns(), "compared by their patches", "picture")

    def to_frame(self, library: str | None = None) -> Any:
        """A frame of the pictures in their order: score, p_value and is_anomaly.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        return to_frame(self._columns(), library)

    def _columns(self) -> dict[str, Any]:
        return detection_columns(self.scores, self.p_values, self.is_anomaly)


@dataclass(frozen=True)
class PictureScore:
    """The answer for one picture; ``patch_p_values`` (k,) are those of its patches."""

    score: float
    where: Array
    heat: Array
    patch_p_values: Array


def score_picture(vae: Any, picture: Array, missing: Array | None, overlap: float, **options: Any) -> PictureScore:
    """Score one picture by its patches."""
    tiling = tiling_of(picture, vae.schema_, overlap)
    where, heat = (Blend(picture.shape[:2], tiling) for _ in range(2))
    scores, p_values = np.empty(len(tiling)), np.empty(len(tiling))
    for index in patch_chunks(np.arange(len(tiling))):
        cut, holes = seen_in(tiling, picture, missing, index)
        found = vae.detect(cut, mask=holes, fdr=1.0, **options)
        scores[index], p_values[index] = found.scores, found.p_values
        flat = np.broadcast_to(found.scores[:, None, None], (len(index), *tiling.size))
        heat.add(index, flat.astype(np.float32))
        where.add(index, found.where if found.where.ndim == 3 else found.where.sum(-1))
    most = max(1, round(STRANGEST * len(scores)))
    score = float(np.sort(scores)[-most:].mean())
    return PictureScore(score, where.picture(), heat.picture(), p_values)


def ranked_among(
    vae: Any, normal: list[Array], pictures: list[Array], masks: list[Array | None], overlap: float, **options: Any
) -> list[Array]:
    """For each picture the scores of the normal ones: of those of its size, under its mask, where it has one."""
    whole = [score_picture(vae, picture, None, overlap, **options).score for picture in normal]

    def under(mask: Array) -> list[float]:
        alike = [known for known in normal if known.shape == mask.shape]
        return [score_picture(vae, known, mask, overlap, **options).score for known in alike]

    return [np.array(whole if mask is None else under(mask)) for _, mask in zip(pictures, masks, strict=True)]


def combined(p_values: Array) -> float:
    """One p-value from several that may depend on each other in any way (Hommel, Biometrical Journal 25, 1983).

    Valid where each single one is: P(combined ≤ α) ≤ α if no patch is strange. min over k of p₍ₖ₎ n/k, times
    1 + 1/2 + … + 1/n.
    """
    n = len(p_values)
    rank = np.arange(1, n + 1)
    return float(min(1.0, (1 / rank).sum() * (np.sort(p_values) * n / rank).min()))
