"""Whether a computation is being traced to a graph, in which shapes and branches become constants."""

from __future__ import annotations

import torch


def is_traced() -> bool:
    """Whether ``torch.jit.trace`` or an export records what is computed."""
    return bool(torch.jit.is_tracing())  # type: ignore[attr-defined, no-untyped-call]
