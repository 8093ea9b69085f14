"""Patchwork: a model of small images for pictures of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.arguments import (
    BatchRows,
    Blob,
    Effort,
    MissingEach,
    NotNegative,
    OpenShare,
    Overlap,
    Pictures,
    Positive,
    RandomState,
    Share,
)
from quintet.arguments.checking import hold_fields
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import fitted_for
from quintet.estimators._patchwork import coding
from quintet.estimators._patchwork.denoise import denoise_picture
from quintet.estimators._patchwork.detect import PictureDetections, combined, ranked_among, score_picture
from quintet.estimators._patchwork.impute import impute_picture
from quintet.estimators._patchwork.input import masks_of, take
from quintet.estimators._patchwork.lossy_coding import compress_lossily
from quintet.estimators._patchwork.similar_patches import refined_imputed
from quintet.estimators.vae import VAE
from quintet.tasks.detect.decision import Decision
from quintet.tasks.detect.p_values import p_values


@dataclass(frozen=True)
class Patchwork:
    """Four questions about pictures larger than the rows that a model was trained on, by patches of the rows' size.

    Every answer takes a stack (n, height, width[, channels]) or a list of pictures of different sizes, and gives its
    answer in the same form. Patches overlap and are blended by weights that sum to one, so that no seam shows;
    compressing takes tiles without overlap. New pictures come at the trained size only: ``vae.generate``.

    Parameters
    ----------
    vae : VAE
        A fitted model of images, of ``cut_patches`` of such pictures, say.
    overlap : float, default=0.5
        The part of a patch that neighbours share at least, 0 up to 0.95. Patches, and so seconds, grow by
        1 / (1 - overlap)².

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_sample_images
    >>> from quintet import VAE, Patchwork, cut_patches
    >>> flower = load_sample_images().images[1][:64, :64]
    >>> rows, groups = cut_patches([flower], size=8, n=500, return_groups=True)
    >>> vae = VAE(latent_dim=4, network={"kind": "mlp", "hidden": (32,)}, epochs=2).fit(rows, groups=groups)
    >>> patchwork = Patchwork(vae)
    >>> blob = patchwork.compress([flower[:30, :43]])
    >>> bool((patchwork.decompress(blob)[0] == flower[:30, :43]).all())
    True
    """

    vae: VAE
    overlap: Overlap = 0.5

    def __post_init__(self) -> None:
        hold_fields(self)

    @public
    def compress(
        self,
        images: Pictures,
        *,
        lossy: bool | Positive = False,
        effort: Effort = "normal",
        batch_rows: BatchRows = 256,
    ) -> bytes:
        """Pictures to the bytes of one file; no pixel is coded twice, and ``decompress`` gives them back bit for bit.

        Parameters
        ----------
        lossy : True, or a step, for the code that ``vae.fit_lossy`` has learnt; whole pictures are coded, not patches.
        effort, batch_rows : as in ``VAE.compress``.
        """
        fitted_for(self.vae, "compress")
        pictures = take(images, self.vae.schema_)
        if lossy is not False:
            return compress_lossily(self.vae, pictures, float(lossy))
        return coding.compress_pictures(self.vae, pictures, effort=effort, batch_rows=batch_rows)

    @public
    def decompress(self, blob: Blob, *, batch_rows: BatchRows = 256) -> Any:
        """The pictures of a compressed file, a stack or a list as given to ``compress``; of a lossy one alike."""
        fitted_for(self.vae, "compress")
        return coding.decompress_pictures(self.vae, blob, batch_rows=batch_rows)

    @public
    def denoise(
        self,
        images: Pictures,
        noise: str = "auto",
        *,
        rate: NotNegative | None = None,
        mask: MissingEach | None = None,
        return_report: bool = False,
        effort: Effort = "normal",
        batch_rows: BatchRows = 128,
        random_state: RandomState | None = None,
    ) -> Any:
        """E[x | x̃] of pictures, in their own dtype; kind and rate of the noise are found over each whole picture.

        Parameters
        ----------
        noise, rate, effort, batch_rows, random_state : as in ``VAE.denoise``.
        mask : True where a cell is missing; one for each picture or one for all.
        return_report : give (pictures, report): a ``Noise`` of each, its ``kind``, ``rate`` and ``evidence``.
        """
        fitted_for(self.vae, "denoise")
        if rate is not None and noise == "auto":
            raise InputError("rate needs the kind of noise, got noise='auto': name the kind that has this rate.")
        pictures = take(images, self.vae.schema_)
        options = {"effort": effort, "batch_rows": batch_rows, "random_state": random_state}
        answers = [
            denoise_picture(self.vae, picture, missing, self.overlap, noise, rate, **options)
            for picture, missing in zip(pictures.all, masks_of(mask, pictures), strict=True)
        ]
        clean = pictures.like([picture for picture, _ in answers])
        return (clean, [found for _, found in answers]) if return_report else clean

    @public
    def impute(
        self,
        images: Pictures,
        *,
        mask: MissingEach | None = None,
        effort: Effort = "normal",
        batch_rows: BatchRows = 128,
        random_state: RandomState | None = None,
    ) -> Any:
        """Pictures with their missing cells filled by the mean E[missing | observed]; observed cells stay bit for bit.

        A region of missing cells larger than a patch is filled from its rim inwards, and the means grow smooth there.
        Draws are left to ``VAE.impute``: blended draws would vary less than they should.

        Parameters
        ----------
        mask : True where a cell is missing; one for each picture or one for all. NaN is missing, too.
        """
        fitted_for(self.vae, "impute")
        pictures = take(images, self.vae.schema_)
        options = {"effort": effort, "batch_rows": batch_rows, "random_state": random_state}
        answers = [
            refined_imputed(
                self.vae.fitted_, picture, missing, impute_picture(self.vae, picture, missing, self.overlap, **options)
            )
            for picture, missing in zip(pictures.all, masks_of(mask, pictures), strict=True)
        ]
        return pictures.like(answers)

    @public
    def detect(
        self,
        images: Pictures,
        *,
        normal: Pictures | None = None,
        fdr: Share | None = None,
        false_alarms: OpenShare | None = None,
        score: str = "default",
        mask: MissingEach | None = None,
        effort: Effort = "normal",
        batch_rows: BatchRows = 256,
    ) -> PictureDetections:
        """How strange each picture is, how sure that is, and where.

        Parameters
        ----------
        normal : pictures known to be normal that training has not seen. Then a p-value is the picture's rank among
            them, exact where pictures can be exchanged; at least 1/p pictures are needed to reach p. A picture with
            missing cells is ranked among those of its size, seen through its mask. None: the patches' p-values against
            the model's held-out patches, combined so that they may depend on each other in any way: how improbable so
            strange patches are if every patch is like those that the model was calibrated on.
        fdr : bound on the expected share of normal pictures among those called anomalies (Benjamini-Hochberg); None:
            pictures with p <= ``false_alarms`` are called.
        false_alarms : share of normal pictures that are called where ``fdr`` is None; None: the model's own.
        score : of the patches, "default" or one component by name, as in ``VAE.detect``.
        effort : as in ``VAE.detect``, for patches with missing cells.
        """
        fitted_for(self.vae, "detect")
        rule = Decision.of(fdr, false_alarms, self.vae.false_alarms)
        pictures, schema = take(images, self.vae.schema_), self.vae.schema_
        known = [] if normal is None else take(normal, schema).all
        options = {"score": score, "effort": effort, "batch_rows": batch_rows}
        masks = masks_of(mask, pictures)
        found = [
            score_picture(self.vae, picture, missing, self.overlap, **options)
            for picture, missing in zip(pictures.all, masks, strict=True)
        ]
        scores = np.array([each.score for each in found])
        if normal is None:
            p = np.array([combined(each.patch_p_values) for each in found])
        else:
            usual = ranked_among(self.vae, known, pictures.all, masks, self.overlap, **options)
            p = np.array([p_values(scores[i : i + 1], each)[0] for i, each in enumerate(usual)])
        maps = [pictures.like([getattr(each, name) for each in found]) for name in ("where", "heat")]
        return PictureDetections(scores, p, rule.anomalies(p), *maps)
