"""Matplotlib figures, each a function of arrays."""

from quintet.extras import extra

with extra("report", "A figure"):
    import matplotlib  # noqa: F401  before the modules of this folder, which import it as they please
