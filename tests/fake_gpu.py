"""A stand-in for a GPU: tensors whose device is "meta" and whose numbers lie in the processor's memory.

Operations compute what they compute on the processor. As on a GPU, an operation refuses tensors of both memories, and
numbers come back by a copy alone. ``FakeGpu.waits`` lists the operations for which a processor would wait until a GPU
has done all its work, and ``FakeGpu.copied`` counts the bytes that are copied there.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest import mock

import torch
import torch._dynamo  # which a dispatch mode imports, and which reads torch.Generator
from torch import Tensor
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

aten = torch.ops.aten
GPU, CPU = torch.device("meta"), torch.device("cpu")
READS = {aten._local_scalar_dense.default, aten.nonzero.default, aten.masked_select.default, aten._unique2.default}
"""Operations whose result, or its size, the processor reads."""
INDEX = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default}
"""Operations that count the True values of a mask, where one is an index, and copy places from the processor."""
COPIES = {aten._to_copy.default, aten.copy_.default}


class OnGpu(Tensor):
    """A tensor of the stand-in."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> OnGpu:
        made: OnGpu = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, held.shape, strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype, device=GPU
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})

    def __getitem__(self, index: Any) -> Any:
        return super().__getitem__(_places(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(_places(index), value)

    def new_tensor(self, data: Any, *, dtype: Any = None, **kwargs: Any) -> Tensor:
        return torch.tensor(data, dtype=dtype or self.dtype, device=GPU)

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def numpy(self, *, force: bool = False) -> Any:
        if not force:
            raise TypeError("can't convert a tensor of the stand-in to numpy: use Tensor.cpu()")
        return self.detach().cpu().numpy()

    def __deepcopy__(self, memo: Any) -> Any:
        made = self.detach().clone().requires_grad_(self.requires_grad)
        return torch.nn.Parameter(made) if isinstance(self, torch.nn.Parameter) else made

    def __repr__(self) -> str:  # type: ignore[override]
        return f"OnGpu({self.held})"


class FakeGenerator(torch.Generator):
    """A generator that says that it is the stand-in's."""

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return GPU


class FakeGpu(TorchDispatchMode):
    """The stand-in while it is there."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.copied = 0
        self.drawn: list[torch.device] = []
        """Devices of the random operations."""

    def forget(self) -> None:
        """Begin to count anew."""
        self.waits, self.copied, self.drawn = [], 0, []

    def take(self, other: FakeGpu) -> None:
        """Add what another one saw."""
        self.waits += other.waits
        self.copied += other.copied
        self.drawn += other.drawn

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        why = _waits(func, args, kwargs)
        if why:
            self.waits.append(f"{_place()} {why}")
        if func in COPIES and _moves_there(func, args, kwargs):
            self.copied += sum(t.numel() * t.element_size() for t in args[-1:] if isinstance(t, Tensor))
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.drawn.append(GPU if _on_gpu(args, kwargs) else CPU)
        return _run(func, args, kwargs)


def _places(index: Any) -> Any:
    """An index with tensors for lists, which PyTorch would leave empty."""
    each = index if isinstance(index, tuple) else (index,)
    return tuple(torch.tensor(part, device=GPU) if isinstance(part, list) else part for part in each)


@contextmanager
def fake_gpu() -> Iterator[FakeGpu]:
    """The stand-in, as the device "meta"."""
    generator, autocast, enabled = torch.Generator, torch.autocast, torch.is_autocast_enabled
    tensor, numbers = torch.tensor, torch.as_tensor

    def made(device: Any = "cpu") -> torch.Generator:
        return FakeGenerator() if torch.device(device) == GPU else generator(device)

    def cast(device_type: str, *args: Any, **kwargs: Any) -> Any:
        return nullcontext() if device_type == "meta" else autocast(device_type, *args, **kwargs)

    def of_numbers(data: Any, *, device: Any = None, **kwargs: Any) -> Tensor:
        found = tensor(data, **kwargs)
        return found if device is None else found.to(device)  # PyTorch would leave it empty

    def is_cast(device_type: str = "cuda") -> bool:
        return device_type != "meta" and enabled(device_type)

    def as_it_is(data: Any, *, device: Any = None, **kwargs: Any) -> Tensor:
        found = data if isinstance(data, Tensor) else numbers(data, **kwargs)
        return found.to(device=device or found.device, **kwargs)

    fakes = {
        "Generator": made,
        "autocast": cast,
        "tensor": of_numbers,
        "as_tensor": as_it_is,
        "is_autocast_enabled": is_cast,
    }
    with mock.patch.multiple(torch, **fakes), FakeGpu() as gpu:
        yield gpu


def _place() -> str:
    """File and function of the package that runs an operation."""
    frames = [f for f in traceback.extract_stack() if "/quintet/" in f.filename]
    return f"{frames[-1].filename.rpartition('/quintet/')[2]} {frames[-1].name}" if frames else "?"


def _on_gpu(args: Any, kwargs: Any) -> bool:
    named = kwargs.get("device")
    if named is not None:
        return torch.device(named) == GPU
    return any(isinstance(t, OnGpu) for t in tree_flatten(args)[0])


def _moves_there(func: Any, args: Any, kwargs: Any) -> bool:
    if func is aten.copy_.default:
        return isinstance(args[0], OnGpu) and not isinstance(args[1], OnGpu)
    return not isinstance(args[0], OnGpu) and kwargs.get("device") == GPU


def _waits(func: Any, args: Any, kwargs: Any) -> str:
    """Why the processor would wait at an operation; "" if it would not."""
    if func is aten.lift_fresh.default or not args:
        return ""
    there = isinstance(args[0], OnGpu)
    if func in READS and there:
        return "reads a value"
    if func in INDEX and there:
        index = [t for t in args[1] if t is not None]
        if any(t.dtype == torch.bool for t in index) and (len(args) < 3 or args[2].numel() > 1):
            return "indexes by a mask"
        return "" if all(isinstance(t, OnGpu) for t in index) else "indexes by places in the processor's memory"
    if func in COPIES:
        back = (
            isinstance(args[1], OnGpu) and not there
            if func is aten.copy_.default
            else (there and kwargs.get("device") not in (None, GPU))
        )
        if back:
            return "copies to the processor"
        if _moves_there(func, args, kwargs) and not (kwargs.get("non_blocking") or args[2:3] == (True,)):
            return "copies and waits"
    return ""


def _run(func: Any, args: Any, kwargs: Any) -> Any:
    flat, _ = tree_flatten((args, kwargs))
    ours = [t for t in flat if isinstance(t, OnGpu)]
    there = _on_gpu(args, kwargs)
    if not ours and not there:
        return func(*args, **kwargs)
    others = [t for t in flat if isinstance(t, Tensor) and not isinstance(t, OnGpu) and t.ndim]
    if ours and others and func not in COPIES | INDEX and not all(t.is_meta for t in others):
        raise RuntimeError(f"Expected all tensors to be on the same device, but found both in {func}")
    if any(t.is_meta for t in others):
        raise NotImplementedError(f"PyTorch makes a tensor that the stand-in cannot fill, as for x[:, [1, 2]]: {func}")
    known = {id(t.held): t for t in ours}

    def inner(x: Any) -> Any:
        return x.held if isinstance(x, OnGpu) else x

    def outer(x: Any) -> Any:
        if not isinstance(x, Tensor):
            return x
        return known[id(x)] if id(x) in known else OnGpu(x)

    kwargs = tree_map(inner, kwargs)
    if kwargs.get("device") is not None:
        kwargs["device"] = CPU
    out = func(*tree_map(inner, args), **kwargs)
    if torch.Tag.inplace_view in func.tags:  # such as transpose_: shape and strides are those of the outer tensor, too
        with no_dispatch():
            func(*args, **kwargs)
    if func is aten.copy_.default and not isinstance(args[0], OnGpu):
        return args[0]
    if out is not None and func is aten._to_copy.default and any(out is t for t in flat):
        out = out.clone()
    return tree_map(outer, out) if there or func is aten.copy_.default else out
