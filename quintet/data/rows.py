"""Version 0.1's name of ``quintet.data.dataset``."""

from quintet.renamed import renamed

__getattr__ = renamed(__name__, ("quintet.data.dataset",))
