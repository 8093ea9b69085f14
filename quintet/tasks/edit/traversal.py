"""Latent traversals: interpolation between rows, changes of one latent, and grids of two latents."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.arguments import Steps, StepsWithEnds
from quintet.arguments.checking import checked
from quintet.data.dataset import Batch, Rows
from quintet.distributions.joint import point_estimate
from quintet.errors import InputError, nearest
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted

PATHS = ("linear", "spherical")
SPACINGS = ("linear", "quantiles")


@checked
def path_between(a: Tensor, b: Tensor, steps: StepsWithEnds = 10, path: str = "linear") -> Tensor:
    """Points from a to b, both (n, latent_dim) -> (n, steps, latent_dim), both ends included.

    ``spherical`` (Shoemake, 1985; White, 2016) rotates from a to b at constant angular speed while the norm changes
    linearly, so that intermediate points have the norm of prior draws in high dimensions; if a and b are
    (anti)parallel, or one is 0, the path is linear.
    """
    if path not in PATHS:
        raise InputError(f"path={path!r} is not known: {nearest(path, PATHS)}.")
    if a.shape != b.shape:
        raise InputError(f"Both ends must have the same shape, got {tuple(a.shape)} and {tuple(b.shape)}.")
    t = torch.linspace(0, 1, steps, dtype=a.dtype, device=a.device)[:, None]
    start, end = a[:, None], b[:, None]
    line = torch.lerp(start, end, t)
    line[:, -1] = b
    if path == "linear":
        return line
    length_a, length_b = start.norm(dim=-1, keepdim=True), end.norm(dim=-1, keepdim=True)
    towards_a, towards_b = start / length_a.clamp(min=1e-12), end / length_b.clamp(min=1e-12)
    angle = torch.acos((towards_a * towards_b).sum(-1, keepdim=True).clamp(-1, 1))
    sine = torch.sin(angle)
    turned = (torch.sin((1 - t) * angle) * towards_a + torch.sin(t * angle) * towards_b) / sine.clamp(min=1e-12)
    curve = turned * torch.lerp(length_a, length_b, t)
    curve[:, 0], curve[:, -1] = a, b
    bent = (sine > 2e-3) & (length_a > 1e-6) & (length_b > 1e-6)
    return torch.where(bent, curve, line)


def traversal(z: Tensor, dim: int, values: Tensor) -> Tensor:
    """Copy latents (n, latent_dim) with latent ``dim`` set to each of ``values`` (k,) -> (n, k, latent_dim)."""
    if not 0 <= dim < z.shape[-1]:
        raise InputError(f"dim must be between 0 and {z.shape[-1] - 1}, got {dim}.")
    moved = z[:, None].repeat(1, len(values), 1)
    moved[..., dim] = values.to(z)
    return moved


@checked
def ticks(steps: Steps, spacing: str = "linear", reach: float = 3.0) -> Tensor:
    """Values along a latent, (steps,): -reach..reach in equal steps, or quantiles of the standard normal.

    The quantiles (k + ½)/steps give each value the same share of the prior, as in Kingma and Welling's figure 4.
    """
    if spacing not in SPACINGS:
        raise InputError(f"spacing={spacing!r} is not known: {nearest(spacing, SPACINGS)}.")
    if spacing == "linear":
        return (
            torch.linspace(-reach, reach, steps, dtype=torch.float32)
            if steps > 1
            else torch.zeros(1, dtype=torch.float32)
        )
    shares = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
    places: Tensor = torch.special.ndtri(shares).float()
    return places


def plane(
    latent_dim: int,
    steps: int = 20,
    dims: tuple[int, int] = (0, 1),
    centre: Tensor | None = None,
    spacing: str = "linear",
    reach: float = 3.0,
) -> Tensor:
    """Grid over two latents, (steps · steps, latent_dim), row by row from the top: the first dimension runs to the
    right, the second upwards, as in a plot; the others are fixed at ``centre`` (default 0)."""
    if len(set(dims)) != 2 or not all(0 <= d < latent_dim for d in dims):
        raise InputError(f"dims must be two different latents between 0 and {latent_dim - 1}, got {dims}.")
    places = ticks(steps, spacing, reach)
    z = (torch.zeros(latent_dim, dtype=torch.float32) if centre is None else centre.cpu().float()).repeat(
        steps * steps, 1
    )
    z[:, dims[0]] = places.repeat(steps)
    z[:, dims[1]] = places.flip(0).repeat_interleave(steps)
    return z


def decode_means(
    fitted: Fitted,
    z: Tensor,
    condition: Tensor | None = None,
    *,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
) -> Tensor:
    """E[x|z] of latents (n, latent_dim), in the model's units, (n, *shape).

    For a conditional model without a condition: Σ p(c) E[x|z, c]. Of levels the most probable one.
    """
    points, weights = None, None
    if fitted.schema.condition is not None and condition is None:
        points, log_weights = fitted.schema.condition.support()
        points, weights = points.to(fitted.device), log_weights.exp().tolist()

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        latents = batch.x[None]
        if points is None or weights is None:
            return {"x": fitted.model.decode(latents, batch.condition).point[0]}
        decoded = (
            (fitted.model.decode(latents, p.expand(len(batch.x), -1)), batch.x.new_full((len(batch.x),), w))
            for p, w in zip(points, weights, strict=True)
        )
        return {"x": point_estimate(decoded)}

    with torch.no_grad():
        rows = Rows(z.float(), None, condition)
        return in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="decode")[
            "x"
        ]
