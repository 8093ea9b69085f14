"""The artifacts of a weights file: each is checked against the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from quintet import variants
from quintet.artifacts.table import TABLE, Artifacts, check_versions
from quintet.artifacts.tensor_spec import CONDITION, DETECT, GUIDE, POSTERIOR, TensorSpec, check_tensors
from quintet.data.schema import Schema
from quintet.inference import width_factors
from quintet.models.block_code.axes import block_axes
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.gaussian_field import axes_of
from quintet.tasks.denoise.noise_kinds import kinds_for
from quintet.tasks.detect.features import compared_size
from quintet.tasks.detect.image_gradients import slopes
from quintet.tasks.detect.score_calibration import MEASURED


def checked_artifacts(
    fitted: Fitted,
    tensors: Mapping[str, Tensor],
    name: str,
    listed: Sequence[str] | None = None,
    versions: Mapping[str, int] | None = None,
) -> Artifacts:
    """The artifacts of the file ``name``.

    Parameters
    ----------
    tensors : by their names in the table, without "reference.".
    listed : the names that the file's header gives; None in files of earlier versions.
    versions : of the artifacts that are not of version 1.

    Raises
    ------
    FileRefused
        The tensors are not those of the table for this model, or a version is later than this quintet's.
    """
    check_versions(versions or {}, name)
    facts = facts_of(fitted)
    table = {key: spec for key, spec in TABLE.items() if facts.issuperset(spec.needs)}
    table |= {key: replace(table[key], optional=False) for key in listed or () if key in table}
    check_tensors(table, tensors, sizes_of(fitted.schema, fitted.model.latent_dim), name)
    return Artifacts.of(tensors)


def facts_of(fitted: Fitted) -> set[str]:
    """The facts of a model that decide which tensors its file holds."""
    if fitted.options.get("compact", False):
        return set()
    unanswered = variants.get(fitted.options["variant"]).answers
    facts = {POSTERIOR: fitted.model.has_posterior, GUIDE: fitted.model.has_posterior and fitted.guide is not None}
    facts |= {DETECT: fitted.model.has_posterior and "detect" not in unanswered}
    facts |= {CONDITION: fitted.schema.condition is not None}
    return {name for name, holds in facts.items() if holds}


def sizes_of(schema: Schema, latent_dim: int) -> dict[str, tuple[int, ...]]:
    """The axes of tensors that are known from a model."""
    known = {"latent": (latent_dim,), "cells": (schema.size,), "row": schema.shape}
    known["efforts"], known["width_groups"] = (len(width_factors.EFFORTS),), (width_factors.PLACES,)
    known["compared"] = (compared_size(schema),)
    known["widened"] = (1 if schema.is_image or schema.sequential else schema.size,)
    known["field"], known["window"] = axes_of(schema.shape)
    known["kinds"] = (len(kinds_for(schema)),)
    known["measured"] = (len(MEASURED),)
    known["block"], known["block_features"], known["block_parameters"] = block_axes(schema)
    if schema.is_image:
        known["slopes"] = (slopes(torch.zeros(1, *schema.shape, dtype=torch.float32)).shape[1],)
    return known


def attribute_table(readings: Iterable[int]) -> dict[str, TensorSpec]:
    """Specs of the attributes' tensors, by name in the file; ``readings``: 1 for a number, the number of levels for a
    label."""
    table: dict[str, TensorSpec] = {}
    for i, count in enumerate(readings):
        table[f"attribute.{i}.slope"] = table[f"attribute.{i}.step"] = TensorSpec(f"{count} latent")
        table[f"attribute.{i}.offset"] = TensorSpec(f"{count}")
    return table
