"""The job of a fit: what the parameters and the rows amount to, found before training begins."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from quintet.arguments import STEPS
from quintet.data import row_fingerprints
from quintet.data.columns.left_out import LeftOut
from quintet.data.columns.table import notes as columns_notes
from quintet.data.constraints.learn import notes as constraint_notes
from quintet.data.frame_columns import FrameColumns
from quintet.data.schema import Array, Schema
from quintet.data.sequences.calendar import Clock
from quintet.errors import InputError, warn
from quintet.estimators._fit import presets, resolve_config, row_counts
from quintet.estimators._input import training_rows, untrusted_cells, user_rows
from quintet.estimators._input.holdout import Split, split_rows
from quintet.estimators.nested_parameters import variant_instance
from quintet.models.fitted import Fitted
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.training import Training
from quintet.training.processes import ALONE, Processes

log = logging.getLogger("quintet")


@dataclass(frozen=True)
class Job:
    """Everything that training needs; nothing in it is "auto"."""

    variant: Variant
    network: Network
    schema: Schema
    latent_dim: int
    parts: Split
    plan: Training
    seed: int
    notes: list[str]
    context: str  # "none", or the kind of context decoder
    keys: Array  # (n,) fingerprints of the rows given, see quintet.data.row_fingerprints
    training_anomalies: float = 0.0  # share of anomalous rows
    before: Fitted | None = None  # the model whose training continues
    compact: bool = False  # whether the model has what coding needs alone, in eight bits

    def about(self) -> dict[str, Any]:
        """What must agree for a run to be resumed, beside the data and the plan."""
        return {"variant": self.variant.get_params(), "kind": self.schema.kind, "context": self.context}


def job_of(
    estimator: Any,
    X: Any,
    array: Array,
    y: Any = None,
    X_val: Any = None,
    *,
    sample_weight: Any = None,
    mask: Any = None,
    groups: Any = None,
    kind: str | None = None,
    table: FrameColumns | None = None,
    before: Fitted | None = None,
    processes: Processes = ALONE,
) -> Job:
    """Find the schema, hold rows out, and choose what is "auto".

    Parameters
    ----------
    estimator : its parameters are read, nothing of it is set.
    array : the cells of X, (n, *row_shape).
    kind : of the cells; None: the estimator's.
    table : the columns of X, if its rows are those of a table.
    before : the estimator's own model, where its training continues: schema and latents stay.
    processes : those that train together, which take the first one's seed.
    """
    variant = variant_instance(estimator.variant)
    seed = int(processes.from_first(lambda: str(resolve_config.seed_of(estimator.random_state)).encode()))
    condition = y if variant.conditional or isinstance(y, Clock) else None
    weight = user_rows.sample_weights(sample_weight, len(array))
    known = None if before is None else before.schema
    schema, rows = training_rows.rows_for_training(
        X,
        array,
        condition,
        mask,
        weight,
        kind=kind or estimator.kind,
        variant=variant,
        seed=seed,
        known=known,
        columns=table,
        movable=bool(resolve_config.augmentation_of(estimator.training)),
        sequential=estimator.layout == STEPS,
    )
    doubts = (
        untrusted_cells.of_training(schema, array, rows)
        if before is None
        else untrusted_cells.of_new_rows(schema, rows)
    )
    if before is None:
        context = presets.context_for(estimator.context, schema, variant, estimator.preset)
        compact = presets.preset_named(estimator.preset).compact
    else:
        context = before.options.get("context", "none")
        compact = before.options.get("compact", False)
    if schema.calendar is not None and context != "steps":  # no other part of a model reads it
        schema, rows = schema.model_copy(update={"calendar": None}), replace(rows, condition=None)
    plan = resolve_config.plan_of(
        estimator.training, estimator.preset, estimator.epochs, estimator.max_minutes, len(rows), context
    )
    keys = training_rows.training_fingerprints(array, schema, rows)
    dealt = None if before is None else row_fingerprints.dealt(keys, before.artifacts.row_fingerprints)
    held = 0.0 if compact else estimator.calibration
    parts = split_rows(rows, seed, held, plan.validation if X_val is None else 0.0, groups, dealt)
    if before is not None or "detect" in variant.answers:
        parts = replace(parts, others=())
    if X_val is not None:
        parts = replace(parts, validation=training_rows.validation_rows(estimator, X_val, schema, variant, seed))
    plan = resolve_config.plan_of_each_model(plan, 1 + len(parts.others))
    if before is None:
        latent_dim, why = resolve_config.latents_of(estimator.latent_dim, parts.train, seed, estimator.preset)
    else:
        latent_dim, why = estimator.latent_dim_, f"latent_dim={estimator.latent_dim_}, as before"
    notes = [
        training_rows.description(schema, rows),
        why,
        row_counts.without_answers(parts, len(rows)) if compact else row_counts.held_out(parts, len(rows)),
        f"{plan.epochs} epoch{'' if plan.epochs == 1 else 's'}",
    ]
    if before is None:
        doubts += row_counts.doubts(parts, len(rows), compact)
    else:
        notes.insert(3, _continued(dealt))
    notes += columns_notes(schema.columns) + constraint_notes(schema.constraints) + doubts
    if context == "none" and estimator.context == "auto" and presets.too_wide(schema):
        notes.append(f"no context decoder of {schema.size} cells, which would take long: context='columns' trains one")
    _warn_of_text(schema)
    for note in notes:
        log.info(note)
    variant = presets.variant_for(estimator.variant, estimator.preset, schema)
    network = presets.network_for(estimator.network, estimator.preset, schema, len(parts.train), context)
    return Job(
        variant,
        network,
        schema,
        latent_dim,
        parts,
        plan,
        seed,
        notes,
        context,
        keys,
        estimator.training_anomalies,
        before,
        compact,
    )


def _warn_of_text(schema: Schema) -> None:
    """Warn about columns of free text, which the model leaves out."""
    texts = [repr(c.name) for c in schema.columns if isinstance(c, LeftOut) and c.reason == "text"]
    if texts:
        warn(
            f"Free text is left out of the model, in {', '.join(texts)}: answers keep the user's text, generated rows "
            "have none, and compressed files store it verbatim; drop it, or give it a type with schema= (--schema).",
        )


def model_to_continue(estimator: Any) -> Fitted:
    """The estimator's model; refused where there is none."""
    if not hasattr(estimator, "fitted_"):
        raise InputError("continue_training=True needs a trained model; load one, or call fit without it first.")
    fitted: Fitted = estimator.fitted_
    return fitted


def _continued(dealt: Array | None) -> str:
    """Which rows an earlier training knows; a warning where the model's file does not say."""
    if dealt is None:
        note = (
            "this model's file does not say which rows trained it, so those that calibrate the p-values may be among "
            "them: train afresh where p-values matter"
        )
        warn(note)
        return note
    trained, kept = (int((dealt == part).sum()) for part in (row_fingerprints.TRAIN, row_fingerprints.CALIBRATION))
    new = int((dealt == row_fingerprints.HELD_OUT).sum())
    return f"{trained} rows trained before and train on, {kept} calibrated before and do so still, {new} are new"
