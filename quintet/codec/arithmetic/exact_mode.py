"""A network's float64 arithmetic with the same bits on every machine.

Inside ``Exact`` each operation of PyTorch is of one of three classes. Those that IEEE 754 defines to the last bit (sums
and products of two numbers, comparisons, selections, changes of shape) run unchanged. Sums of many numbers and
elementary functions are replaced by implementations that use only the first class. All others raise ``NotExact``. So a
network that runs at all is exact by construction, and not because tests found no difference.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from quintet.codec.arithmetic.ieee_operations import DEFINED, ON_INTEGERS, WITH_FACTOR, NotExact
from quintet.codec.arithmetic.replacements import REPLACEMENTS


class Exact(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The context in which PyTorch gives the same bits on every machine, or raises ``NotExact``."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation or its replacement."""
        name: str = func.overloadpacket.__name__
        plain, kwargs = name.rstrip("_") if not name.startswith("_") else name, kwargs or {}
        if plain in WITH_FACTOR and kwargs.get("alpha", 1) != 1:
            one, two = (args[1], args[0]) if plain == "rsub" else (args[0], args[1])
            product = torch.as_tensor(two) * kwargs["alpha"]
            return _in_place(name, args, one + product if plain == "add" else one - product)
        if plain in DEFINED or plain in WITH_FACTOR or (plain == "pow" and args[1:] in ((2,), (2.0,))):
            return func(*args, **kwargs)
        if plain == "index_put" and not kwargs.get("accumulate", args[3] if len(args) > 3 else False):
            return func(*args, **kwargs)  # places are distinct wherever networks use it
        if plain == "square":
            return _in_place(name, args, args[0] * args[0])
        if plain in REPLACEMENTS and "out" not in kwargs:
            return _in_place(name, args, REPLACEMENTS[plain](*args, **kwargs))
        if not any(isinstance(a, Tensor) and a.is_floating_point() for a in args) and plain in ON_INTEGERS:
            return func(*args, **kwargs)
        raise NotExact(f"{name} has no implementation with the same bits on every machine")


def _in_place(name: str, args: Any, out: Any) -> Any:
    """The result, copied into the first argument if the operation works in place."""
    return args[0].copy_(out) if name.endswith("_") else out
