"""Random operations of PyTorch and of user modules, redirected to a local generator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
GENERATED = {
    aten.rand.default: aten.rand.generator,
    aten.randn.default: aten.randn.generator,
    aten.randint.default: aten.randint.generator,
    aten.randint.low: aten.randint.low_generator,
    aten.randperm.default: aten.randperm.generator,
    aten.rand_like.default: aten.rand_like.generator,
    aten.randn_like.default: aten.randn_like.generator,
    aten.randint_like.default: aten.randint_like.generator,
    aten.randint_like.low_dtype: aten.randint_like.low_generator_dtype,
}
"""Operations and their overloads that accept a generator."""
FLOATS = {
    getattr(aten, name).default if hasattr(getattr(aten, name), "default") else getattr(aten, name).memory_format
    for name in ("empty", "zeros", "ones", "rand", "randn", "eye", "linspace", "logspace", "empty_strided")
} | {aten.rand.generator, aten.randn.generator, aten.eye.m}
"""Operations whose result has the process's default dtype if no dtype is given."""


class SeededOperations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Redirect random operations of this thread from the global generator to a given one.

    It applies to every PyTorch operation: of ``torch.nn.init``, dropout layers, recurrent networks with dropout, and
    user modules. Tensors without an explicit dtype are float32, whatever the process's default is.

    Parameters
    ----------
    generator : generator on the device of the operations; operations on other devices, such as "meta", are not changed.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.generator = generator

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation with the generator."""
        kwargs = dict(kwargs or {})
        if func in FLOATS and kwargs.get("dtype") is None:
            kwargs["dtype"] = torch.float32
        if torch.Tag.nondeterministic_seeded not in func.tags or kwargs.get("generator") is not None:
            return func(*args, **kwargs)
        if _device(args, kwargs) != self.generator.device.type:
            return func(*args, **kwargs)
        func = GENERATED.get(func, func)
        names = [argument.name for argument in func._schema.arguments]
        if "generator" in names:
            place = names.index("generator")
            if place < len(args):
                args = (*args[:place], self.generator, *args[place + 1 :])
            else:
                kwargs["generator"] = self.generator
        elif func is aten.native_dropout.default:
            x, p, train = args
            return _dropout(x, p, train, self.generator)
        return func(*args, **kwargs)


@contextmanager
def making(seed: int, device: str | torch.device = "cpu") -> Iterator[torch.Generator]:
    """Context for the construction of modules: float32, on this device, with initial weights drawn from ``seed``.

    The weights equal those after ``torch.manual_seed(seed)``; the global generator is neither read nor changed. Every
    operation within the context is intercepted, so training belongs outside.

    Yields
    ------
    The generator, for later draws.
    """
    generator = torch.Generator("cpu").manual_seed(seed & 0x7FFFFFFFFFFFFFFF)
    with torch.device(device), SeededOperations(generator):
        yield generator


def _device(args: Any, kwargs: Any) -> str:
    """Type of the device of an operation."""
    tensors = [arg for arg in args if isinstance(arg, torch.Tensor)]
    device = tensors[0].device if tensors else kwargs.get("device") or "cpu"
    return torch.device(device).type


def _dropout(x: torch.Tensor, p: float, train: bool | None, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    """Replacement of CUDA's fused dropout, which accepts no generator."""
    if train is False or p == 0:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    kept = torch.empty_like(x).bernoulli_(1 - p, generator=generator)
    return x * kept / max(1 - p, 1e-12), kept.bool()
