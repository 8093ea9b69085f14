"""Version 0.1's name of ``quintet.data.dataset`` and ``quintet.data.row_shape``."""

from quintet.renamed import renamed

__getattr__ = renamed(__name__, ("quintet.data.dataset", "quintet.data.row_shape"))
