"""Every tensor that a file keeps beside the weights: its name, shape, type, and the values that it may hold.

``Fitted.reference`` and the attributes hold nothing else. A new tensor is one more row of ``TABLE``; a file whose
tensors do not fit their rows is refused by their names before anything is computed from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from quintet import variants
from quintet.data import row_fingerprints
from quintet.data.schema import Schema
from quintet.errors import FileRefused
from quintet.inference import copula, interval_width, latent_bank, latent_density
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.combination_weights import SHARES
from quintet.tasks.denoise.gaussian_field import CORRELATION, MEAN, SPREAD, TAIL, axes_of
from quintet.tasks.denoise.noise_kind_choice import CLEAN
from quintet.tasks.denoise.noise_kinds import HIGHEST, LOWEST, kinds_for
from quintet.tasks.detect.image_gradients import slopes
from quintet.tasks.detect.score_calibration import MEASURED

POSTERIOR, GUIDE, DETECT, CONDITION = "posterior", "guide", "detect", "condition"
"""Facts of a model, see ``facts_of``."""
CURE = "the file was altered, or another version wrote it; copy it again, or fit the model again"


@dataclass(frozen=True)
class TensorSpec:
    """What one tensor has to be.

    Parameters
    ----------
    shape : its axes, with spaces between: a number; "latent", "cells", "slopes" or "row", known from the model; or any
        other word, which stands for the same number (at least 1) wherever it occurs; "a+b" is a sum.
    dtype : its type; None: that of rows in storage, uint8 or float32.
    least : the smallest value that it may hold. All values are finite.
    check : "factor" (lower triangles with a positive diagonal), "covariance" (symmetric, no negative eigenvalue),
        "shares" (at least 0, of sum one along the last axis) or "order" (each number from 0 on, once).
    needs : the tensor belongs to models of which all these facts hold.
    optional : a model of which they hold may lack it.
    beside : a tensor that has to be there where this one is.
    empty : its first axis may have no rows.
    """

    shape: str
    dtype: torch.dtype | None = torch.float32
    least: float = -torch.inf
    check: str = ""
    needs: tuple[str, ...] = ()
    optional: bool = False
    beside: str = ""
    empty: bool = False


def _kept(*needs: str) -> dict[str, TensorSpec]:
    """The rows of a gauge: components of the held-out normal rows that are counted, and of those that set scales."""
    name = ".".join(["calibration", *("free" for fact in needs if fact == CONDITION)])
    letters = name.replace(".", "_")
    return {
        name: TensorSpec(f"{letters} {len(MEASURED)}", needs=needs, empty=True),
        f"{name}.scaling": TensorSpec(f"{letters}_scaling {len(MEASURED)}", needs=needs, optional=True),
    }


def _leaves(name: str) -> dict[str, TensorSpec]:
    """The index of an index's points by leaves, which files of 0.1 lack."""
    order, probed = f"{name}.order", f"{name}.probed"
    return {
        order: TensorSpec("points", torch.int32, check="order", needs=(DETECT,), optional=True, beside=probed),
        probed: TensorSpec("1", torch.int32, 1.0, needs=(DETECT,), optional=True, beside=order),
    }


TABLE: dict[str, TensorSpec] = {
    **{name: TensorSpec(name.replace(".", "_"), torch.int64, optional=True) for name in row_fingerprints.NAMES},
    latent_density.NAMES[0]: TensorSpec("components", least=0.0, needs=(POSTERIOR,)),
    latent_density.NAMES[1]: TensorSpec("components latent", needs=(POSTERIOR,)),
    latent_density.NAMES[2]: TensorSpec("components latent latent", check="factor", needs=(POSTERIOR,)),
    latent_bank.NAME: TensorSpec("kept latent", torch.float16, needs=(GUIDE,)),
    copula.NAME: TensorSpec("cells cells", check="covariance", needs=(GUIDE,), optional=True),
    interval_width.NAME: TensorSpec(
        f"{len(interval_width.EFFORTS)} {interval_width.PLACES} widened", needs=(GUIDE,), optional=True
    ),
    MEAN: TensorSpec("field", needs=(GUIDE,), optional=True, beside=CORRELATION),
    SPREAD: TensorSpec("field", least=0.0, needs=(GUIDE,), optional=True, beside=MEAN),
    CORRELATION: TensorSpec("window window", check="covariance", needs=(GUIDE,), optional=True, beside=TAIL),
    TAIL: TensorSpec("field 3", least=0.0, needs=(GUIDE,), optional=True, beside=SPREAD),
    SHARES: TensorSpec("3 2 3", check="shares", needs=(GUIDE,), optional=True, beside=CLEAN),
    CLEAN: TensorSpec("trial kinds", needs=(GUIDE,), optional=True, beside=SHARES),
    LOWEST: TensorSpec("row", needs=(GUIDE,), optional=True, beside=HIGHEST),
    HIGHEST: TensorSpec("row", needs=(GUIDE,), optional=True, beside=LOWEST),
    "latent.mean": TensorSpec("latent", needs=(DETECT,)),
    "latent.basis": TensorSpec("latent latent_axes", needs=(DETECT,)),
    "latent.points": TensorSpec("points latent_axes", torch.float16, needs=(DETECT,)),
    "latent.spread": TensorSpec("points", least=0.0, needs=(DETECT,)),
    **_leaves("latent"),
    "row.mean": TensorSpec("cells", needs=(DETECT,)),
    "row.basis": TensorSpec("cells row_axes", needs=(DETECT,)),
    "slope.mean": TensorSpec("slopes", needs=(DETECT,), optional=True, beside="slope.basis"),
    "slope.basis": TensorSpec("slopes slope_axes", needs=(DETECT,), optional=True, beside="slope.mean"),
    "row.points": TensorSpec("points row_axes+slope_axes", torch.float16, needs=(DETECT,)),
    "row.spread": TensorSpec("points", least=0.0, needs=(DETECT,)),
    **_leaves("row"),
    "where.usual": TensorSpec("row", needs=(DETECT,)),
    **_kept(DETECT),
    **_kept(DETECT, CONDITION),
    "calibration.without": TensorSpec("held 2", torch.int64, 0.0, needs=(DETECT,), optional=True),
    "calibration.rows": TensorSpec("held row", None, needs=(DETECT,), optional=True, beside="calibration.without"),
    "calibration.observed": TensorSpec(
        "held row", torch.bool, needs=(DETECT,), optional=True, beside="calibration.rows"
    ),
    "calibration.condition": TensorSpec(
        "held condition", needs=(DETECT, CONDITION), optional=True, beside="calibration.rows"
    ),
}
"""Of ``Fitted.reference``, by name."""


def attribute_table(readings: Iterable[int]) -> dict[str, TensorSpec]:
    """Of the attributes, by name in the file; ``readings``: 1 of a number, of a label the number of its levels."""
    table: dict[str, TensorSpec] = {}
    for i, count in enumerate(readings):
        table[f"attribute.{i}.slope"] = table[f"attribute.{i}.step"] = TensorSpec(f"{count} latent")
        table[f"attribute.{i}.offset"] = TensorSpec(f"{count}")
    return table


def facts_of(fitted: Fitted) -> set[str]:
    """What the table asks of a model."""
    unanswered = variants.get(fitted.options["variant"]).answers
    facts = {POSTERIOR: fitted.model.has_posterior, GUIDE: fitted.model.has_posterior and fitted.guide is not None}
    facts |= {DETECT: fitted.model.has_posterior and "detect" not in unanswered}
    facts |= {CONDITION: fitted.schema.condition is not None}
    return {name for name, holds in facts.items() if holds}


def check_reference(
    fitted: Fitted, tensors: Mapping[str, Tensor], name: str, listed: Sequence[str] | None = None
) -> None:
    """Refuse the ``reference`` tensors of the file ``name`` where they are not those of the table for this model.

    ``listed``: the names that the file's header gives; None in files of earlier versions.
    """
    facts = facts_of(fitted)
    table = {key: entry for key, entry in TABLE.items() if facts.issuperset(entry.needs)}
    table |= {key: replace(table[key], optional=False) for key in listed or () if key in table}
    check_tensors(table, tensors, sizes_of(fitted.schema, fitted.model.latent_dim), name)


def check_tensors(
    table: Mapping[str, TensorSpec], tensors: Mapping[str, Tensor], sizes: Mapping[str, tuple[int, ...]], name: str
) -> None:
    """Refuse the tensors of the file ``name`` where they do not fit a table.

    Raises
    ------
    FileRefused
        A tensor is missing, not in the table, of another shape or type, or holds values that it must not.
    """
    unknown = sorted(tensors.keys() - table.keys())
    lacking = sorted(_required(table, tensors) - tensors.keys())
    if unknown:
        raise FileRefused(f"{name} holds a tensor {unknown[0]!r}, which this model does not have: {CURE}.")
    if lacking:
        raise FileRefused(f"{name} lacks the tensor {lacking[0]!r}: {CURE}.")
    known = dict(sizes)
    for key in sorted(
        tensors, key=lambda key: "+" in table[key].shape or table[key].shape.endswith(" row")
    ):  # a sum comes after its parts
        trouble = _trouble(table[key], tensors[key], known)
        if trouble:
            raise FileRefused(f"{name} holds a tensor {key!r} that {trouble}: {CURE}.")


def sizes_of(schema: Schema, latent_dim: int) -> dict[str, tuple[int, ...]]:
    """The axes that are known from a model."""
    known = {"latent": (latent_dim,), "cells": (schema.size,), "row": schema.shape}
    known["widened"] = (1 if schema.is_image else schema.size,)
    known["field"], known["window"] = axes_of(schema.shape)
    known["kinds"] = (len(kinds_for(schema)),)
    if schema.is_image:
        known["slopes"] = (slopes(torch.zeros(1, *schema.shape, dtype=torch.float32)).shape[1],)
    return known


def _required(table: Mapping[str, TensorSpec], tensors: Mapping[str, Tensor]) -> set[str]:
    always = {key for key, entry in table.items() if not entry.optional}
    return always | {entry.beside for key, entry in table.items() if entry.beside and key in tensors}


def _trouble(entry: TensorSpec, tensor: Tensor, known: dict[str, tuple[int, ...]]) -> str:
    """What is wrong with a tensor, in words; empty where nothing is. Binds the axes that nobody knew yet."""
    if tensor.dtype not in ((torch.uint8, torch.float32) if entry.dtype is None else (entry.dtype,)):
        return f"is of {tensor.dtype}, not {entry.dtype}"
    wanted, shape = entry.shape.split(), tuple(tensor.shape)
    if entry.empty and shape == (0, *(int(axis) for axis in wanted[1:])):
        return ""
    if "row" not in wanted and len(shape) == len(wanted) and all(shape):
        for axis, length in zip(wanted, shape, strict=True):
            if "+" not in axis and not axis.isdigit():
                known.setdefault(axis, (length,))
    right = sum((_axis(axis, known) for axis in wanted), ())
    if shape != right or not all(shape):
        return f"has the shape {shape}, not {right}"
    if not tensor.isfinite().all():
        return "holds NaN or infinity"
    if bool((tensor < entry.least).any()):
        return f"holds values below {entry.least:g}"
    return _CHECKS[entry.check](tensor) if entry.check else ""


def _axis(axis: str, known: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    if axis.isdigit():
        return (int(axis),)
    if "+" in axis:  # parts that a model lacks count for nothing
        return (sum(known.get(part, (0,))[0] for part in axis.split("+")),)
    return known.get(axis, (0,))


def _factor(tensor: Tensor) -> str:
    diagonal = tensor.diagonal(dim1=-2, dim2=-1)
    fits = torch.equal(tensor, tensor.tril()) and bool((diagonal > 0).all())
    return "" if fits else "is no factor of a covariance"


def _covariance(tensor: Tensor) -> str:
    wide = tensor.double()
    ridge = 1e-4 * torch.eye(len(wide), dtype=wide.dtype)
    fits = torch.allclose(wide, wide.T, atol=1e-4) and not int(torch.linalg.cholesky_ex(wide + ridge).info)
    return "" if fits else "is no covariance"


def _shares(tensor: Tensor) -> str:
    fits = bool((tensor >= 0).all()) and bool(((tensor.sum(-1) - 1).abs() <= 1e-4).all())
    return "" if fits else "holds no shares that sum to one"


def _order(tensor: Tensor) -> str:
    fits = torch.equal(tensor.sort().values, torch.arange(len(tensor), dtype=tensor.dtype))
    return "" if fits else "is no order of the points"


_CHECKS = {"shares": _shares, "factor": _factor, "covariance": _covariance, "order": _order}
