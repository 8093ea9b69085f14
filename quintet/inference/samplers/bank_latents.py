"""Standardised training latents, and the fit of small networks to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.errors import InputError
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.numerics.random_operations import making

LARGEST = 10_000
STEPS, BATCH, LOOK, LEARNING_RATE = 600, 256, 100, 4e-3
SEED = 5
JITTER = 0.02
"""Noise on standardised latents, so that densities stay bounded for repeated or degenerate latents."""


def kept_latents(fitted: Fitted, sampler: str) -> Tensor:
    """Embeddings of up to 50,000 training rows, (m, latent_dim), float32 on the CPU."""
    bank = fitted.artifacts.latent_bank
    if bank is None:
        raise InputError(f"sampler must be 'prior' for a model without training latents, got {sampler!r}.")
    return bank.points.float().cpu()


@dataclass(frozen=True)
class Standard:
    """Mean and standard deviation of each latent, (latent_dim,)."""

    loc: Tensor
    scale: Tensor

    @classmethod
    def of(cls, z: Tensor) -> Standard:
        """Standardisation of latents (m, latent_dim), with a lower bound for constant latents."""
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
    """A module trained on up to 10,000 training latents on first use, and cached.

    The seed is fixed and training runs on the CPU, so that a file gives the same samples on every machine. A tenth of
    the latents is held out, and the weights with the lowest loss on them are kept.

    Parameters
    ----------
    make : latent_dim -> the module.
    loss : (module, standardised latents (batch, latent_dim), noise) -> loss, (batch,), in nats.
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
