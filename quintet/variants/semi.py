"""Semi-supervised VAE M2 (Kingma et al., 2014), for rows of which few have a label; y = -1 marks the others."""

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
    """Conditional VAE with a classifier, trained with few labels; ``Classifier`` is its estimator.

    Parameters
    ----------
    consistent : train the classifier first, on the labels and by consistency of confident predictions under
        augmentation (FixMatch); False: M2 as published, where the ELBO trains the classifier.
    alpha : weight of the labels' cross-entropy, if the ELBO trains the classifier.
    confidence : smallest probability at which a prediction serves as a label.
    most : number of most probable classes over which the ELBO of an unlabelled row sums; None: all.
    share : share of labelled rows in a batch; labelled rows are repeated to reach it.
    width : width of the classifier's first layer.
    """

    summary: ClassVar[str] = (
        "semi-supervised VAE for few labels (y = -1 for none): a classifier, and an ELBO summed over classes"
    )
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
            raise InputError(f"alpha must be at least 0, got {self.alpha}.")
        for name in ("confidence", "share"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 0 and below 1, got {getattr(self, name)}.")
        for name, value in (("most", 1 if self.most is None else self.most), ("width", self.width)):
            if value < 1:
                raise InputError(f"{name} must be at least 1, got {value!r}.")

    def refuses(self, schema: Schema) -> str | None:
        """Refuses conditions other than one label for each row."""
        given = schema.condition
        if given is None or (len(given.columns) == 1 and given.columns[0].levels is not None):
            return None
        return "variant='semi' needs one label for each row, got numbers, images or several columns as y: use 'cvae'."

    def arranged(self, rows: Rows) -> Rows:
        """The rows with labelled ones repeated, so that they are ``share`` of all rows."""
        return semi_supervised.arranged(rows, self.share)

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """The classifier and then the joint model, or both together; then the partial encoder."""
        if schema.condition is None:
            raise InputError(
                "variant='semi' needs labels, got none: give y to fit (-1 for unlabelled rows), or --label."
            )
        model = semi_supervised.Semi(schema, latent_dim, network, self.likelihood_of(schema), self.width)

        def classes(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            return semi_supervised.consistency(model, batch, self.confidence, noise)

        def frozen(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            with torch.no_grad():
                log_q = model.classify(batch.x, batch.observed)
            return semi_supervised.bound(model, batch, log_q, self.most, noise, context)

        def together(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            log_q = model.classify(batch.x, batch.observed)
            output = semi_supervised.bound(model, batch, log_q, self.most, noise, context)
            return replace(
                output, loss=output.loss + self.alpha * semi_supervised.label_loss(model, batch, log_q, context.share)
            )

        partial_encoder, last = guide_stage(model)
        (group,) = last.groups
        last = replace(last, groups=(replace(group, loss=semi_supervised.completing(model, group.loss)),))
        if not self.consistent:
            return Recipe(
                model, (Stage("joint", (OptimizerGroup("model", (model,), together),), 0.8), last), partial_encoder
            )
        joint = Stage("joint", (OptimizerGroup("model", model.generative(), frozen),), 0.4)
        first = (Stage("classes", (OptimizerGroup("classifier", (model.classifier,), classes),), 0.4),)
        return Recipe(model, (*(first if schema.condition_dim > 1 else ()), joint, last), partial_encoder)
