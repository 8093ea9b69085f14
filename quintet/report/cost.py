"""Models whose answers take so long that the page asks about fewer rows."""

from __future__ import annotations

from typing import Any

CELL_BY_CELL = ("grid", "wide_grid", "steps", "tokens")
"""Context decoders of images and series: coding and draws take hundreds of passes, one for each group of cells."""
SLOW = "This model predicts cells group after group, which is slow, so that fewer rows are asked than of others."


def is_slow(vae: Any) -> bool:
    """Whether the model codes and draws its cells in hundreds of groups."""
    fitted = getattr(vae, "fitted_", None)
    return fitted is not None and fitted.options.get("context") in CELL_BY_CELL
