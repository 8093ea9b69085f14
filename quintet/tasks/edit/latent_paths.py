"""Interpolation paths between latents: linear, spherical, along a flow prior, or geodesic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from quintet.errors import InputError, Unanswerable, nearest
from quintet.models.base import Model
from quintet.networks.embed import expected_features
from quintet.tasks.edit.traversal import PATHS, path_between

WAYS = (*PATHS, "flow", "metric")
WAVES, PLACES, ITERATIONS, AT_ONCE = 6, 24, 60, 16
"""Sine terms of a geodesic, points that its energy is computed at, steps of Adam, and geodesics per batch."""


def way(
    model: Model,
    a: Tensor,
    b: Tensor,
    steps: int = 10,
    path: str = "linear",
    condition: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Points from a to b, both (n, latent_dim) -> (n, steps, latent_dim), both ends included.

    ``linear`` and ``spherical``: see ``path_between``. ``flow``: linear in the base space of a flow prior, z = T(u),
    u ~ N(0, I), so that the path follows p(z). ``metric``: a geodesic, the curve of least energy, under the model's own
    Riemannian metric if it has one, otherwise under the decoder's pullback metric, in which the length of a step is the
    change of E[x|z], for levels of their probabilities (Shao, Kumar and Fletcher, 2018; Arvanitidis, Hansen and
    Hauberg, 2018).

    Parameters
    ----------
    condition : at both ends, (n, condition_dim) each, for a conditional model; interpolated linearly along the path.
    """
    if path not in WAYS:
        raise InputError(f"path={path!r} is not known: {nearest(path, WAYS)}.")
    if path == "flow":
        return _along_flow(model, a, b, steps)
    line = path_between(a, b, steps, "linear" if path == "metric" else path)
    if path != "metric" or steps == 2:
        return line
    parts = []
    for at in torch.split(torch.arange(len(a)), AT_ONCE):
        ends = None if condition is None else (condition[0][at], condition[1][at])
        parts.append(geodesic(_energy(model, ends), a[at], b[at], steps))
    return torch.cat(parts)


def geodesic(
    energy: Callable[[Tensor], Tensor], a: Tensor, b: Tensor, steps: int, iterations: int = ITERATIONS
) -> Tensor:
    """Curve of least ``energy`` from a to b, (n, latent_dim) each -> (n, steps, latent_dim).

    The curve is the line plus a few sines of t, which keeps it smooth and its ends fixed; Adam fits their weights.

    Parameters
    ----------
    energy : points (n, places, latent_dim) evenly spaced in t -> the energy of each curve, (n,).
    """
    places = max(PLACES, steps)
    weight = torch.zeros(len(a), WAVES, a.shape[1], dtype=a.dtype, device=a.device, requires_grad=True)
    reach = (b - a).norm(dim=1).mean().clamp(min=1e-6)
    optimiser = torch.optim.Adam([weight], lr=0.05 * float(reach) / math.sqrt(a.shape[1]), betas=(0.8, 0.95))
    best, least = weight.detach().clone(), torch.full((len(a),), torch.inf, dtype=a.dtype, device=a.device)
    with torch.enable_grad():
        for _ in range(iterations):
            found = energy(_curve(a, b, weight, places))
            now = found.detach()
            better = now < least
            best, least = torch.where(better[:, None, None], weight.detach(), best), torch.where(better, now, least)
            (weight.grad,) = torch.autograd.grad((found / now.clamp(min=1e-12)).sum(), weight)
            optimiser.step()
    curve = _curve(a, b, best, steps)
    curve[:, 0], curve[:, -1] = a, b
    return curve


def _curve(a: Tensor, b: Tensor, weight: Tensor, places: int) -> Tensor:
    t = torch.linspace(0, 1, places, dtype=a.dtype, device=a.device)
    wave = torch.arange(1, WAVES + 1, dtype=a.dtype, device=a.device)
    bends = torch.sin(torch.pi * t[:, None] * wave) / wave  # (places, waves), damped by frequency
    return torch.lerp(a[:, None], b[:, None], t[:, None]) + torch.einsum("tk,nkd->ntd", bends, weight)


def _energy(model: Model, condition: tuple[Tensor, Tensor] | None) -> Callable[[Tensor], Tensor]:
    """Energy of curves, their mean squared speed, under the model's metric or the decoder's."""
    lengths: Any = getattr(model, "lengths", lambda z: None)
    if lengths(torch.zeros(1, model.latent_dim, device=model.device, dtype=torch.float32)) is not None:

        def riemannian(points: Tensor) -> Tensor:
            step, middle = points.diff(dim=1), (points[:, 1:] + points[:, :-1]) / 2
            measured: Tensor = lengths(middle.flatten(0, 1)).reshape(middle.shape)
            return (measured * step.square()).sum((1, 2)) * step.shape[1]

        return riemannian

    def decoded(points: Tensor) -> Tensor:
        c = None
        if condition is not None:
            t = torch.linspace(0, 1, points.shape[1], dtype=points.dtype, device=points.device)[:, None]
            c = torch.lerp(condition[0][:, None], condition[1][:, None], t).flatten(0, 1)
        clean = model.decode(points.flatten(0, 1)[None], c)
        rows = expected_features(model.schema.codes, clean)[0].reshape(*points.shape[:2], -1)
        return rows.diff(dim=1).square().sum((1, 2)) * (points.shape[1] - 1)

    return decoded


def _along_flow(model: Model, a: Tensor, b: Tensor, steps: int) -> Tensor:
    prior: Any = getattr(model, "prior", None)
    if not (hasattr(prior, "to_base") and hasattr(prior, "from_base")):
        raise Unanswerable(
            "path='flow' needs a flow prior, which this model does not have: use path='spherical' or path='metric'."
        )
    with torch.no_grad():
        straight = path_between(prior.to_base(a), prior.to_base(b), steps)
        points: Tensor = prior.from_base(straight.flatten(0, 1)).reshape(straight.shape).clone()
    points[:, 0], points[:, -1] = a, b
    return points
