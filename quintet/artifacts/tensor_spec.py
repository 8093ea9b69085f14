"""The name, shape, type and values that a stored tensor may have, and the check of a file's tensors against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.errors import FileRefused

POSTERIOR, GUIDE, DETECT, CONDITION = "posterior", "guide", "detect", "condition"
"""Facts of a model that decide which tensors its file holds."""
CURE = "the file was altered, or another version wrote it; copy it again, or fit the model again"


@dataclass(frozen=True)
class TensorSpec:
    """What one tensor has to be.

    Parameters
    ----------
    shape : its axes, separated by spaces. An axis is a number; a size that is known from the model; or any other word,
        which stands for the same number (at least 1) wherever it occurs. "a+b" is a sum. "row" is all axes of a row.
    dtype : its type; None: that of rows in storage, uint8 or float32.
    least : the smallest value allowed. All values must be finite.
    check : "factor" (lower triangles with a positive diagonal), "covariance" (symmetric, no negative eigenvalue),
        "shares" (at least 0, of sum one along the last axis) or "order" (each number from 0 on, once).
    needs : only models of which all these facts hold have the tensor.
    optional : a model of which they hold may lack it.
    beside : names of tensors that must be present where this one is; in an artifact, of fields.
    empty : its first axis may have no rows.
    suffix : the end of its name in the file; None: the name of the artifact's field.
    """

    shape: str
    dtype: torch.dtype | None = torch.float32
    least: float = -torch.inf
    check: str = ""
    needs: tuple[str, ...] = ()
    optional: bool = False
    beside: tuple[str, ...] = ()
    empty: bool = False
    suffix: str | None = None


def check_tensors(
    table: Mapping[str, TensorSpec], tensors: Mapping[str, Tensor], sizes: Mapping[str, tuple[int, ...]], name: str
) -> None:
    """Refuse the tensors of the file ``name`` where they do not fit a table.

    Parameters
    ----------
    sizes : the axes that are known from the model.

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


def _required(table: Mapping[str, TensorSpec], tensors: Mapping[str, Tensor]) -> set[str]:
    always = {key for key, spec in table.items() if not spec.optional}
    return always | {other for key, spec in table.items() if key in tensors for other in spec.beside}


def _trouble(spec: TensorSpec, tensor: Tensor, known: dict[str, tuple[int, ...]]) -> str:
    """What is wrong with a tensor, in words; empty where nothing is. Binds the axes that were unknown so far."""
    if tensor.dtype not in ((torch.uint8, torch.float32) if spec.dtype is None else (spec.dtype,)):
        return f"is of {tensor.dtype}, not {spec.dtype}"
    wanted, shape = spec.shape.split(), tuple(tensor.shape)
    if spec.empty and shape == (0, *(size for axis in wanted[1:] for size in _axis(axis, known))):
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
    if bool((tensor < spec.least).any()):
        return f"holds values below {spec.least:g}"
    return _CHECKS[spec.check](tensor) if spec.check else ""


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
