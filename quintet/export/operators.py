"""ONNX forms of PyTorch operations that its exporter lacks or computes too coarsely."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

OPSET = 18
"""Version of the operators; ONNX Runtime reads it since 1.14, its web form since 1.15."""
FAR = 8
"""Shift of the argument of the series of log Γ."""


def expm1(g: Any, x: Any) -> Any:
    """e^x - 1 = 2 e^(x/2) sinh(x/2), exact near 0."""
    half = g.op("Mul", x, _number(g, 0.5, x))
    return g.op("Mul", _number(g, 2.0, x), g.op("Mul", g.op("Exp", half), g.op("Sinh", half)))


def log_sigmoid(g: Any, x: Any) -> Any:
    """-softplus(-x), finite for every x."""
    return g.op("Neg", g.op("Softplus", g.op("Neg", x)))


def logaddexp(g: Any, a: Any, b: Any) -> Any:
    """max(a, b) + log(1 + e^-|a - b|)."""
    apart = g.op("Neg", g.op("Abs", g.op("Sub", a, b)))
    return g.op("Add", g.op("Max", a, b), g.op("Softplus", apart))


def lgamma(g: Any, x: Any) -> Any:
    """log Γ(x) of x > 0: Stirling's series at x + 8, less the logs of x .. x + 7."""
    far = g.op("Add", x, _number(g, float(FAR), x))
    square = g.op("Mul", far, far)
    series = _number(g, -1 / 1680, x)
    for term in (1 / 1260, -1 / 360, 1 / 12):
        series = g.op("Add", g.op("Div", series, square), _number(g, term, x))
    found = g.op("Sub", g.op("Mul", g.op("Sub", far, _number(g, 0.5, x)), g.op("Log", far)), far)
    found = g.op("Add", g.op("Add", found, _number(g, 0.9189385332046727, x)), g.op("Div", series, far))
    for step in range(FAR):
        found = g.op("Sub", found, g.op("Log", g.op("Add", x, _number(g, float(step), x))))
    return found


def ndtr(g: Any, x: Any) -> Any:
    """The standard normal cdf, (1 + erf(x / √2)) / 2."""
    error = g.op("Erf", g.op("Mul", x, _number(g, 0.5**0.5, x)))
    return g.op("Mul", _number(g, 0.5, x), g.op("Add", error, _number(g, 1.0, x)))


def movedim(g: Any, x: Any, source: Any, destination: Any) -> Any:
    """A transposition; places may be negative."""
    rank = x.type().dim()
    away, to = ([place % rank for place in _constant(t)] for t in (source, destination))
    order = [place for place in range(rank) if place not in away]
    for place, origin in sorted(zip(to, away, strict=True)):
        order.insert(place, origin)
    return g.op("Transpose", x, perm_i=order)


def _constant(value: Any) -> list[int]:
    """The whole numbers of a constant of the graph, one or several."""
    node = value.node()
    if node.kind() == "prim::ListConstruct":
        return [number for part in node.inputs() for number in _constant(part)]
    kind = node.kindOf("value")
    return [node.i("value")] if kind == "i" else node.t("value").flatten().tolist()


def _unary(name: str) -> Callable[[Any, Any], Any]:
    return lambda g, x: g.op(name, x)


SYMBOLIC: dict[str, Callable[..., Any]] = {
    "expm1": expm1,
    "log_sigmoid": log_sigmoid,
    "logaddexp": logaddexp,
    "lgamma": lgamma,
    "movedim": movedim,
    "special_ndtr": ndtr,
    "sinh": _unary("Sinh"),
    "cosh": _unary("Cosh"),
    "asinh": _unary("Asinh"),
}
"""PyTorch's operation -> its form."""


@contextmanager
def registered() -> Iterator[None]:
    """Within it PyTorch's exporter knows the forms."""
    for name, form in SYMBOLIC.items():
        torch.onnx.register_custom_op_symbolic(f"aten::{name}", form, OPSET)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for name in SYMBOLIC:
            torch.onnx.unregister_custom_op_symbolic(f"aten::{name}", OPSET)  # type: ignore[attr-defined]


def _number(g: Any, value: float, like: Any) -> Any:
    """A constant of the type of a value of the graph."""
    dtype = torch.float64 if like.type().scalarType() == "Double" else torch.float32
    return g.op("Constant", value_t=torch.tensor(value, dtype=dtype))
