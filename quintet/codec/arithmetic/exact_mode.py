"""A network's float64 arithmetic with the same bits on every machine.

Inside ``Exact`` every operation of PyTorch is one of three. Those that IEEE 754 defines to the last bit (sums and
products of two numbers, comparisons, choices, shapes) run as they are. Sums of many numbers and the elementary
functions are replaced by ones that use nothing else. Anything else is refused, so that what runs through is exact by
what it is made of, and not by the luck of a test.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from quintet.codec.arithmetic.ieee_operations import DEFINED, WITH_FACTOR
from quintet.codec.arithmetic.normalisation import NotExact
from quintet.codec.arithmetic.replacements import REPLACED


class Exact(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within it, PyTorch calculates alike everywhere, or raises ``NotExact``."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation, or its replacement."""
        name: str = func.overloadpacket.__name__
        plain, kwargs = name.rstrip("_") if not name.startswith("_") else name, kwargs or {}
        if plain in WITH_FACTOR and kwargs.get("alpha", 1) != 1:
            one, two = (args[1], args[0]) if plain == "rsub" else (args[0], args[1])
            product = torch.as_tensor(two) * kwargs["alpha"]
            return _kept(name, args, one + product if plain == "add" else one - product)
        if plain in DEFINED or plain in WITH_FACTOR or (plain == "pow" and args[1:] in ((2,), (2.0,))):
            return func(*args, **kwargs)
        if plain == "square":
            return _kept(name, args, args[0] * args[0])
        if plain in REPLACED and "out" not in kwargs:
            return _kept(name, args, REPLACED[plain](*args, **kwargs))
        if not any(isinstance(a, Tensor) and a.is_floating_point() for a in args) and plain in ("sum", "cumsum"):
            return func(*args, **kwargs)
        raise NotExact(f"{name} has no arithmetic that is the same on every machine")


def _kept(name: str, args: Any, out: Any) -> Any:
    """The result, in the place of the first argument where the operation asks for that."""
    return args[0].copy_(out) if name.endswith("_") else out
