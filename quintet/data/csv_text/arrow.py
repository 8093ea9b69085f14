"""PyArrow, which is optional."""

from __future__ import annotations

from typing import Any

from quintet.extras import extra


def arrow_modules() -> tuple[Any, Any]:
    """``pyarrow`` and ``pyarrow.compute``, or the sentence that they are not installed."""
    with extra("tables", "The text of a CSV file"):
        import pyarrow
        from pyarrow import compute
    return pyarrow, compute
