"""Matplotlib figures, each a function of arrays."""

from quintet.extras import extra

with extra("report", "A figure"):
    import matplotlib  # noqa: F401  raises a clear error before the modules of this folder import it
