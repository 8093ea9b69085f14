"""Version 0.1's name of ``quintet.data.readers.sources``."""

from quintet.renamed import renamed

__getattr__ = renamed(__name__, ("quintet.data.readers.sources",))
