"""AdamW optimiser, and its state as named tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.optim import AdamW

from quintet.training.options import Training


def adamw(parameters: Sequence[Tensor], training: Training) -> AdamW:
    """Fused AdamW (Loshchilov and Hutter, 2019); weight decay for matrices and filters only."""
    heavy = [p for p in parameters if p.ndim > 1]
    light = [p for p in parameters if p.ndim <= 1]
    groups = [
        {"params": heavy, "weight_decay": training.weight_decay},
        {"params": light, "weight_decay": 0.0},
    ]
    if not training.weight_decay:
        groups = [{"params": list(parameters), "weight_decay": 0.0}]
    fused = all(p.device.type in ("cpu", "cuda", "mps") and p.is_floating_point() for p in parameters)
    return AdamW([g for g in groups if g["params"]], lr=training.learning_rate, fused=fused)


def set_rate(optimiser: AdamW, rate: float) -> None:
    """Set the learning rate of all groups."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def state_of(optimiser: AdamW) -> dict[str, Tensor]:
    """Moments and step counts as ``<parameter's number>.<name>``."""
    held = optimiser.state_dict()["state"]
    return {f"{number}.{name}": tensor for number, state in held.items() for name, tensor in state.items()}


def restore(optimiser: AdamW, tensors: Mapping[str, Tensor]) -> None:
    """Restore the state of ``state_of``."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def clip(parameters: Sequence[Tensor], norm: float) -> None:
    """Clip the joint norm of the gradients to ``norm``, without synchronising with the device."""
    torch.nn.utils.clip_grad_norm_(parameters, norm, foreach=True)
