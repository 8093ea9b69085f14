"""The section on training."""

import numpy as np

from quintet.errors import QuintetError
from quintet.estimators._input.user_rows import rows_of
from quintet.inference.likelihood import terms, units
from quintet.models.context.model import ContextModel
from quintet.report.figures import curves
from quintet.report.gather import take_rows
from quintet.report.material import ReportMaterial
from quintet.report.page import Panel, Section

AFTER = 500
"""Most rows whose distortion is measured after training."""
STAGES = {
    "guide": "Fits the partial encoder, the posterior of rows with missing cells, to the finished model",
    "context": "Fits the decoder that also sees the cells that are already known",
}
"""What later stages train."""


def training(m: ReportMaterial) -> Section:
    """Training: learning curves and KL per latent."""
    section = Section(
        "training",
        "Training",
        "The loss is the sum of two terms, in nats per row: distortion −log p(x|z), the cost of a row given its code, "
        "and rate KL(q‖p), the cost of the code.",
    )
    if not m.history:
        section.notes.append("The model’s file has no training history, so there are no learning curves.")
        return section
    section.panels.append(_learning_curves(m))
    if any(row.get("kl_per_latent") for row in m.history):
        active = int((m.activity > 0.01).sum())
        section.panels.append(
            Panel(
                "kl-per-latent",
                curves.kl_per_latent(m.activity, palette=m.palette),
                "KL per latent",
                "Mean KL of the posterior from the prior. Latents below 0.01 nats carry no information; if most do, "
                "the model has collapsed to its decoder.",
                alt=f"Bars of the KL of {len(m.activity)} latents from largest to smallest: the largest is "
                f"{float(m.activity.max()):.2f} nats, {active} exceed 0.01 nats.",
            )
        )
    for stage in list(dict.fromkeys(str(row.get("stage", "")) for row in m.history))[1:]:
        section.panels.append(_later_stage(m, stage))
    return section


def _learning_curves(m: ReportMaterial) -> Panel:
    """The first stage, with the validation curve or, without one, the evaluated rows after training."""
    stage = curves.stage_rows(m.history, None)
    watched = any(row.get("val_distortion") is not None for row in stage)
    after = None if watched else _after_training(m)
    words = "Both should have settled at the end; a loss that still falls asks for more epochs. "
    if watched:
        words += "A validation curve that rises while the other falls shows overfitting."
    elif after is not None:
        words += f"The dot is the mean of the {m.which} rows after training: far above the line, the model overfits."
    else:
        words += "There is no validation curve, because no rows were held out for one (validation=0.1, or X_val)."
    first, last = (tuple(float(row.get(key) or 0) for key in ("distortion", "rate")) for row in (stage[0], stage[-1]))
    alt = (
        f"Over {len(stage)} epochs the distortion goes from {first[0]:.1f} to {last[0]:.1f} nats per row and the rate "
        f"from {first[1]:.1f} to {last[1]:.1f}."
    )
    if after is not None:
        alt += f" After training, {m.which} rows have {after[0]:.1f} and {after[1]:.1f}."
    figure = curves.learning_curves(m.history, palette=m.palette, after=after, after_name=f"{m.which} rows")
    return Panel("learning-curves", figure, "Distortion and rate by epoch", words, alt=alt)


def _later_stage(m: ReportMaterial, stage: str) -> Panel:
    rows = curves.stage_rows(m.history, stage)
    losses = [float(rows[k].get("loss") or 0) for k in (0, -1)]
    return Panel(
        f"stage-{stage}",
        curves.guide_curve(m.history, stage, palette=m.palette),
        f"The later stage “{stage}”",
        f"{STAGES.get(stage, 'Trained after the first stage')}. The curve should level off.",
        alt=f"The loss of the stage {stage} goes from {losses[0]:.2f} to {losses[1]:.2f} nats per row in {len(rows)} "
        "epochs.",
    )


def _after_training(m: ReportMaterial) -> tuple[float, float] | None:
    """Distortion and rate of the evaluated rows by the trained model, nats per row in the units of the loss; None where
    they are training rows, or where another decoder than that of the first stage gives them."""
    fitted = getattr(m.vae, "fitted_", None)
    if fitted is None or isinstance(fitted.model, ContextModel) or m.which == "training":
        return None
    some = np.arange(min(len(m.test), AFTER))
    rows, _ = rows_of(m.vae, take_rows(m.test, some), fitted.schema, None, None)
    try:
        found = terms(fitted, rows, seed=m.seed)
    except QuintetError:
        return None
    scale = units(fitted.schema)  # from the loss, of standardised cells, to densities in the user's units
    shift = scale.sum() if rows.observed is None else (scale * rows.observed).flatten(1).sum(1).mean()
    return float(found["distortion"].double().mean() + shift), float(found["rate"].double().mean())
