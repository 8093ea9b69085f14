"""The kept latents of training rows, and the fitting of a small network to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.errors import InputError
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.numerics import making

LARGEST = 10_000
STEPS, BATCH, LOOK, LEARNING_RATE = 600, 256, 100, 4e-3
SEED = 5
JITTER = 0.02
"""Noise on standardised latents, so that no density grows without bound where they repeat or lie on a surface."""


def kept_latents(fitted: Fitted, sampler: str) -> Tensor:
    """Embeddings of up to 50,000 training rows, (m, latent_dim), float32 on the CPU."""
    bank = fitted.artifacts.latent_bank
    if bank is None:
        raise InputError(f"sampler={sampler!r} came, but this model keeps no latents of training rows; use 'prior'.")
    return bank.points.float().cpu()


@dataclass(frozen=True)
class Standard:
    """The shift and the spread of each latent, (latent_dim,)."""

    loc: Tensor
    scale: Tensor

    @classmethod
    def of(cls, z: Tensor) -> Standard:
        """Of latents (m, latent_dim); one that does not vary counts as varying a little."""
        spread = z.std(0, correction=0)
        return cls(z.mean(0), spread.clamp(min=max(1e-3 * float(spread.max()), 1e-6)))

    def to(self, device: torch.device) -> Standard:
        """On a device."""
        return Standard(self.loc.to(device), self.scale.to(device))


def fit_once(
    fitted: Fitted,
    name: str,
    make: Callable[[int], nn.Module],
    loss: Callable[[nn.Module, Tensor, Noise], Tensor],
) -> tuple[nn.Module, Standard]:
    """A module trained on up to 10,000 kept latents when first asked for, then the same one again.

    The seed is fixed and the training is on the CPU, so that a file gives the same samples wherever it is loaded. A
    tenth of the latents judges; the weights that they like best are taken.

    Parameters
    ----------
    make : latent_dim -> the module.
    loss : (module, standardised latents (batch, latent_dim), noise) -> what is minimised, (batch,), nats.
    """
    if name not in fitted.cache:
        z = kept_latents(fitted, name)
        z = z[torch.linspace(0, len(z) - 1, min(LARGEST, len(z)), dtype=torch.float32).round().long()]
        standard = Standard.of(z)
        with making(SEED):
            module = make(z.shape[1])
        with torch.enable_grad():
            _train(module, loss, (z - standard.loc) / standard.scale)
        module.eval().requires_grad_(False)
        fitted.cache[name] = module.to(fitted.device), standard.to(fitted.device)
    found: tuple[nn.Module, Standard] = fitted.cache[name]
    return found


def _train(module: nn.Module, loss: Callable[[nn.Module, Tensor, Noise], Tensor], z: Tensor) -> None:
    judges = torch.arange(len(z)) % 10 == 9
    train, held = (z[~judges], z[judges]) if judges.any() else (z, z)
    optimiser = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    order, best, kept = torch.Generator().manual_seed(SEED), float("inf"), None
    for step in range(1, STEPS + 1):
        some = train[torch.randint(len(train), (BATCH,), generator=order)]
        noise = Noise((SEED, step))
        optimiser.zero_grad()
        cost = loss(module, some + JITTER * noise.normal(*some.shape)[0], noise).mean()
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(module.parameters(), 10.0)
        optimiser.step()
        schedule.step()
        if step % LOOK == 0:
            with torch.no_grad():
                judged = float(loss(module, held, Noise((SEED, 0))).mean())
            if judged < best:
                best, kept = judged, {k: t.clone() for k, t in module.state_dict().items()}
    if kept is not None:
        module.load_state_dict(kept)
