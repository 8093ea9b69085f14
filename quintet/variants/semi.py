"""Semi-supervised M2 (Kingma et al., 2014): few rows have a label, y = -1 says that a row has none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch

from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models import semi_supervised
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class SemiSupervised(Variant):
    """A conditional model and its classifier, learnt from few labels; ``Classifier`` is its face.

    Parameters
    ----------
    consistent : first train the classifier alone, by the labels and by holding it to its sure answers on varied rows
        (turned, stretched and shifted images; shaken tables); False: M2 as published, the bound trains the classifier.
    alpha : weight of the labels' cross-entropy beside the bound, where the bound trains the classifier.
    confidence : the least probability at which a class is held to.
    most : likeliest classes that the bound of a row without label sums over; None: all.
    share : of the rows of a batch that have labels; they are repeated for it.
    width : of the classifier's first layer.
    """

    summary: ClassVar[str] = "few labels, y = -1 for none: a classifier inside, the bound sums over the classes"
    conditional: ClassVar[bool] = True
    unlabelled: ClassVar[Any] = -1

    consistent: bool = True
    alpha: float = 1.0
    confidence: float = 0.8
    most: int | None = 3
    share: float = 0.25
    width: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.alpha >= 0:
            raise InputError(f"alpha={self.alpha} came; the weight of the labels must be at least 0.")
        for name in ("confidence", "share"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name}={getattr(self, name)} came; allowed is 0 up to, not including, 1.")
        for name, value in (("most", 1 if self.most is None else self.most), ("width", self.width)):
            if value < 1:
                raise InputError(f"{name}={value!r} came; allowed is a whole number of at least 1.")

    def refuses(self, schema: Schema) -> str | None:
        """Conditions that are no one label."""
        given = schema.condition
        if given is None or (len(given.columns) == 1 and given.columns[0].levels is not None):
            return None
        return "variant='semi' needs one label a row, and y holds numbers, images or columns: use 'cvae'."

    def arranged(self, rows: Rows) -> Rows:
        """Rows with a label as often as makes up ``share`` of the rows."""
        return semi_supervised.arranged(rows, self.share)

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """The classifier, then the joint under it, or both at once; then the guide."""
        if schema.condition is None:
            raise InputError("variant='semi' needs labels: give y to fit (-1 for rows without), or --label.")
        model = semi_supervised.Semi(schema, latent_dim, network, self.likelihood_of(schema), self.width)

        def classes(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            return semi_supervised.consistency(model, batch, self.confidence, noise)

        def frozen(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            with torch.no_grad():
                log_q = model.classify(batch.x, batch.observed)
            return semi_supervised.bound(model, batch, log_q, self.most, noise, context)

        def together(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            log_q = model.classify(batch.x, batch.observed)
            terms = semi_supervised.bound(model, batch, log_q, self.most, noise, context)
            return replace(terms, loss=terms.loss + self.alpha * semi_supervised.label_loss(model, batch, log_q))

        guide, guiding = guide_stage(model)
        (guesser,) = guiding.groups
        guiding = replace(guiding, groups=(replace(guesser, loss=semi_supervised.completing(model, guesser.loss)),))
        if not self.consistent:
            return Recipe(model, (Stage("joint", (OptimizerGroup("model", (model,), together),), 0.8), guiding), guide)
        joint = Stage("joint", (OptimizerGroup("model", model.generative(), frozen),), 0.4)
        first = (Stage("classes", (OptimizerGroup("classifier", (model.classifier,), classes),), 0.4),)
        return Recipe(model, (*(first if schema.condition_dim > 1 else ()), joint, guiding), guide)
