"""The words of a page: title, lead and foot."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from quintet._version import __version__
from quintet.data.row_layout import Grid
from quintet.explore.content import row_kind
from quintet.explore.latent_map import LatentMap
from quintet.explore.shown_rows import ShownRows
from quintet.models.fitted import Fitted

ACTIVE = 0.01
"""Rate in nats below which a latent counts as unused."""


def words_of(
    fitted: Fitted, shown: ShownRows, latents: LatentMap, title: str, graphs: Collection[str]
) -> dict[str, Any]:
    """What the template shows beside the data, of a page that runs ``graphs``."""
    schema, count = fitted.schema, len(shown.rows)
    variant = str(fitted.options["variant"])
    used = int((latents.rates > ACTIVE).sum())
    drawn = "rows that the model drew" if shown.generated else "rows of the data"
    latent_dim = fitted.model.latent_dim
    kind = row_kind(schema)
    cleans = {"image": not fitted.model.has_context, "series": "denoiser" in graphs, "table": True}[kind]
    held = "." if shown.generated else f" and {count} rows of the data: whoever has the page has them."
    given = "" if schema.condition is None else f" given {', '.join(c.name for c in schema.condition.columns)}"
    found: dict[str, Any] = {
        "title": title or "A model to explore",
        "kind": kind,
        "count": count,
        "cleans": cleans,
        "conditional": schema.condition is not None,
        "lead": f"A trained variational autoencoder ({variant}{given}, {used} of {latent_dim} latents in use) runs "
        "in this page. Edit a row and see the five answers change.",
        "map_words": f"{count} {drawn} by their latents; the plane holds {latents.share:.0%} of the variance of their "
        "posterior means.",
        "foot": f"Written by quintet {__version__}; the model runs by ONNX Runtime Web (MIT license). "
        f"The page holds the model{held}",
    }
    if isinstance(schema.layout, Grid):
        side = max(schema.layout.width, schema.layout.height)
        found |= {"width": schema.layout.width, "height": schema.layout.height, "brush": max(0.75, round(side / 26, 2))}
    return found
